"""Statements of device shadows."""

SHADOW = """
SELECT state, metadata, version, deleted FROM iot_shadows WHERE account = ? AND region = ? AND thing = ? AND name = ?
"""
SET_SHADOW = """
INSERT INTO iot_shadows (account, region, thing, name, state, metadata, version) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (account, region, thing, name) DO UPDATE SET state = excluded.state, metadata = excluded.metadata,
    version = excluded.version, deleted = NULL
"""
DELETE_SHADOW = """
UPDATE iot_shadows SET state = '{}', metadata = '{}', deleted = ?
WHERE account = ? AND region = ? AND thing = ? AND name = ?
"""
NAMED_SHADOWS = """
SELECT name FROM iot_shadows
WHERE account = ? AND region = ? AND thing = ? AND name > ? AND deleted IS NULL ORDER BY name LIMIT ?
"""
SHADOWS = """
SELECT thing, name, state, metadata, version FROM iot_shadows
WHERE account = ? AND region = ? AND deleted IS NULL ORDER BY thing, name LIMIT ?
"""
COUNT_SHADOWS = "SELECT count(*) FROM iot_shadows WHERE account = ? AND region = ? AND deleted IS NULL"
