"""Schema and statements of vended logs: sources, destinations, and the deliveries between them."""

SCHEMA = """
CREATE TABLE logs_delivery_sources (
    arn TEXT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, resource TEXT NOT NULL,
    service TEXT NOT NULL, log_type TEXT NOT NULL, tags TEXT NOT NULL
);
CREATE INDEX logs_delivery_sources_by_resource ON logs_delivery_sources (resource);
CREATE TABLE logs_delivery_destinations (
    arn TEXT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL,
    resource TEXT NOT NULL, format TEXT, tags TEXT NOT NULL
);
CREATE TABLE logs_deliveries (
    arn TEXT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT NULL, source TEXT NOT NULL,
    destination TEXT NOT NULL, fields TEXT, tags TEXT NOT NULL
);
CREATE INDEX logs_deliveries_by_source ON logs_deliveries (source);
"""

_SOURCE = "SELECT arn, name, resource, service, log_type, tags FROM logs_delivery_sources"
FIND_SOURCE = f"{_SOURCE} WHERE arn = ?"
LIST_SOURCES = f"{_SOURCE} WHERE account = ? AND region = ? AND name > ? ORDER BY name LIMIT ?"
SAME_SOURCE = "SELECT 1 FROM logs_delivery_sources WHERE account = ? AND resource = ? AND log_type = ? AND arn <> ?"
PUT_SOURCE = """
INSERT INTO logs_delivery_sources (arn, account, region, name, resource, service, log_type, tags)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (arn) DO UPDATE SET resource = excluded.resource, log_type = excluded.log_type, tags = excluded.tags
"""
DELETE_SOURCE = "DELETE FROM logs_delivery_sources WHERE arn = ?"

_DESTINATION = "SELECT arn, name, kind, resource, format, tags FROM logs_delivery_destinations"
FIND_DESTINATION = f"{_DESTINATION} WHERE arn = ?"
LIST_DESTINATIONS = f"{_DESTINATION} WHERE account = ? AND region = ? AND name > ? ORDER BY name LIMIT ?"
PUT_DESTINATION = """
INSERT INTO logs_delivery_destinations (arn, account, region, name, kind, resource, format, tags)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (arn) DO UPDATE SET resource = excluded.resource, format = excluded.format, tags = excluded.tags
"""
DELETE_DESTINATION = "DELETE FROM logs_delivery_destinations WHERE arn = ?"

_DELIVERY = """
SELECT d.arn, d.id, s.name, d.destination, t.kind, d.fields, d.tags FROM logs_deliveries AS d
JOIN logs_delivery_sources AS s ON s.arn = d.source JOIN logs_delivery_destinations AS t ON t.arn = d.destination
"""
FIND_DELIVERY = f"{_DELIVERY} WHERE d.arn = ?"
LIST_DELIVERIES = f"{_DELIVERY} WHERE d.account = ? AND d.region = ? AND d.id > ? ORDER BY d.id LIMIT ?"
SAME_DELIVERY = "SELECT 1 FROM logs_deliveries WHERE source = ? AND destination = ?"
DELIVERIES_FROM = "SELECT 1 FROM logs_deliveries WHERE source = ? LIMIT 1"
DELIVERIES_TO = "SELECT 1 FROM logs_deliveries WHERE destination = ? LIMIT 1"
INSERT_DELIVERY = """
INSERT INTO logs_deliveries (arn, account, region, id, source, destination, fields, tags)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
DELETE_DELIVERY = "DELETE FROM logs_deliveries WHERE arn = ?"
WHERE_TO = """
SELECT s.log_type, t.kind, t.resource, d.fields FROM logs_delivery_sources AS s
JOIN logs_deliveries AS d ON d.source = s.arn JOIN logs_delivery_destinations AS t ON t.arn = d.destination
WHERE s.resource = ?
"""
