"""What CloudFormation keeps: stacks, the template of each operation, resources, what is still to be done, events."""

from __future__ import annotations

from headwater.services.cloudformation.stack_sets.tables import MIGRATION as STACK_SETS

SCHEMA = (
    """
    CREATE TABLE cloudformation_stacks (
        id TEXT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, status TEXT NOT NULL,
        reason TEXT, created BIGINT NOT NULL, updated BIGINT, deleted BIGINT, operation INTEGER NOT NULL,
        template INTEGER NOT NULL, former INTEGER NOT NULL, settings TEXT NOT NULL, outputs TEXT NOT NULL
    );
    CREATE UNIQUE INDEX cloudformation_stacks_by_name ON cloudformation_stacks (account, region, name)
        WHERE deleted IS NULL;
    CREATE TABLE cloudformation_templates (
        stack TEXT NOT NULL, operation INTEGER NOT NULL, body TEXT NOT NULL, processed TEXT NOT NULL,
        arguments TEXT NOT NULL, tags TEXT NOT NULL, PRIMARY KEY (stack, operation)
    );
    CREATE TABLE cloudformation_resources (
        id BIGINT PRIMARY KEY, stack TEXT NOT NULL, logical_id TEXT NOT NULL, current INTEGER NOT NULL,
        type TEXT NOT NULL, physical_id TEXT NOT NULL, status TEXT NOT NULL, reason TEXT, changed BIGINT NOT NULL,
        made_by INTEGER NOT NULL, replaced_by INTEGER NOT NULL, properties TEXT NOT NULL, attributes TEXT NOT NULL,
        depends TEXT NOT NULL, deletion_policy TEXT NOT NULL, replace_policy TEXT NOT NULL, metadata TEXT NOT NULL,
        previous TEXT
    );
    CREATE INDEX cloudformation_resources_by_stack ON cloudformation_resources (stack, logical_id);
    CREATE TABLE cloudformation_tasks (
        id BIGINT PRIMARY KEY, stack TEXT NOT NULL, logical_id TEXT NOT NULL, resource BIGINT NOT NULL,
        action TEXT NOT NULL, state TEXT NOT NULL, needs TEXT NOT NULL
    );
    CREATE INDEX cloudformation_tasks_by_stack ON cloudformation_tasks (stack, id);
    CREATE TABLE cloudformation_events (
        id BIGINT PRIMARY KEY, stack TEXT NOT NULL, event TEXT NOT NULL, logical_id TEXT NOT NULL,
        physical_id TEXT NOT NULL, type TEXT NOT NULL, status TEXT NOT NULL, reason TEXT, at BIGINT NOT NULL,
        properties TEXT, token TEXT
    );
    CREATE INDEX cloudformation_events_by_stack ON cloudformation_events (stack, id);
    CREATE TABLE cloudformation_change_sets (
        id TEXT PRIMARY KEY, stack TEXT NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL, status TEXT NOT NULL,
        execution TEXT NOT NULL, reason TEXT, created BIGINT NOT NULL, body TEXT NOT NULL, processed TEXT NOT NULL,
        arguments TEXT NOT NULL, tags TEXT NOT NULL, settings TEXT NOT NULL, changes TEXT NOT NULL
    );
    CREATE INDEX cloudformation_change_sets_by_stack ON cloudformation_change_sets (stack, name);
    CREATE TABLE cloudformation_exports (
        account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, stack TEXT NOT NULL,
        PRIMARY KEY (account, region, name)
    );
    CREATE TABLE cloudformation_imports (
        account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, stack TEXT NOT NULL,
        operation INTEGER NOT NULL, PRIMARY KEY (account, region, name, stack)
    );
    CREATE TABLE cloudformation_responses (
        token TEXT PRIMARY KEY, stack TEXT NOT NULL, sent BIGINT NOT NULL, body TEXT
    );
    """,
    """
    CREATE TABLE cloudformation_control_requests (
        token TEXT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, client_token TEXT NOT NULL,
        request TEXT NOT NULL, operation TEXT NOT NULL, type TEXT NOT NULL, identifier TEXT NOT NULL,
        status TEXT NOT NULL, at BIGINT NOT NULL, properties TEXT NOT NULL, code TEXT, message TEXT
    );
    CREATE INDEX cloudformation_control_requests_by_time ON cloudformation_control_requests (account, region, at);
    CREATE TABLE cloudformation_control_resources (
        account TEXT NOT NULL, region TEXT NOT NULL, type TEXT NOT NULL, physical_id TEXT NOT NULL,
        properties TEXT NOT NULL, attributes TEXT NOT NULL, changed BIGINT NOT NULL,
        PRIMARY KEY (account, region, type, physical_id)
    );
    """,
    """
    CREATE TABLE cloudformation_drifts (
        stack TEXT NOT NULL, logical_id TEXT NOT NULL, drift TEXT NOT NULL, PRIMARY KEY (stack, logical_id)
    );
    CREATE TABLE cloudformation_drift_detections (
        id TEXT PRIMARY KEY, stack TEXT NOT NULL, at BIGINT NOT NULL, status TEXT NOT NULL, drifted INTEGER NOT NULL
    );
    """,
    """
    ALTER TABLE cloudformation_events ADD COLUMN operation TEXT;
    CREATE TABLE cloudformation_operations (
        id TEXT PRIMARY KEY, stack TEXT NOT NULL, begun BIGINT NOT NULL, type TEXT NOT NULL, token TEXT,
        status TEXT NOT NULL, ended BIGINT, findings TEXT NOT NULL
    );
    CREATE INDEX cloudformation_operations_by_stack ON cloudformation_operations (stack, begun);
    """,
    "CREATE INDEX cloudformation_resources_by_physical_id ON cloudformation_resources (physical_id)",
    STACK_SETS,
    """
    CREATE TABLE cloudformation_macros (
        account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, function TEXT NOT NULL,
        PRIMARY KEY (account, region, name)
    )
    """,
    "ALTER TABLE cloudformation_resources ADD COLUMN shown TEXT",
)

STACK_COLUMNS = (
    "id, account, region, name, status, reason, created, updated, deleted, operation, template, former, "
    "settings, outputs"
)
INSERT_STACK = f"""
INSERT INTO cloudformation_stacks ({STACK_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
UPDATE_STACK = """
UPDATE cloudformation_stacks SET status = ?, reason = ?, updated = ?, deleted = ?, operation = ?, template = ?,
    former = ?, settings = ?, outputs = ?
WHERE id = ?
"""
SELECT_STACK = f"SELECT {STACK_COLUMNS} FROM cloudformation_stacks WHERE id = ?"
SELECT_STACK_BY_NAME = f"""
SELECT {STACK_COLUMNS} FROM cloudformation_stacks WHERE account = ? AND region = ? AND name = ? AND deleted IS NULL
"""
SELECT_STACKS = f"""
SELECT {STACK_COLUMNS} FROM cloudformation_stacks WHERE account = ? AND region = ? ORDER BY created DESC, id
"""
DELETE_STACK = "DELETE FROM cloudformation_stacks WHERE id = ?"

PUT_TEMPLATE = """
INSERT INTO cloudformation_templates (stack, operation, body, processed, arguments, tags) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (stack, operation) DO UPDATE SET body = excluded.body, processed = excluded.processed,
    arguments = excluded.arguments, tags = excluded.tags
"""
SELECT_TEMPLATE = """
SELECT body, processed, arguments, tags FROM cloudformation_templates WHERE stack = ? AND operation = ?
"""
FORGET_TEMPLATES = "DELETE FROM cloudformation_templates WHERE stack = ? AND operation <> ?"

RESOURCE_COLUMNS = (
    "id, stack, logical_id, current, type, physical_id, status, reason, changed, made_by, replaced_by, properties, "
    "attributes, depends, deletion_policy, replace_policy, metadata, previous, shown"
)
INSERT_RESOURCE = f"""
INSERT INTO cloudformation_resources ({RESOURCE_COLUMNS})
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
UPDATE_RESOURCE = """
UPDATE cloudformation_resources SET current = ?, type = ?, physical_id = ?, status = ?, reason = ?, changed = ?,
    made_by = ?, replaced_by = ?, properties = ?, attributes = ?, depends = ?, deletion_policy = ?,
    replace_policy = ?, metadata = ?, previous = ?, shown = ?
WHERE id = ?
"""
SELECT_RESOURCE = f"SELECT {RESOURCE_COLUMNS} FROM cloudformation_resources WHERE id = ?"
SELECT_CURRENT = f"""
SELECT {RESOURCE_COLUMNS} FROM cloudformation_resources WHERE stack = ? AND logical_id = ? AND current = 1
"""
SELECT_RESOURCES = f"SELECT {RESOURCE_COLUMNS} FROM cloudformation_resources WHERE stack = ? ORDER BY id"
SELECT_BY_PHYSICAL_ID = """
SELECT r.stack FROM cloudformation_resources r JOIN cloudformation_stacks s ON s.id = r.stack
WHERE s.account = ? AND s.region = ? AND s.deleted IS NULL AND r.physical_id = ? AND r.current = 1
"""
SELECT_HOLDER = """
SELECT s.id FROM cloudformation_resources r JOIN cloudformation_stacks s ON s.id = r.stack
WHERE r.physical_id = ? AND r.type = ? AND r.id <> ? AND s.account = ? AND s.region = ? AND s.deleted IS NULL
    AND r.status NOT IN ('DELETE_COMPLETE', 'DELETE_SKIPPED')
"""
DELETE_RESOURCE = "DELETE FROM cloudformation_resources WHERE id = ?"
FORGET_PREVIOUS = "UPDATE cloudformation_resources SET previous = NULL WHERE stack = ? AND previous IS NOT NULL"

INSERT_TASK = """
INSERT INTO cloudformation_tasks (id, stack, logical_id, resource, action, state, needs)
VALUES (?, ?, ?, ?, ?, 'waiting', ?)
"""
SELECT_TASK = "SELECT id, stack, logical_id, resource, action, state, needs FROM cloudformation_tasks WHERE id = ?"
SELECT_TASKS = """
SELECT id, stack, logical_id, resource, action, state, needs FROM cloudformation_tasks WHERE stack = ? ORDER BY id
"""
SET_TASK = "UPDATE cloudformation_tasks SET state = ?, action = ? WHERE id = ?"
DELETE_TASKS = "DELETE FROM cloudformation_tasks WHERE stack = ?"

EVENT_COLUMNS = "id, stack, event, logical_id, physical_id, type, status, reason, at, properties, token, operation"
# at the given instant, or just after the stack's last event
INSERT_EVENT = f"""
INSERT INTO cloudformation_events ({EVENT_COLUMNS})
VALUES (?, ?, ?, ?, ?, ?, ?, ?, COALESCE((
    SELECT CASE WHEN at >= ? THEN at + 1 END FROM cloudformation_events WHERE stack = ? ORDER BY id DESC LIMIT 1
), ?), ?, ?, ?)
"""
SELECT_EVENT = f"SELECT {EVENT_COLUMNS} FROM cloudformation_events WHERE id = ?"
SELECT_EVENTS = f"""
SELECT {EVENT_COLUMNS} FROM cloudformation_events WHERE stack = ? AND id < ? ORDER BY id DESC LIMIT ?
"""
SELECT_EVENTS_OF_OPERATION = f"""
SELECT {EVENT_COLUMNS} FROM cloudformation_events WHERE stack = ? AND operation = ? ORDER BY id DESC
"""
SELECT_REASON = """
SELECT reason FROM cloudformation_events WHERE stack = ? AND physical_id = ? AND status = ? ORDER BY id DESC LIMIT 1
"""

OPERATION_COLUMNS = "id, stack, begun, type, token, status, ended, findings"
INSERT_OPERATION = f"""
INSERT INTO cloudformation_operations ({OPERATION_COLUMNS}) VALUES (?, ?, ?, ?, ?, 'IN_PROGRESS', NULL, '[]')
"""
END_OPERATION = """
UPDATE cloudformation_operations SET status = ?, ended = ?, findings = ? WHERE id = ? AND status = 'IN_PROGRESS'
"""
SELECT_OPERATION = f"SELECT {OPERATION_COLUMNS} FROM cloudformation_operations WHERE id = ?"
SELECT_OPERATIONS = f"""
SELECT {OPERATION_COLUMNS} FROM cloudformation_operations WHERE stack = ? ORDER BY begun DESC, id
"""

CHANGE_SET_COLUMNS = (
    "id, stack, name, type, status, execution, reason, created, body, processed, arguments, tags, settings, changes"
)
INSERT_CHANGE_SET = f"""
INSERT INTO cloudformation_change_sets ({CHANGE_SET_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
UPDATE_CHANGE_SET = """
UPDATE cloudformation_change_sets SET status = ?, execution = ?, reason = ?, processed = ?, settings = ?, changes = ?
WHERE id = ?
"""
SELECT_CHANGE_SET = f"SELECT {CHANGE_SET_COLUMNS} FROM cloudformation_change_sets WHERE id = ?"
SELECT_CHANGE_SETS = f"SELECT {CHANGE_SET_COLUMNS} FROM cloudformation_change_sets WHERE stack = ? ORDER BY created, id"
DELETE_CHANGE_SET = "DELETE FROM cloudformation_change_sets WHERE id = ?"
DELETE_CHANGE_SETS = "DELETE FROM cloudformation_change_sets WHERE stack = ?"

PUT_EXPORT = """
INSERT INTO cloudformation_exports (account, region, name, value, stack) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (account, region, name) DO UPDATE SET value = excluded.value
"""
SELECT_EXPORT = "SELECT value, stack FROM cloudformation_exports WHERE account = ? AND region = ? AND name = ?"
SELECT_EXPORTS = """
SELECT name, value, stack FROM cloudformation_exports WHERE account = ? AND region = ? AND name > ?
ORDER BY name LIMIT ?
"""
SELECT_EXPORTS_OF = "SELECT name, value FROM cloudformation_exports WHERE stack = ?"
DELETE_EXPORT = "DELETE FROM cloudformation_exports WHERE account = ? AND region = ? AND name = ?"
DELETE_EXPORTS_OF = "DELETE FROM cloudformation_exports WHERE stack = ?"
PUT_IMPORT = """
INSERT INTO cloudformation_imports (account, region, name, stack, operation) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (account, region, name, stack) DO UPDATE SET operation = excluded.operation
"""
SELECT_IMPORTERS = """
SELECT s.name FROM cloudformation_imports i JOIN cloudformation_stacks s ON s.id = i.stack
WHERE i.account = ? AND i.region = ? AND i.name = ? ORDER BY s.name
"""
FORGET_IMPORTS = "DELETE FROM cloudformation_imports WHERE stack = ? AND operation < ?"

PUT_MACRO = """
INSERT INTO cloudformation_macros (account, region, name, function) VALUES (?, ?, ?, ?)
ON CONFLICT (account, region, name) DO UPDATE SET function = excluded.function
"""
SELECT_MACRO = "SELECT function FROM cloudformation_macros WHERE account = ? AND region = ? AND name = ?"
DELETE_MACRO = "DELETE FROM cloudformation_macros WHERE account = ? AND region = ? AND name = ?"

INSERT_RESPONSE = """
INSERT INTO cloudformation_responses (token, stack, sent, body) VALUES (?, ?, ?, NULL) ON CONFLICT (token) DO NOTHING
"""
SELECT_RESPONSE = "SELECT sent, body FROM cloudformation_responses WHERE token = ?"
SET_RESPONSE = "UPDATE cloudformation_responses SET body = ? WHERE token = ?"
DELETE_RESPONSE = "DELETE FROM cloudformation_responses WHERE token = ?"
DELETE_RESPONSES = "DELETE FROM cloudformation_responses WHERE stack = ?"

PRESENT_RESOURCES = """
SELECT r.type, r.physical_id, s.name, r.logical_id
FROM cloudformation_resources AS r JOIN cloudformation_stacks AS s ON s.id = r.stack
WHERE s.account = ? AND s.region = ? AND s.deleted IS NULL AND r.current = 1
"""

CONTROL_COLUMNS = (
    "token, account, region, client_token, request, operation, type, identifier, status, at, properties, code, message"
)
PUT_CONTROL_REQUEST = f"""
INSERT INTO cloudformation_control_requests ({CONTROL_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (token) DO UPDATE SET identifier = excluded.identifier, status = excluded.status, at = excluded.at,
    properties = excluded.properties, code = excluded.code, message = excluded.message
"""
SELECT_CONTROL_REQUEST = f"""
SELECT {CONTROL_COLUMNS} FROM cloudformation_control_requests WHERE account = ? AND region = ? AND token = ?
"""
SELECT_CONTROL_REQUESTS = f"""
SELECT {CONTROL_COLUMNS} FROM cloudformation_control_requests WHERE account = ? AND region = ? AND at > ?
ORDER BY at DESC, token
"""
FORGET_CONTROL_REQUESTS = """
DELETE FROM cloudformation_control_requests WHERE account = ? AND region = ? AND at <= ?
"""
PUT_CONTROL_RESOURCE = """
INSERT INTO cloudformation_control_resources (account, region, type, physical_id, properties, attributes, changed)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (account, region, type, physical_id) DO UPDATE SET properties = excluded.properties,
    attributes = excluded.attributes, changed = excluded.changed
"""
DELETE_CONTROL_RESOURCE = """
DELETE FROM cloudformation_control_resources WHERE account = ? AND region = ? AND type = ? AND physical_id = ?
"""
SELECT_DECLARED = """
SELECT r.physical_id, r.properties, r.attributes, r.changed
FROM cloudformation_resources r JOIN cloudformation_stacks s ON s.id = r.stack
WHERE s.account = ? AND s.region = ? AND s.deleted IS NULL AND r.type = ? AND r.current = 1 AND r.physical_id <> ''
UNION ALL
SELECT physical_id, properties, attributes, changed FROM cloudformation_control_resources
WHERE account = ? AND region = ? AND type = ? ORDER BY changed
"""

PUT_DRIFT = """
INSERT INTO cloudformation_drifts (stack, logical_id, drift) VALUES (?, ?, ?)
ON CONFLICT (stack, logical_id) DO UPDATE SET drift = excluded.drift
"""
SELECT_DRIFTS = "SELECT drift FROM cloudformation_drifts WHERE stack = ? ORDER BY logical_id"
DELETE_DRIFTS = "DELETE FROM cloudformation_drifts WHERE stack = ?"
INSERT_DETECTION = """
INSERT INTO cloudformation_drift_detections (id, stack, at, status, drifted) VALUES (?, ?, ?, ?, ?)
"""
SELECT_DETECTION = "SELECT stack, at, status, drifted FROM cloudformation_drift_detections WHERE id = ?"
DELETE_DETECTIONS = "DELETE FROM cloudformation_drift_detections WHERE stack = ?"
