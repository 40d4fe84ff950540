"""Statements of policies, and of what they are attached to."""

POLICY_VERSIONS = """
SELECT version, document, is_default, created FROM iot_policies
WHERE account = ? AND region = ? AND name = ? ORDER BY version
"""
POLICIES = """
SELECT name FROM iot_policies WHERE account = ? AND region = ? AND is_default = 1 AND name > ? ORDER BY name LIMIT ?
"""
DEFAULT_DOCUMENT = """
SELECT document FROM iot_policies WHERE account = ? AND region = ? AND name = ? AND is_default = 1
"""
INSERT_POLICY = """
INSERT INTO iot_policies (account, region, name, version, document, is_default, created) VALUES (?, ?, ?, ?, ?, ?, ?)
"""
SET_DEFAULT_VERSION = """
UPDATE iot_policies SET is_default = CASE WHEN version = ? THEN 1 ELSE 0 END
WHERE account = ? AND region = ? AND name = ?
"""
DELETE_POLICY_VERSION = "DELETE FROM iot_policies WHERE account = ? AND region = ? AND name = ? AND version = ?"
DELETE_POLICY = "DELETE FROM iot_policies WHERE account = ? AND region = ? AND name = ?"
ATTACH_POLICY = """
INSERT INTO iot_attached_policies (account, region, target, policy) VALUES (?, ?, ?, ?)
ON CONFLICT (account, region, target, policy) DO NOTHING
"""
DETACH_POLICY = """
DELETE FROM iot_attached_policies WHERE account = ? AND region = ? AND target = ? AND policy = ?
"""
DETACH_ALL_POLICIES = "DELETE FROM iot_attached_policies WHERE account = ? AND region = ? AND target = ?"
ATTACHED_POLICIES = """
SELECT policy FROM iot_attached_policies
WHERE account = ? AND region = ? AND target = ? AND policy > ? ORDER BY policy LIMIT ?
"""
POLICY_TARGETS = """
SELECT target FROM iot_attached_policies
WHERE account = ? AND region = ? AND policy = ? AND target > ? ORDER BY target LIMIT ?
"""
