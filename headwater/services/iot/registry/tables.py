"""Statements of things, their certificates, types and groups."""

THING = "SELECT id, attributes, version, type FROM iot_things WHERE account = ? AND region = ? AND name = ?"
THINGS = """
SELECT name, attributes, version, type FROM iot_things
WHERE account = ? AND region = ? AND name > ? AND (type = ? OR ? = '') ORDER BY name LIMIT ?
"""
INSERT_THING = """
INSERT INTO iot_things (account, region, name, id, attributes, version, type) VALUES (?, ?, ?, ?, ?, 1, ?)
"""
UPDATE_THING = """
UPDATE iot_things SET attributes = ?, type = ?, version = version + 1
WHERE account = ? AND region = ? AND name = ?
"""
DELETE_THING = "DELETE FROM iot_things WHERE account = ? AND region = ? AND name = ?"
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
