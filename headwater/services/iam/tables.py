"""What IAM keeps. IAM is global: rows are keyed by account only."""

from __future__ import annotations

SCHEMA = (
    """
    CREATE TABLE iam_principals (
        account TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, path TEXT NOT NULL, id TEXT NOT NULL,
        created BIGINT NOT NULL, trust TEXT, description TEXT, max_session INTEGER, boundary TEXT,
        tags TEXT NOT NULL, PRIMARY KEY (account, kind, name)
    );
    CREATE TABLE iam_inline_policies (
        account TEXT NOT NULL, kind TEXT NOT NULL, principal TEXT NOT NULL, name TEXT NOT NULL,
        document TEXT NOT NULL, PRIMARY KEY (account, kind, principal, name)
    );
    CREATE TABLE iam_attachments (
        account TEXT NOT NULL, kind TEXT NOT NULL, principal TEXT NOT NULL, policy TEXT NOT NULL,
        PRIMARY KEY (account, kind, principal, policy)
    );
    CREATE INDEX iam_attachments_by_policy ON iam_attachments (account, policy);
    CREATE TABLE iam_policies (
        account TEXT NOT NULL, name TEXT NOT NULL, path TEXT NOT NULL, id TEXT NOT NULL, created BIGINT NOT NULL,
        updated BIGINT NOT NULL, default_version INTEGER NOT NULL, latest_version INTEGER NOT NULL,
        description TEXT, tags TEXT NOT NULL, PRIMARY KEY (account, name)
    );
    CREATE TABLE iam_policy_versions (
        account TEXT NOT NULL, policy TEXT NOT NULL, version INTEGER NOT NULL, document TEXT NOT NULL,
        created BIGINT NOT NULL, PRIMARY KEY (account, policy, version)
    );
    CREATE TABLE iam_members (
        account TEXT NOT NULL, group_name TEXT NOT NULL, user_name TEXT NOT NULL,
        PRIMARY KEY (account, group_name, user_name)
    );
    CREATE TABLE iam_access_keys (
        account TEXT NOT NULL, user_name TEXT NOT NULL, id TEXT NOT NULL, status TEXT NOT NULL,
        created BIGINT NOT NULL, PRIMARY KEY (account, id)
    );
    """,
)

PRINCIPAL_COLUMNS = "name, path, id, created, trust, description, max_session, boundary, tags"
INSERT_PRINCIPAL = f"""
INSERT INTO iam_principals (account, kind, {PRINCIPAL_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (account, kind, name) DO NOTHING
"""
SELECT_PRINCIPAL = f"SELECT {PRINCIPAL_COLUMNS} FROM iam_principals WHERE account = ? AND kind = ? AND name = ?"
SELECT_PRINCIPALS = f"""
SELECT {PRINCIPAL_COLUMNS} FROM iam_principals
WHERE account = ? AND kind = ? AND path >= ? AND path < ? AND name > ? ORDER BY name LIMIT ?
"""
DELETE_PRINCIPAL = "DELETE FROM iam_principals WHERE account = ? AND kind = ? AND name = ?"
UPDATE_ROLE = """
UPDATE iam_principals SET trust = ?, description = ?, max_session = ?, boundary = ?
WHERE account = ? AND kind = 'role' AND name = ?
"""
UPDATE_BOUNDARY = "UPDATE iam_principals SET boundary = ? WHERE account = ? AND kind = ? AND name = ?"
UPDATE_TAGS = "UPDATE iam_principals SET tags = ? WHERE account = ? AND kind = ? AND name = ?"

PUT_INLINE = """
INSERT INTO iam_inline_policies (account, kind, principal, name, document) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (account, kind, principal, name) DO UPDATE SET document = excluded.document
"""
SELECT_INLINE = """
SELECT document FROM iam_inline_policies WHERE account = ? AND kind = ? AND principal = ? AND name = ?
"""
SELECT_INLINE_NAMES = """
SELECT name FROM iam_inline_policies WHERE account = ? AND kind = ? AND principal = ? AND name > ?
ORDER BY name LIMIT ?
"""
DELETE_INLINE = """
DELETE FROM iam_inline_policies WHERE account = ? AND kind = ? AND principal = ? AND name = ?
"""

ATTACH = """
INSERT INTO iam_attachments (account, kind, principal, policy) VALUES (?, ?, ?, ?)
ON CONFLICT (account, kind, principal, policy) DO NOTHING
"""
DETACH = "DELETE FROM iam_attachments WHERE account = ? AND kind = ? AND principal = ? AND policy = ?"
SELECT_ATTACHED = """
SELECT policy FROM iam_attachments WHERE account = ? AND kind = ? AND principal = ? AND policy > ?
ORDER BY policy LIMIT ?
"""
SELECT_ENTITIES = """
SELECT a.kind, a.principal, p.id FROM iam_attachments a
JOIN iam_principals p ON p.account = a.account AND p.kind = a.kind AND p.name = a.principal
WHERE a.account = ? AND a.policy = ? ORDER BY a.kind, a.principal
"""
COUNT_ENTITIES = "SELECT count(*) FROM iam_attachments WHERE account = ? AND policy = ?"

POLICY_COLUMNS = "name, path, id, created, updated, default_version, latest_version, description, tags"
INSERT_POLICY = f"""
INSERT INTO iam_policies (account, {POLICY_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (account, name) DO NOTHING
"""
SELECT_POLICY = f"SELECT {POLICY_COLUMNS} FROM iam_policies WHERE account = ? AND name = ?"
SELECT_POLICIES = f"SELECT {POLICY_COLUMNS} FROM iam_policies WHERE account = ? AND name > ? ORDER BY name LIMIT ?"
UPDATE_POLICY = """
UPDATE iam_policies SET default_version = ?, latest_version = ?, updated = ? WHERE account = ? AND name = ?
"""
UPDATE_POLICY_TAGS = "UPDATE iam_policies SET tags = ? WHERE account = ? AND name = ?"
DELETE_POLICY = "DELETE FROM iam_policies WHERE account = ? AND name = ?"
INSERT_VERSION = """
INSERT INTO iam_policy_versions (account, policy, version, document, created) VALUES (?, ?, ?, ?, ?)
"""
SELECT_VERSIONS = """
SELECT version, document, created FROM iam_policy_versions WHERE account = ? AND policy = ? ORDER BY version DESC
"""
DELETE_VERSION = "DELETE FROM iam_policy_versions WHERE account = ? AND policy = ? AND version = ?"
DELETE_VERSIONS = "DELETE FROM iam_policy_versions WHERE account = ? AND policy = ?"

ADD_MEMBER = """
INSERT INTO iam_members (account, group_name, user_name) VALUES (?, ?, ?)
ON CONFLICT (account, group_name, user_name) DO NOTHING
"""
REMOVE_MEMBER = "DELETE FROM iam_members WHERE account = ? AND group_name = ? AND user_name = ?"
SELECT_MEMBERS = "SELECT user_name FROM iam_members WHERE account = ? AND group_name = ? ORDER BY user_name"
SELECT_GROUPS_OF = "SELECT group_name FROM iam_members WHERE account = ? AND user_name = ? ORDER BY group_name"

INSERT_KEY = "INSERT INTO iam_access_keys (account, user_name, id, status, created) VALUES (?, ?, ?, ?, ?)"
SELECT_KEYS = """
SELECT id, status, created FROM iam_access_keys WHERE account = ? AND user_name = ? ORDER BY created, id
"""
FIND_KEY = "SELECT user_name, status FROM iam_access_keys WHERE account = ? AND id = ?"
UPDATE_KEY = "UPDATE iam_access_keys SET status = ? WHERE account = ? AND user_name = ? AND id = ?"
DELETE_KEY = "DELETE FROM iam_access_keys WHERE account = ? AND user_name = ? AND id = ?"
