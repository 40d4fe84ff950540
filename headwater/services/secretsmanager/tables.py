"""What Secrets Manager keeps: secrets, a row for each version of a value with the stages that it has, and how secrets
are rotated."""

from __future__ import annotations

SCHEMA = (
    """
    CREATE TABLE secretsmanager_secrets (
        arn TEXT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, description TEXT,
        kms_key TEXT, owner TEXT, policy TEXT, tags TEXT NOT NULL, created BIGINT NOT NULL, changed BIGINT NOT NULL,
        accessed BIGINT, deleted BIGINT, timer BIGINT, UNIQUE (account, region, name)
    );
    CREATE TABLE secretsmanager_versions (
        secret TEXT NOT NULL, id TEXT NOT NULL, text TEXT, bytes BLOB, stages TEXT NOT NULL, created BIGINT NOT NULL,
        accessed BIGINT, PRIMARY KEY (secret, id)
    );
    """,
    """
    CREATE TABLE secretsmanager_rotations (
        secret TEXT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, function TEXT NOT NULL, rules TEXT,
        enabled INTEGER NOT NULL, rotated BIGINT, due BIGINT, timer BIGINT, job BIGINT, version TEXT
    );
    """,
)

_SECRET = """
SELECT arn, name, description, kms_key, owner, policy, tags, created, changed, accessed, deleted, timer
FROM secretsmanager_secrets
"""
FIND_BY_ARN = f"{_SECRET} WHERE arn = ?"
FIND_BY_NAME = f"{_SECRET} WHERE account = ? AND region = ? AND name = ?"
LIST = f"{_SECRET} WHERE account = ? AND region = ? ORDER BY created, name"
INSERT = """
INSERT INTO secretsmanager_secrets
    (arn, account, region, name, description, kms_key, owner, tags, created, changed)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
CHANGE = "UPDATE secretsmanager_secrets SET description = ?, kms_key = ?, changed = ? WHERE arn = ?"
TOUCH = "UPDATE secretsmanager_secrets SET changed = ? WHERE arn = ?"
SET_ACCESSED = "UPDATE secretsmanager_secrets SET accessed = ? WHERE arn = ?"
SET_DELETED = "UPDATE secretsmanager_secrets SET deleted = ?, timer = ? WHERE arn = ?"
SET_TAGS = "UPDATE secretsmanager_secrets SET tags = ? WHERE arn = ?"
SET_POLICY = "UPDATE secretsmanager_secrets SET policy = ? WHERE arn = ?"
DELETE = "DELETE FROM secretsmanager_secrets WHERE arn = ?"

_VERSION = "SELECT id, text, bytes, stages, created, accessed FROM secretsmanager_versions"
VERSIONS = f"{_VERSION} WHERE secret = ? ORDER BY created, id"
FIND_VERSION = f"{_VERSION} WHERE secret = ? AND id = ?"
INSERT_VERSION = """
INSERT INTO secretsmanager_versions (secret, id, text, bytes, stages, created) VALUES (?, ?, ?, ?, ?, ?)
"""
FILL_VERSION = "UPDATE secretsmanager_versions SET text = ?, bytes = ? WHERE secret = ? AND id = ?"
SET_STAGES = "UPDATE secretsmanager_versions SET stages = ? WHERE secret = ? AND id = ?"
SET_VERSION_ACCESSED = "UPDATE secretsmanager_versions SET accessed = ? WHERE secret = ? AND id = ?"
DELETE_VERSION = "DELETE FROM secretsmanager_versions WHERE secret = ? AND id = ?"
DELETE_VERSIONS = "DELETE FROM secretsmanager_versions WHERE secret = ?"

FIND_ROTATION = """
SELECT function, rules, enabled, rotated, due, timer, job, version FROM secretsmanager_rotations WHERE secret = ?
"""
SAVE_ROTATION = """
INSERT INTO secretsmanager_rotations
    (secret, account, region, function, rules, enabled, rotated, due, timer, job, version)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (secret) DO UPDATE SET function = excluded.function, rules = excluded.rules, enabled = excluded.enabled,
    rotated = excluded.rotated, due = excluded.due, timer = excluded.timer, job = excluded.job,
    version = excluded.version
"""
DELETE_ROTATION = "DELETE FROM secretsmanager_rotations WHERE secret = ?"
ROTATED = """
SELECT s.arn, s.name, r.function FROM secretsmanager_rotations AS r JOIN secretsmanager_secrets AS s ON s.arn = r.secret
WHERE r.account = ? AND r.region = ? AND r.enabled = 1 ORDER BY s.name
"""
