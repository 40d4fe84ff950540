"""Statements of custom authorizers."""

AUTHORIZER = """
SELECT document, status, created, modified FROM iot_authorizers WHERE account = ? AND region = ? AND name = ?
"""
AUTHORIZER_HOMES = "SELECT account, region FROM iot_authorizers WHERE name = ? ORDER BY created"
AUTHORIZERS = """
SELECT name FROM iot_authorizers
WHERE account = ? AND region = ? AND name > ? AND (status = ? OR ? = '') ORDER BY name LIMIT ?
"""
INSERT_AUTHORIZER = """
INSERT INTO iot_authorizers (account, region, name, document, status, is_default, created, modified)
VALUES (?, ?, ?, ?, ?, 0, ?, ?)
"""
UPDATE_AUTHORIZER = """
UPDATE iot_authorizers SET document = ?, status = ?, modified = ? WHERE account = ? AND region = ? AND name = ?
"""
DELETE_AUTHORIZER = "DELETE FROM iot_authorizers WHERE account = ? AND region = ? AND name = ?"
DEFAULT_AUTHORIZER = "SELECT name FROM iot_authorizers WHERE account = ? AND region = ? AND is_default = 1"
SET_DEFAULT_AUTHORIZER = """
UPDATE iot_authorizers SET is_default = CASE WHEN name = ? THEN 1 ELSE 0 END WHERE account = ? AND region = ?
"""
