"""Statements of certificates, and of the authorities that sign them."""

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
SELECT status, mode, pem, auto_registration, created, modified, version, registration FROM iot_ca_certificates
WHERE account = ? AND region = ? AND id = ?
"""
INSERT_CA_CERTIFICATE = """
INSERT INTO iot_ca_certificates (
    sequence, account, region, id, status, mode, pem, auto_registration, created, modified, version, registration
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?)
"""
UPDATE_CA_CERTIFICATE = """
UPDATE iot_ca_certificates SET status = ?, auto_registration = ?, registration = ?, modified = ?, version = version + 1
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
