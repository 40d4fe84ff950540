"""What KMS keeps: keys, the material of each (one for every rotation), aliases and grants.

``state`` is AWS's own word; ``deletes`` the instant at which a key is gone, ``rotates`` that of its next rotation.
"""

from __future__ import annotations

SCHEMA = (
    """
    CREATE TABLE kms_keys (
        arn TEXT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT NULL, spec TEXT NOT NULL,
        purpose TEXT NOT NULL, description TEXT NOT NULL, state TEXT NOT NULL, manager TEXT NOT NULL,
        multi_region INTEGER NOT NULL, policy TEXT NOT NULL, tags TEXT NOT NULL, created BIGINT NOT NULL,
        material TEXT NOT NULL, deletes BIGINT, deletion_timer BIGINT, period INTEGER, rotates BIGINT,
        rotation_timer BIGINT
    );
    CREATE INDEX kms_keys_by_id ON kms_keys (account, region, id);
    CREATE TABLE kms_materials (
        key TEXT NOT NULL, id TEXT NOT NULL, secret BLOB NOT NULL, kind TEXT NOT NULL, created BIGINT NOT NULL,
        PRIMARY KEY (key, id)
    );
    CREATE TABLE kms_aliases (
        arn TEXT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, key TEXT NOT NULL,
        created BIGINT NOT NULL, updated BIGINT NOT NULL
    );
    CREATE INDEX kms_aliases_by_name ON kms_aliases (account, region, name);
    CREATE INDEX kms_aliases_by_key ON kms_aliases (key);
    CREATE TABLE kms_grants (
        id TEXT PRIMARY KEY, key TEXT NOT NULL, token TEXT NOT NULL UNIQUE, name TEXT, grantee TEXT NOT NULL,
        retiring TEXT, issuer TEXT NOT NULL, region TEXT NOT NULL, operations TEXT NOT NULL, constraints TEXT,
        created BIGINT NOT NULL
    );
    CREATE INDEX kms_grants_by_key ON kms_grants (key, id);
    CREATE INDEX kms_grants_by_retiring ON kms_grants (retiring, id) WHERE retiring IS NOT NULL;
    """,
)

_KEY = """
SELECT arn, account, region, id, spec, purpose, description, state, manager, multi_region, policy, tags, created,
    material, deletes, deletion_timer, period, rotates, rotation_timer
FROM kms_keys
"""
FIND_KEY = f"{_KEY} WHERE arn = ?"
POLICY = "SELECT policy FROM kms_keys WHERE arn = ?"
# what a ciphertext says of its key: its id, in whatever account
FIND_KEYS_BY_ID = f"{_KEY} WHERE region = ? AND id = ?"
INSERT_KEY = """
INSERT INTO kms_keys
    (arn, account, region, id, spec, purpose, description, state, manager, multi_region, policy, tags, created,
    material)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
LIST_KEYS = "SELECT id, arn FROM kms_keys WHERE account = ? AND region = ? AND id > ? ORDER BY id LIMIT ?"
SET_STATE = "UPDATE kms_keys SET state = ? WHERE arn = ?"
SET_DESCRIPTION = "UPDATE kms_keys SET description = ? WHERE arn = ?"
SET_POLICY = "UPDATE kms_keys SET policy = ? WHERE arn = ?"
SET_TAGS = "UPDATE kms_keys SET tags = ? WHERE arn = ?"
SET_DELETION = "UPDATE kms_keys SET state = ?, deletes = ?, deletion_timer = ? WHERE arn = ?"
SET_ROTATION = "UPDATE kms_keys SET period = ?, rotates = ?, rotation_timer = ? WHERE arn = ?"
SET_NEXT_ROTATION = "UPDATE kms_keys SET rotates = ? WHERE arn = ?"
SET_MATERIAL = "UPDATE kms_keys SET material = ? WHERE arn = ?"
DELETE_KEY = "DELETE FROM kms_keys WHERE arn = ?"

INSERT_MATERIAL = "INSERT INTO kms_materials (key, id, secret, kind, created) VALUES (?, ?, ?, ?, ?)"
FIND_MATERIAL = "SELECT secret FROM kms_materials WHERE key = ? AND id = ?"
# the clock may stand still
MATERIALS = """
SELECT id, kind, created FROM kms_materials WHERE key = ?
ORDER BY created, CASE kind WHEN 'CREATED' THEN 0 ELSE 1 END, id
"""
COUNT_ON_DEMAND = "SELECT count(*) FROM kms_materials WHERE key = ? AND kind = 'ON_DEMAND'"
DELETE_MATERIALS = "DELETE FROM kms_materials WHERE key = ?"

FIND_ALIAS = "SELECT key FROM kms_aliases WHERE arn = ?"
INSERT_ALIAS = """
INSERT INTO kms_aliases (arn, account, region, name, key, created, updated) VALUES (?, ?, ?, ?, ?, ?, ?)
"""
RETARGET_ALIAS = "UPDATE kms_aliases SET key = ?, updated = ? WHERE arn = ?"
DELETE_ALIAS = "DELETE FROM kms_aliases WHERE arn = ?"
DELETE_ALIASES = "DELETE FROM kms_aliases WHERE key = ?"
LIST_ALIASES = "SELECT name, arn, key, created, updated FROM kms_aliases WHERE account = ? AND region = ? ORDER BY name"
ALIASES_OF_KEY = "SELECT name, arn, key, created, updated FROM kms_aliases WHERE key = ? ORDER BY name"

_GRANT = """
SELECT id, key, token, name, grantee, retiring, issuer, operations, constraints, created FROM kms_grants
"""
INSERT_GRANT = """
INSERT INTO kms_grants (id, key, token, name, grantee, retiring, issuer, region, operations, constraints, created)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
FIND_GRANT = f"{_GRANT} WHERE key = ? AND id = ?"
FIND_GRANT_BY_TOKEN = f"{_GRANT} WHERE token = ?"
FIND_SAME_GRANT = """
SELECT id, token FROM kms_grants
WHERE key = ? AND name = ? AND grantee = ? AND coalesce(retiring, '') = ? AND operations = ?
    AND coalesce(constraints, '') = ?
"""
# an empty grantee: whoever it is
GRANTS_OF_KEY = f"{_GRANT} WHERE key = ? AND (? = '' OR grantee = ?) AND id > ? ORDER BY id LIMIT ?"
RETIRABLE_GRANTS = f"{_GRANT} WHERE retiring = ? AND region = ? AND id > ? ORDER BY id LIMIT ?"
DELETE_GRANT = "DELETE FROM kms_grants WHERE id = ?"
DELETE_GRANTS = "DELETE FROM kms_grants WHERE key = ?"
