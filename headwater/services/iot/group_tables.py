"""Schema and statements of types and groups of things."""

SCHEMA = """
CREATE TABLE iot_thing_types (
    account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, id TEXT NOT NULL, properties TEXT NOT NULL,
    deprecated BIGINT, created BIGINT NOT NULL, PRIMARY KEY (account, region, name)
);
CREATE TABLE iot_thing_groups (
    account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, id TEXT NOT NULL, parent TEXT,
    properties TEXT NOT NULL, version BIGINT NOT NULL, created BIGINT NOT NULL, PRIMARY KEY (account, region, name)
);
CREATE TABLE iot_group_members (
    account TEXT NOT NULL, region TEXT NOT NULL, group_name TEXT NOT NULL, thing TEXT NOT NULL,
    PRIMARY KEY (account, region, group_name, thing)
);
CREATE INDEX iot_group_members_by_thing ON iot_group_members (account, region, thing, group_name);
ALTER TABLE iot_things ADD COLUMN type TEXT;
"""

THING_TYPE = """
SELECT id, properties, deprecated, created FROM iot_thing_types WHERE account = ? AND region = ? AND name = ?
"""
THING_TYPES = """
SELECT name, properties, deprecated, created FROM iot_thing_types
WHERE account = ? AND region = ? AND name > ? AND (name = ? OR ? = '') ORDER BY name LIMIT ?
"""
INSERT_THING_TYPE = """
INSERT INTO iot_thing_types (account, region, name, id, properties, created) VALUES (?, ?, ?, ?, ?, ?)
"""
DEPRECATE_THING_TYPE = """
UPDATE iot_thing_types SET deprecated = ? WHERE account = ? AND region = ? AND name = ?
"""
DELETE_THING_TYPE = "DELETE FROM iot_thing_types WHERE account = ? AND region = ? AND name = ?"

THING_GROUP = """
SELECT id, parent, properties, version, created FROM iot_thing_groups
WHERE account = ? AND region = ? AND name = ?
"""
THING_GROUPS = "SELECT name, parent FROM iot_thing_groups WHERE account = ? AND region = ? ORDER BY name"
INSERT_THING_GROUP = """
INSERT INTO iot_thing_groups (account, region, name, id, parent, properties, version, created)
VALUES (?, ?, ?, ?, ?, ?, 1, ?)
"""
UPDATE_THING_GROUP = """
UPDATE iot_thing_groups SET properties = ?, version = version + 1 WHERE account = ? AND region = ? AND name = ?
"""
DELETE_THING_GROUP = "DELETE FROM iot_thing_groups WHERE account = ? AND region = ? AND name = ?"

ADD_MEMBER = """
INSERT INTO iot_group_members (account, region, group_name, thing) VALUES (?, ?, ?, ?)
ON CONFLICT (account, region, group_name, thing) DO NOTHING
"""
REMOVE_MEMBER = """
DELETE FROM iot_group_members WHERE account = ? AND region = ? AND group_name = ? AND thing = ?
"""
REMOVE_MEMBERS = "DELETE FROM iot_group_members WHERE account = ? AND region = ? AND group_name = ?"
LEAVE_GROUPS = "DELETE FROM iot_group_members WHERE account = ? AND region = ? AND thing = ?"
MEMBERS = """
SELECT thing FROM iot_group_members
WHERE account = ? AND region = ? AND group_name = ? ORDER BY thing
"""
GROUPS_OF_THING = """
SELECT group_name FROM iot_group_members WHERE account = ? AND region = ? AND thing = ? ORDER BY group_name
"""
