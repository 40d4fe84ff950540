"""Schema and statements of certificates, of the policies that they are under and the things that they belong to."""

SCHEMA = """
CREATE TABLE iot_authority (
    name TEXT PRIMARY KEY, private_key TEXT NOT NULL, certificate TEXT NOT NULL
);
CREATE TABLE iot_certificates (
    sequence BIGINT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT NULL, status TEXT NOT NULL,
    mode TEXT NOT NULL, pem TEXT NOT NULL, ca TEXT, issued_here INTEGER NOT NULL, created BIGINT NOT NULL,
    modified BIGINT NOT NULL, version INTEGER NOT NULL, UNIQUE (account, region, id)
);
CREATE INDEX iot_certificates_by_id ON iot_certificates (id);
CREATE TABLE iot_ca_certificates (
    sequence BIGINT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT NULL, status TEXT NOT NULL,
    mode TEXT NOT NULL, pem TEXT NOT NULL, auto_registration TEXT NOT NULL, created BIGINT NOT NULL,
    modified BIGINT NOT NULL, version INTEGER NOT NULL, UNIQUE (account, region, id)
);
CREATE TABLE iot_registration_codes (
    account TEXT NOT NULL, region TEXT NOT NULL, code TEXT NOT NULL, PRIMARY KEY (account, region)
);
CREATE TABLE iot_attached_policies (
    account TEXT NOT NULL, region TEXT NOT NULL, target TEXT NOT NULL, policy TEXT NOT NULL,
    PRIMARY KEY (account, region, target, policy)
);
CREATE INDEX iot_attached_policies_by_policy ON iot_attached_policies (account, region, policy, target);
CREATE TABLE iot_thing_principals (
    account TEXT NOT NULL, region TEXT NOT NULL, thing TEXT NOT NULL, principal TEXT NOT NULL, kind TEXT NOT NULL,
    PRIMARY KEY (account, region, thing, principal)
);
CREATE INDEX iot_thing_principals_by_principal ON iot_thing_principals (account, region, principal, thing);
"""

AUTHORITY = "SELECT private_key, certificate FROM iot_authority WHERE name = ?"
AUTHORITIES = "SELECT certificate FROM iot_authority"
INSERT_AUTHORITY = """
INSERT INTO iot_authority (name, private_key, certificate) VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING
"""

CERTIFICATE = """
SELECT status, mode, pem, ca, created, modified, version FROM iot_certificates
WHERE account = ? AND region = ? AND id = ?
"""
CERTIFICATE_HOMES = "SELECT account, region, status FROM iot_certificates WHERE id = ? ORDER BY sequence"
INSERT_CERTIFICATE = """
INSERT INTO iot_certificates (
    sequence, account, region, id, status, mode, pem, ca, issued_here, created, modified, version
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)
"""
SET_CERTIFICATE_STATUS = """
UPDATE iot_certificates SET status = ?, modified = ?, version = version + 1
WHERE account = ? AND region = ? AND id = ?
"""
DELETE_CERTIFICATE = "DELETE FROM iot_certificates WHERE account = ? AND region = ? AND id = ?"
CERTIFICATES_UP = """
SELECT sequence, id, status, mode, created FROM iot_certificates
WHERE account = ? AND region = ? AND (ca = ? OR ? = '') AND sequence > ? ORDER BY sequence LIMIT ?
"""
CERTIFICATES_DOWN = """
SELECT sequence, id, status, mode, created FROM iot_certificates
WHERE account = ? AND region = ? AND (ca = ? OR ? = '') AND sequence < ? ORDER BY sequence DESC LIMIT ?
"""
FOREIGN_CERTIFICATES = "SELECT pem FROM iot_certificates WHERE issued_here = 0"

CA_CERTIFICATE = """
SELECT status, mode, pem, auto_registration, created, modified, version FROM iot_ca_certificates
WHERE account = ? AND region = ? AND id = ?
"""
INSERT_CA_CERTIFICATE = """
INSERT INTO iot_ca_certificates (
    sequence, account, region, id, status, mode, pem, auto_registration, created, modified, version
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)
"""
UPDATE_CA_CERTIFICATE = """
UPDATE iot_ca_certificates SET status = ?, auto_registration = ?, modified = ?, version = version + 1
WHERE account = ? AND region = ? AND id = ?
"""
DELETE_CA_CERTIFICATE = "DELETE FROM iot_ca_certificates WHERE account = ? AND region = ? AND id = ?"
CA_CERTIFICATES = """
SELECT id, mode, pem FROM iot_ca_certificates
WHERE account = ? AND region = ? AND status = 'ACTIVE' ORDER BY sequence
"""
CA_CERTIFICATES_UP = """
SELECT sequence, id, status, created FROM iot_ca_certificates
WHERE account = ? AND region = ? AND sequence > ? ORDER BY sequence LIMIT ?
"""
CA_CERTIFICATES_DOWN = """
SELECT sequence, id, status, created FROM iot_ca_certificates
WHERE account = ? AND region = ? AND sequence < ? ORDER BY sequence DESC LIMIT ?
"""
REGISTRARS = """
SELECT account, region, id, pem FROM iot_ca_certificates
WHERE status = 'ACTIVE' AND auto_registration = 'ENABLE' ORDER BY sequence
"""
ALL_CA_CERTIFICATES = "SELECT pem FROM iot_ca_certificates WHERE status = 'ACTIVE'"
REGISTRATION_CODE = "SELECT code FROM iot_registration_codes WHERE account = ? AND region = ?"
INSERT_REGISTRATION_CODE = "INSERT INTO iot_registration_codes (account, region, code) VALUES (?, ?, ?)"
DELETE_REGISTRATION_CODE = "DELETE FROM iot_registration_codes WHERE account = ? AND region = ?"

ATTACH_POLICY = """
INSERT INTO iot_attached_policies (account, region, target, policy) VALUES (?, ?, ?, ?)
ON CONFLICT (account, region, target, policy) DO NOTHING
"""
DETACH_POLICY = """
DELETE FROM iot_attached_policies WHERE account = ? AND region = ? AND target = ? AND policy = ?
"""
DETACH_ALL_POLICIES = "DELETE FROM iot_attached_policies WHERE account = ? AND region = ? AND target = ?"
ATTACHED_POLICIES = """
SELECT policy FROM iot_attached_policies
WHERE account = ? AND region = ? AND target = ? AND policy > ? ORDER BY policy LIMIT ?
"""
POLICY_TARGETS = """
SELECT target FROM iot_attached_policies
WHERE account = ? AND region = ? AND policy = ? AND target > ? ORDER BY target LIMIT ?
"""
DEFAULT_DOCUMENT = """
SELECT document FROM iot_policies WHERE account = ? AND region = ? AND name = ? AND is_default = 1
"""

ATTACH_THING = """
INSERT INTO iot_thing_principals (account, region, thing, principal, kind) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (account, region, thing, principal) DO UPDATE SET kind = excluded.kind
"""
DETACH_THING = """
DELETE FROM iot_thing_principals WHERE account = ? AND region = ? AND thing = ? AND principal = ?
"""
THING_PRINCIPALS = """
SELECT principal, kind FROM iot_thing_principals
WHERE account = ? AND region = ? AND thing = ? AND principal > ? AND (kind = ? OR ? = '') ORDER BY principal LIMIT ?
"""
PRINCIPAL_THINGS = """
SELECT thing, kind FROM iot_thing_principals
WHERE account = ? AND region = ? AND principal = ? AND thing > ? AND (kind = ? OR ? = '') ORDER BY thing LIMIT ?
"""

SET_SESSION_POLICY = "UPDATE iot_sessions SET policy = ? WHERE id = ?"
