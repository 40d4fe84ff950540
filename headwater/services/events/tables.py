"""Schema and statements of EventBridge. The default bus has a row only once something is set on it."""

from headwater.services.events import archive_tables, connection_tables

SCHEMA = (
    """
    CREATE TABLE events_buses (
        arn TEXT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL,
        settings TEXT NOT NULL, policy TEXT, tags TEXT NOT NULL, created BIGINT NOT NULL, modified BIGINT NOT NULL
    );
    CREATE TABLE events_rules (
        arn TEXT PRIMARY KEY, bus TEXT NOT NULL, name TEXT NOT NULL, pattern TEXT, schedule TEXT,
        state TEXT NOT NULL, description TEXT, role TEXT, created_by TEXT NOT NULL, tags TEXT NOT NULL,
        timer BIGINT, UNIQUE (bus, name)
    );
    CREATE TABLE events_targets (
        rule TEXT NOT NULL, id TEXT NOT NULL, arn TEXT NOT NULL, definition TEXT NOT NULL, PRIMARY KEY (rule, id)
    );
    CREATE INDEX events_targets_by_arn ON events_targets (arn);
    """,
    archive_tables.SCHEMA,
    connection_tables.SCHEMA,
)

_BUS = "SELECT arn, name, settings, policy, tags, created, modified FROM events_buses"
FIND_BUS = f"{_BUS} WHERE arn = ?"
LIST_BUSES = f"{_BUS} WHERE account = ? AND region = ? AND substr(name, 1, ?) = ? AND name > ? ORDER BY name LIMIT ?"
COUNT_BUSES = "SELECT count(*) FROM events_buses WHERE account = ? AND region = ?"
INSERT_BUS = """
INSERT INTO events_buses (arn, account, region, name, settings, tags, created, modified)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
SET_BUS_SETTINGS = "UPDATE events_buses SET settings = ?, modified = ? WHERE arn = ?"
SET_BUS_POLICY = "UPDATE events_buses SET policy = ?, modified = ? WHERE arn = ?"
SET_BUS_TAGS = "UPDATE events_buses SET tags = ? WHERE arn = ?"
DELETE_BUS = "DELETE FROM events_buses WHERE arn = ?"

_RULE = """
SELECT arn, bus, name, pattern, schedule, state, description, role, created_by, tags, timer, managed_by
FROM events_rules
"""
FIND_RULE = f"{_RULE} WHERE arn = ?"
LIST_RULES = f"{_RULE} WHERE bus = ? AND substr(name, 1, ?) = ? AND name > ? ORDER BY name LIMIT ?"
RULES_WITH_PATTERN = f"{_RULE} WHERE bus = ? AND pattern IS NOT NULL AND state <> 'DISABLED' ORDER BY name"
RULES_OF_BUS = f"{_RULE} WHERE bus = ? ORDER BY name"
RULES_ELSEWHERE = f"{_RULE} WHERE bus <> ? AND pattern IS NOT NULL AND state <> 'DISABLED' ORDER BY arn"
RULES_IN_STATE = "SELECT arn FROM events_rules WHERE bus = ? AND state = ?"
RULES_NAMING_CALLS = f"""{_RULE}
WHERE state <> 'DISABLED' AND (pattern LIKE '%CloudTrail%' OR pattern LIKE '%AWS API%')
"""
COUNT_RULES = "SELECT count(*) FROM events_rules WHERE bus = ?"
PUT_RULE = """
INSERT INTO events_rules (arn, bus, name, pattern, schedule, state, description, role, created_by, tags, managed_by)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (arn) DO UPDATE SET pattern = excluded.pattern, schedule = excluded.schedule,
    state = excluded.state, description = excluded.description, role = excluded.role
"""
SET_RULE_STATE = "UPDATE events_rules SET state = ? WHERE arn = ?"
SET_RULE_TIMER = "UPDATE events_rules SET timer = ? WHERE arn = ?"
SET_RULE_TAGS = "UPDATE events_rules SET tags = ? WHERE arn = ?"
DELETE_RULE = "DELETE FROM events_rules WHERE arn = ?"

LIST_TARGETS = "SELECT id, definition FROM events_targets WHERE rule = ? AND id > ? ORDER BY id LIMIT ?"
ALL_TARGETS = "SELECT id, definition FROM events_targets WHERE rule = ? ORDER BY id"
COUNT_TARGETS = "SELECT count(*) FROM events_targets WHERE rule = ?"
PUT_TARGET = """
INSERT INTO events_targets (rule, id, arn, definition) VALUES (?, ?, ?, ?)
ON CONFLICT (rule, id) DO UPDATE SET arn = excluded.arn, definition = excluded.definition
"""
DELETE_TARGETS = "DELETE FROM events_targets WHERE rule = ?"
DELETE_TARGET = "DELETE FROM events_targets WHERE rule = ? AND id = ?"
RULE_NAMES_BY_TARGET = """
SELECT DISTINCT r.name FROM events_rules AS r JOIN events_targets AS t ON t.rule = r.arn
WHERE t.arn = ? AND r.bus = ? AND r.name > ? ORDER BY r.name LIMIT ?
"""

MAP_BUSES = "SELECT arn, name FROM events_buses WHERE account = ? AND region = ? ORDER BY name"
MAP_RULES = "SELECT arn, bus, name, pattern, state FROM events_rules WHERE substr(bus, 1, ?) = ? ORDER BY arn"
MAP_TARGETS = """
SELECT t.rule, t.id, t.arn, t.definition FROM events_targets AS t JOIN events_rules AS r ON r.arn = t.rule
WHERE substr(r.bus, 1, ?) = ? ORDER BY t.rule, t.id
"""
