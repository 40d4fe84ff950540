"""What Parameter Store keeps: a row per version, the newest one being the parameter."""

from __future__ import annotations

SCHEMA = (
    """
    CREATE TABLE ssm_parameters (
        account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL,
        latest INTEGER NOT NULL, type TEXT NOT NULL, value TEXT NOT NULL, modified BIGINT NOT NULL,
        modified_by TEXT NOT NULL, description TEXT, key_id TEXT, pattern TEXT, tier TEXT NOT NULL,
        data_type TEXT NOT NULL, labels TEXT NOT NULL, PRIMARY KEY (account, region, name, version)
    );
    CREATE INDEX ssm_parameters_latest ON ssm_parameters (account, region, name) WHERE latest = 1;
    CREATE TABLE ssm_tags (
        account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
        PRIMARY KEY (account, region, name, key)
    );
    """,
    # the policies of a version as JSON; NULL where it has none
    """
    ALTER TABLE ssm_parameters ADD COLUMN policies TEXT;
    CREATE TABLE ssm_policy_timers (
        account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, timer BIGINT NOT NULL,
        PRIMARY KEY (account, region, name, timer)
    );
    """,
)

COLUMNS = (
    "name, version, type, value, modified, modified_by, description, key_id, pattern, tier, data_type, labels, policies"
)
HERE = "WHERE account = ? AND region = ?"
INSERT = f"""
INSERT INTO ssm_parameters (account, region, latest, {COLUMNS})
VALUES (?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
SELECT_LATEST = f"SELECT {COLUMNS} FROM ssm_parameters {HERE} AND name = ? AND latest = 1"
SELECT_VERSIONS = f"SELECT {COLUMNS} FROM ssm_parameters {HERE} AND name = ? ORDER BY version"
SELECT_ALL = f"SELECT {COLUMNS} FROM ssm_parameters {HERE} AND latest = 1 AND name > ? ORDER BY name"
SELECT_BELOW = f"""
SELECT {COLUMNS} FROM ssm_parameters {HERE} AND latest = 1 AND name > ? AND name < ? ORDER BY name
"""
DEMOTE = f"UPDATE ssm_parameters SET latest = 0 {HERE} AND name = ? AND latest = 1"
SET_LABELS = f"UPDATE ssm_parameters SET labels = ? {HERE} AND name = ? AND version = ?"
SET_POLICIES = f"UPDATE ssm_parameters SET policies = ? {HERE} AND name = ? AND version = ?"
DELETE = f"DELETE FROM ssm_parameters {HERE} AND name = ?"
DELETE_VERSION = f"DELETE FROM ssm_parameters {HERE} AND name = ? AND version = ?"

INSERT_TIMER = "INSERT INTO ssm_policy_timers (account, region, name, timer) VALUES (?, ?, ?, ?)"
TIMERS = f"SELECT timer FROM ssm_policy_timers {HERE} AND name = ?"
DELETE_TIMERS = f"DELETE FROM ssm_policy_timers {HERE} AND name = ?"

PUT_TAG = """
INSERT INTO ssm_tags (account, region, name, key, value) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (account, region, name, key) DO UPDATE SET value = excluded.value
"""
SELECT_TAGS = f"SELECT key, value FROM ssm_tags {HERE} AND name = ? ORDER BY key"
DELETE_TAG = f"DELETE FROM ssm_tags {HERE} AND name = ? AND key = ?"
DELETE_TAGS = f"DELETE FROM ssm_tags {HERE} AND name = ?"
