"""Statements of provisioning templates, their versions, and the tokens of certificates that devices have asked for."""

TEMPLATE = """
SELECT document, version, created, modified FROM iot_provisioning_templates
WHERE account = ? AND region = ? AND name = ?
"""
TEMPLATES = """
SELECT name, document, created, modified FROM iot_provisioning_templates
WHERE account = ? AND region = ? AND name > ? ORDER BY name LIMIT ?
"""
INSERT_TEMPLATE = """
INSERT INTO iot_provisioning_templates (account, region, name, document, version, created, modified)
VALUES (?, ?, ?, ?, 1, ?, ?)
"""
UPDATE_TEMPLATE = """
UPDATE iot_provisioning_templates SET document = ?, version = ?, modified = ?
WHERE account = ? AND region = ? AND name = ?
"""
DELETE_TEMPLATE = "DELETE FROM iot_provisioning_templates WHERE account = ? AND region = ? AND name = ?"

VERSION = """
SELECT body, created FROM iot_provisioning_versions WHERE account = ? AND region = ? AND name = ? AND version = ?
"""
VERSIONS = """
SELECT version, created FROM iot_provisioning_versions
WHERE account = ? AND region = ? AND name = ? ORDER BY version
"""
INSERT_VERSION = """
INSERT INTO iot_provisioning_versions (account, region, name, version, body, created) VALUES (?, ?, ?, ?, ?, ?)
"""
DELETE_VERSION = "DELETE FROM iot_provisioning_versions WHERE account = ? AND region = ? AND name = ? AND version = ?"
DELETE_VERSIONS = "DELETE FROM iot_provisioning_versions WHERE account = ? AND region = ? AND name = ?"

INSERT_TOKEN = "INSERT INTO iot_ownership_tokens (account, region, token, certificate) VALUES (?, ?, ?, ?)"
TOKEN = "SELECT certificate FROM iot_ownership_tokens WHERE account = ? AND region = ? AND token = ?"
DELETE_TOKEN = "DELETE FROM iot_ownership_tokens WHERE account = ? AND region = ? AND token = ?"
