"""Statements of topic rules."""

RULES = "SELECT name, document, disabled, created FROM iot_rules WHERE account = ? AND region = ? ORDER BY name"
RULE = "SELECT document, disabled, created FROM iot_rules WHERE account = ? AND region = ? AND name = ?"
INSERT_RULE = """
INSERT INTO iot_rules (account, region, name, document, disabled, created) VALUES (?, ?, ?, ?, ?, ?)
"""
REPLACE_RULE = "UPDATE iot_rules SET document = ?, disabled = ? WHERE account = ? AND region = ? AND name = ?"
SET_RULE_DISABLED = "UPDATE iot_rules SET disabled = ? WHERE account = ? AND region = ? AND name = ?"
DELETE_RULE = "DELETE FROM iot_rules WHERE account = ? AND region = ? AND name = ?"
