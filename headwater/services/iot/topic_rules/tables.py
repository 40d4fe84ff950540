"""Statements of topic rules, and of the destinations of their HTTP actions."""

RULES = "SELECT name, document, disabled, created FROM iot_rules WHERE account = ? AND region = ? ORDER BY name"
RULE = "SELECT document, disabled, created FROM iot_rules WHERE account = ? AND region = ? AND name = ?"
INSERT_RULE = """
INSERT INTO iot_rules (account, region, name, document, disabled, created) VALUES (?, ?, ?, ?, ?, ?)
"""
REPLACE_RULE = "UPDATE iot_rules SET document = ?, disabled = ? WHERE account = ? AND region = ? AND name = ?"
SET_RULE_DISABLED = "UPDATE iot_rules SET disabled = ? WHERE account = ? AND region = ? AND name = ?"
DELETE_RULE = "DELETE FROM iot_rules WHERE account = ? AND region = ? AND name = ?"

INSERT_DESTINATION = """
INSERT INTO iot_destinations (account, region, id, url, status, reason, token, created, modified)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
DESTINATION = """
SELECT id, url, status, reason, token, created, modified FROM iot_destinations
WHERE account = ? AND region = ? AND id = ?
"""
DESTINATION_OF_URL = "SELECT id, status FROM iot_destinations WHERE account = ? AND region = ? AND url = ?"
DESTINATION_OF_TOKEN = "SELECT account, region, id, status FROM iot_destinations WHERE token = ?"
DESTINATIONS = """
SELECT id, url, status, reason, token, created, modified FROM iot_destinations
WHERE account = ? AND region = ? AND id > ? ORDER BY id LIMIT ?
"""
SET_DESTINATION = """
UPDATE iot_destinations SET status = ?, reason = ?, token = ?, modified = ? WHERE account = ? AND region = ? AND id = ?
"""
TELL_OF_CONFIRMATION = """
UPDATE iot_destinations SET status = ?, reason = ?, modified = ?
WHERE account = ? AND region = ? AND id = ? AND token = ? AND status = 'IN_PROGRESS'
"""
DELETE_DESTINATION = "DELETE FROM iot_destinations WHERE account = ? AND region = ? AND id = ?"
