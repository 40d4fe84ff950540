"""Statements of connections and API destinations."""

SCHEMA = """
CREATE TABLE events_connections (
    arn TEXT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, description TEXT,
    kind TEXT NOT NULL, shown TEXT NOT NULL, state TEXT NOT NULL, reason TEXT, secret TEXT, kms_key TEXT,
    token TEXT, created BIGINT NOT NULL, modified BIGINT NOT NULL, authorized BIGINT,
    UNIQUE (account, region, name)
);
CREATE TABLE events_api_destinations (
    arn TEXT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, description TEXT,
    connection TEXT NOT NULL, endpoint TEXT NOT NULL, method TEXT NOT NULL, rate INTEGER NOT NULL,
    slot BIGINT NOT NULL, created BIGINT NOT NULL, modified BIGINT NOT NULL, UNIQUE (account, region, name)
);
"""

_CONNECTION = """
SELECT arn, name, description, kind, shown, state, reason, secret, kms_key, token, created, modified, authorized
FROM events_connections
"""
FIND_CONNECTION = f"{_CONNECTION} WHERE arn = ?"
FIND_CONNECTION_BY_NAME = f"{_CONNECTION} WHERE account = ? AND region = ? AND name = ?"
LIST_CONNECTIONS = f"""{_CONNECTION}
WHERE account = ? AND region = ? AND substr(name, 1, ?) = ? AND (? = '' OR state = ?) AND name > ?
ORDER BY name LIMIT ?
"""
COUNT_CONNECTIONS = "SELECT count(*) FROM events_connections WHERE account = ? AND region = ?"
COUNT_API_DESTINATIONS = "SELECT count(*) FROM events_api_destinations WHERE account = ? AND region = ?"
INSERT_CONNECTION = """
INSERT INTO events_connections
    (arn, account, region, name, description, kind, shown, state, secret, kms_key, created, modified, authorized)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
CHANGE_CONNECTION = """
UPDATE events_connections SET description = ?, kind = ?, shown = ?, state = ?, reason = ?, secret = ?, kms_key = ?,
    token = ?, modified = ?, authorized = ?
WHERE arn = ?
"""
SET_CONNECTION_TOKEN = """
UPDATE events_connections SET token = ?, state = ?, reason = ?, authorized = ? WHERE arn = ?
"""
SET_CONNECTION_STATE = "UPDATE events_connections SET state = ?, reason = ?, token = NULL, modified = ? WHERE arn = ?"
DELETE_CONNECTION = "DELETE FROM events_connections WHERE arn = ?"

_API_DESTINATION = """
SELECT arn, name, description, connection, endpoint, method, rate, slot, created, modified FROM events_api_destinations
"""
FIND_API_DESTINATION = f"{_API_DESTINATION} WHERE arn = ?"
FIND_API_DESTINATION_BY_NAME = f"{_API_DESTINATION} WHERE account = ? AND region = ? AND name = ?"
LIST_API_DESTINATIONS = f"""{_API_DESTINATION}
WHERE account = ? AND region = ? AND substr(name, 1, ?) = ? AND (? = '' OR connection = ?) AND name > ?
ORDER BY name LIMIT ?
"""
MAP_API_DESTINATIONS = """
SELECT arn, name FROM events_api_destinations WHERE account = ? AND region = ? ORDER BY name
"""
INSERT_API_DESTINATION = """
INSERT INTO events_api_destinations
    (arn, account, region, name, description, connection, endpoint, method, rate, slot, created, modified)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?)
"""
CHANGE_API_DESTINATION = """
UPDATE events_api_destinations
SET description = ?, connection = ?, endpoint = ?, method = ?, rate = ?, slot = 0, modified = ? WHERE arn = ?
"""
TAKE_SLOT = "UPDATE events_api_destinations SET slot = ? WHERE arn = ?"
DELETE_API_DESTINATION = "DELETE FROM events_api_destinations WHERE arn = ?"
