"""Schema and statements of Step Functions.

An execution is one row; its history is packed, a row for each step, that of a short first step in the execution's own
(an execution that ends in it is that one row); a frame (see languages.asl.execution) is a row
while it waits. Express executions have rows only while they wait.
"""

SCHEMA = (
    """
    CREATE TABLE states_machines (
        id BIGINT PRIMARY KEY, arn TEXT NOT NULL UNIQUE, account TEXT NOT NULL, region TEXT NOT NULL,
        name TEXT NOT NULL, kind TEXT NOT NULL, definition BIGINT NOT NULL, role TEXT NOT NULL,
        logging TEXT NOT NULL, tracing TEXT NOT NULL, tags TEXT NOT NULL, created BIGINT NOT NULL
    );
    CREATE TABLE states_definitions (
        id BIGINT PRIMARY KEY, machine TEXT NOT NULL, text TEXT NOT NULL, role TEXT NOT NULL, kind TEXT NOT NULL,
        revision TEXT NOT NULL, logging TEXT NOT NULL, tracing TEXT NOT NULL, created BIGINT NOT NULL
    );
    CREATE TABLE states_versions (
        machine TEXT NOT NULL, version INTEGER NOT NULL, definition BIGINT NOT NULL, description TEXT NOT NULL,
        created BIGINT NOT NULL, PRIMARY KEY (machine, version)
    );
    CREATE TABLE states_aliases (
        arn TEXT PRIMARY KEY, machine TEXT NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL,
        routing TEXT NOT NULL, created BIGINT NOT NULL, updated BIGINT NOT NULL
    );
    CREATE TABLE states_executions (
        id BIGINT PRIMARY KEY, arn TEXT NOT NULL UNIQUE, machine TEXT NOT NULL, name TEXT NOT NULL,
        definition BIGINT NOT NULL, qualifier TEXT, express INTEGER NOT NULL, status TEXT NOT NULL,
        input TEXT NOT NULL, output TEXT, error TEXT, reason TEXT, trace TEXT,
        started BIGINT NOT NULL, stopped BIGINT, expiry BIGINT,
        last_event INTEGER NOT NULL, last_frame INTEGER NOT NULL, last_ticket INTEGER NOT NULL, waiter TEXT
    );
    CREATE INDEX states_executions_by_machine ON states_executions (machine, id);
    CREATE TABLE states_history (
        execution BIGINT NOT NULL, first INTEGER NOT NULL, at BIGINT NOT NULL, events TEXT NOT NULL,
        PRIMARY KEY (execution, first)
    );
    CREATE TABLE states_frames (
        execution BIGINT NOT NULL, frame INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (execution, frame)
    );
    CREATE TABLE states_heartbeats (
        execution BIGINT NOT NULL, frame INTEGER NOT NULL, ticket INTEGER NOT NULL, at BIGINT NOT NULL,
        PRIMARY KEY (execution, frame)
    );
    CREATE TABLE states_activities (
        arn TEXT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, tags TEXT NOT NULL,
        created BIGINT NOT NULL
    );
    CREATE TABLE states_activity_tasks (
        id BIGINT PRIMARY KEY, activity TEXT NOT NULL, token TEXT NOT NULL, input TEXT NOT NULL
    );
    CREATE INDEX states_activity_tasks_by_activity ON states_activity_tasks (activity, id);
    """,
    """
    ALTER TABLE states_executions ADD COLUMN redrives INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE states_executions ADD COLUMN redriven BIGINT;
    ALTER TABLE states_executions ADD COLUMN redrive_token TEXT;
    ALTER TABLE states_executions ADD COLUMN map_run BIGINT;
    ALTER TABLE states_executions ADD COLUMN items INTEGER;
    ALTER TABLE states_executions ADD COLUMN place INTEGER;
    CREATE INDEX states_executions_by_map_run ON states_executions (map_run, id) WHERE map_run IS NOT NULL;
    ALTER TABLE states_machines ADD COLUMN encryption TEXT NOT NULL DEFAULT '{"type":"AWS_OWNED_KEY"}';
    ALTER TABLE states_definitions ADD COLUMN encryption TEXT NOT NULL DEFAULT '{"type":"AWS_OWNED_KEY"}';
    CREATE TABLE states_map_runs (
        id BIGINT PRIMARY KEY, arn TEXT NOT NULL UNIQUE, execution BIGINT NOT NULL, execution_arn TEXT NOT NULL,
        machine TEXT NOT NULL, frame INTEGER NOT NULL, ticket INTEGER NOT NULL, state TEXT NOT NULL,
        definition BIGINT NOT NULL, settings TEXT NOT NULL, status TEXT NOT NULL, reading INTEGER NOT NULL,
        started BIGINT NOT NULL, stopped BIGINT, redrives INTEGER NOT NULL, redriven BIGINT,
        concurrency INTEGER NOT NULL, tolerated_count INTEGER NOT NULL, tolerated_percentage DOUBLE PRECISION NOT NULL,
        total INTEGER NOT NULL, total_items INTEGER NOT NULL, next INTEGER NOT NULL, stepping INTEGER NOT NULL,
        counts TEXT NOT NULL
    );
    CREATE INDEX states_map_runs_by_execution ON states_map_runs (execution, id);
    CREATE TABLE states_map_inputs (
        run BIGINT NOT NULL, first INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (run, first)
    );
    CREATE TABLE states_map_results (
        run BIGINT NOT NULL, place INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (run, place)
    );
    """,
    """
    ALTER TABLE states_activities ADD COLUMN encryption TEXT NOT NULL DEFAULT '{"type":"AWS_OWNED_KEY"}';
    """,
    """
    CREATE TABLE states_mock_cases (
        account TEXT NOT NULL, region TEXT NOT NULL, machine TEXT NOT NULL, name TEXT NOT NULL, states TEXT NOT NULL,
        PRIMARY KEY (machine, name, account, region)
    );
    CREATE TABLE states_mocks (
        owner BIGINT NOT NULL, state TEXT NOT NULL, used INTEGER NOT NULL, answers TEXT NOT NULL,
        PRIMARY KEY (owner, state)
    );
    ALTER TABLE states_executions ADD COLUMN mocks BIGINT;
    """,
    """
    ALTER TABLE states_executions ADD COLUMN events TEXT;
    """,
    """
    ALTER TABLE states_map_runs ADD COLUMN result TEXT;
    """,
    """
    CREATE TABLE states_map_redrives (
        run BIGINT NOT NULL, place INTEGER NOT NULL, entry TEXT NOT NULL, PRIMARY KEY (run, place)
    );
    """,
)

# -- machines

INSERT_MACHINE = """
INSERT INTO states_machines
    (id, arn, account, region, name, kind, definition, role, logging, tracing, encryption, tags, created)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
FIND_MACHINE = """
SELECT m.arn, m.name, m.kind, m.definition, m.role, m.logging, m.tracing, m.created, d.text, d.revision, d.created,
       m.encryption
FROM states_machines AS m JOIN states_definitions AS d ON d.id = m.definition WHERE m.arn = ?
"""
LIST_MACHINES = """
SELECT arn, name, kind, created FROM states_machines
WHERE account = ? AND region = ? AND name > ? ORDER BY name LIMIT ?
"""
COUNT_MACHINES = "SELECT count(*) FROM states_machines WHERE account = ? AND region = ?"
UPDATE_MACHINE = (
    "UPDATE states_machines SET definition = ?, role = ?, logging = ?, tracing = ?, encryption = ? WHERE arn = ?"
)
DELETE_MACHINE = "DELETE FROM states_machines WHERE arn = ?"
MACHINE_TAGS = "SELECT tags FROM states_machines WHERE arn = ?"
SET_MACHINE_TAGS = "UPDATE states_machines SET tags = ? WHERE arn = ?"
INSERT_DEFINITION = """
INSERT INTO states_definitions (id, machine, text, role, kind, revision, logging, tracing, encryption, created)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
FIND_DEFINITION = """
SELECT machine, text, role, kind, revision, logging, tracing, created, encryption FROM states_definitions WHERE id = ?
"""

# -- versions and aliases

LAST_VERSION = "SELECT version, definition FROM states_versions WHERE machine = ? ORDER BY version DESC LIMIT 1"
INSERT_VERSION = """
INSERT INTO states_versions (machine, version, definition, description, created) VALUES (?, ?, ?, ?, ?)
"""
FIND_VERSION = """
SELECT definition, description, created FROM states_versions WHERE machine = ? AND version = ?
"""
VERSION_OF_DEFINITION = "SELECT version, created FROM states_versions WHERE machine = ? AND definition = ?"
LIST_VERSIONS = """
SELECT version, created FROM states_versions WHERE machine = ? AND version < ? ORDER BY version DESC LIMIT ?
"""
DELETE_VERSION = "DELETE FROM states_versions WHERE machine = ? AND version = ?"
DELETE_VERSIONS = "DELETE FROM states_versions WHERE machine = ?"
INSERT_ALIAS = """
INSERT INTO states_aliases (arn, machine, name, description, routing, created, updated)
VALUES (?, ?, ?, ?, ?, ?, ?)
"""
FIND_ALIAS = "SELECT machine, name, description, routing, created, updated FROM states_aliases WHERE arn = ?"
LIST_ALIASES = """
SELECT arn, created, routing FROM states_aliases WHERE machine = ? AND arn > ? ORDER BY arn LIMIT ?
"""
UPDATE_ALIAS = "UPDATE states_aliases SET description = ?, routing = ?, updated = ? WHERE arn = ?"
DELETE_ALIAS = "DELETE FROM states_aliases WHERE arn = ?"
DELETE_ALIASES = "DELETE FROM states_aliases WHERE machine = ?"

# -- executions

INSERT_EXECUTION = """
INSERT INTO states_executions
    (id, arn, machine, name, definition, qualifier, express, status, input, output, error, reason, trace,
     started, stopped, expiry, last_event, last_frame, last_ticket, waiter, mocks, events)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_EXECUTION = """
SELECT id, arn, machine, name, definition, qualifier, express, status, input, output, error, reason, trace,
       started, stopped, expiry, last_event, last_frame, last_ticket, waiter,
       redrives, redriven, redrive_token, map_run, items, place, mocks
FROM states_executions
"""
FIND_EXECUTION = _EXECUTION + "WHERE arn = ?"
EXECUTION_BY_ID = _EXECUTION + "WHERE id = ?"
ADVANCE_EXECUTION = "UPDATE states_executions SET last_event = ?, last_frame = ?, last_ticket = ? WHERE id = ?"
FINISH_EXECUTION = """
UPDATE states_executions
SET status = ?, output = ?, error = ?, reason = ?, stopped = ?, last_event = ?, last_frame = ?, last_ticket = ?,
    expiry = NULL
WHERE id = ?
"""
REDRIVE_EXECUTION = """
UPDATE states_executions
SET status = 'RUNNING', output = NULL, error = NULL, reason = NULL, stopped = NULL, expiry = ?,
    redrives = ?, redriven = ?, redrive_token = ?, last_event = ?, last_frame = ?, last_ticket = ?
WHERE id = ?
"""
COUNT_OPEN_EXECUTIONS = """
SELECT count(*) FROM states_executions WHERE status = 'RUNNING' AND express = 0 AND substr(arn, 1, ?) = ?
"""
SET_WAITERS = "UPDATE states_executions SET waiter = ? WHERE id = ?"
DELETE_EXECUTION = "DELETE FROM states_executions WHERE id = ?"
_LISTED = _EXECUTION + "WHERE {} = ? AND express = 0 AND id < ?"
_PAGE = " ORDER BY id DESC LIMIT ?"
# A version's are also those for which an alias has chosen it.
_HOLDERS = {
    "machine": "machine",
    "alias": "qualifier",
    "version": "qualifier IS NOT NULL AND definition",
    "map_run": "map_run",
}
# By what holds them (a machine or a map run), then by the filters that ListExecutions has.
LIST_EXECUTIONS = {
    (holder, status, redrive): _LISTED.format(column)
    + (" AND status = ?" if status else "")
    + {"": "", "REDRIVEN": " AND redrives > 0", "NOT_REDRIVEN": " AND redrives = 0"}[redrive]
    + _PAGE
    for holder, column in _HOLDERS.items()
    for status in (False, True)
    for redrive in ("", "REDRIVEN", "NOT_REDRIVEN")
}

# -- history and frames

INSERT_HISTORY = "INSERT INTO states_history (execution, first, at, events) VALUES (?, ?, ?, ?)"
FIRST_STEP = "SELECT 1, started, events FROM states_executions WHERE id = ? AND events IS NOT NULL"
HISTORY_FROM = """
SELECT first, at, events FROM states_history WHERE execution = ? AND first >= ? ORDER BY first LIMIT ?
"""
HISTORY_BACK = """
SELECT first, at, events FROM states_history WHERE execution = ? AND first <= ? ORDER BY first DESC LIMIT ?
"""
DELETE_HISTORY = "DELETE FROM states_history WHERE execution = ?"
ROW_OF_EVENT = "SELECT max(first) FROM states_history WHERE execution = ? AND first <= ?"
PUT_FRAME = """
INSERT INTO states_frames (execution, frame, body) VALUES (?, ?, ?)
ON CONFLICT (execution, frame) DO UPDATE SET body = excluded.body
"""
FRAMES = "SELECT frame, body FROM states_frames WHERE execution = ? ORDER BY frame"
DELETE_FRAME = "DELETE FROM states_frames WHERE execution = ? AND frame = ?"
DELETE_FRAMES = "DELETE FROM states_frames WHERE execution = ?"

PUT_HEARTBEAT = """
INSERT INTO states_heartbeats (execution, frame, ticket, at) VALUES (?, ?, ?, ?)
ON CONFLICT (execution, frame) DO UPDATE SET ticket = excluded.ticket, at = excluded.at
"""
LAST_HEARTBEAT = "SELECT at FROM states_heartbeats WHERE execution = ? AND frame = ? AND ticket = ?"
DELETE_HEARTBEATS = "DELETE FROM states_heartbeats WHERE execution = ?"

# -- activities

INSERT_ACTIVITY = """
INSERT INTO states_activities (arn, account, region, name, tags, created, encryption) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (arn) DO NOTHING
"""
FIND_ACTIVITY = "SELECT name, created, tags, encryption FROM states_activities WHERE arn = ?"
LIST_ACTIVITIES = """
SELECT arn, name, created FROM states_activities
WHERE account = ? AND region = ? AND name > ? ORDER BY name LIMIT ?
"""
COUNT_ACTIVITIES = "SELECT count(*) FROM states_activities WHERE account = ? AND region = ?"
DELETE_ACTIVITY = "DELETE FROM states_activities WHERE arn = ?"
SET_ACTIVITY_TAGS = "UPDATE states_activities SET tags = ? WHERE arn = ?"
INSERT_ACTIVITY_TASK = "INSERT INTO states_activity_tasks (id, activity, token, input) VALUES (?, ?, ?, ?)"
OLDEST_ACTIVITY_TASK = "SELECT id, token, input FROM states_activity_tasks WHERE activity = ? ORDER BY id LIMIT 1"
DELETE_ACTIVITY_TASK = "DELETE FROM states_activity_tasks WHERE id = ?"

MAP_MACHINES = """
SELECT arn, name, (SELECT count(*) FROM states_executions WHERE machine = m.arn AND status = 'RUNNING')
FROM states_machines AS m WHERE account = ? AND region = ? ORDER BY name
"""
# -- map runs

INSERT_MAP_RUN = """
INSERT INTO states_map_runs
    (id, arn, execution, execution_arn, machine, frame, ticket, state, definition, settings, status, reading, started,
     stopped, redrives, redriven, concurrency, tolerated_count, tolerated_percentage, total, total_items, next,
     stepping, counts)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
UPDATE_MAP_RUN = """
UPDATE states_map_runs
SET frame = ?, ticket = ?, status = ?, reading = ?, stopped = ?, redrives = ?, redriven = ?, concurrency = ?,
    tolerated_count = ?, tolerated_percentage = ?, total = ?, total_items = ?, next = ?, stepping = ?, counts = ?
WHERE id = ?
"""
_MAP_RUN = """
SELECT id, arn, execution, execution_arn, machine, frame, ticket, state, definition, settings, status, reading,
       started, stopped, redrives, redriven, concurrency, tolerated_count, tolerated_percentage, total, total_items,
       next, stepping, counts
FROM states_map_runs
"""
MAP_RUN_BY_ID = _MAP_RUN + "WHERE id = ?"
MAP_RUN_BY_ARN = _MAP_RUN + "WHERE arn = ?"
MAP_RUN_STATUS = "SELECT status FROM states_map_runs WHERE id = ?"
# What a run gave, for replays: only where the history of its execution does not show it.
KEEP_RESULT = "UPDATE states_map_runs SET result = ? WHERE id = ?"
MAP_RUN_RESULT = "SELECT result FROM states_map_runs WHERE arn = ?"
MAP_RUN_STATE = "SELECT state, arn FROM states_map_runs WHERE id = ?"
LIST_MAP_RUNS = """
SELECT id, execution_arn, arn, started, stopped FROM states_map_runs
WHERE execution = ? AND id < ? ORDER BY id DESC LIMIT ?
"""
INSERT_MAP_INPUTS = "INSERT INTO states_map_inputs (run, first, body) VALUES (?, ?, ?)"
MAP_INPUTS_AT = """
SELECT first, body FROM states_map_inputs WHERE run = ? AND first <= ? ORDER BY first DESC LIMIT 1
"""
DELETE_MAP_INPUTS = "DELETE FROM states_map_inputs WHERE run = ?"
DELETE_MAP_RESULTS = "DELETE FROM states_map_results WHERE run = ?"
PUT_MAP_RESULT = """
INSERT INTO states_map_results (run, place, body) VALUES (?, ?, ?)
ON CONFLICT (run, place) DO UPDATE SET body = excluded.body
"""
MAP_RESULT_AT = "SELECT body FROM states_map_results WHERE run = ? AND place = ?"
# Children that wait for their redrive, each as its result was.
INSERT_PENDING_REDRIVE = "INSERT INTO states_map_redrives (run, place, entry) VALUES (?, ?, ?)"
PENDING_REDRIVES = "SELECT place, entry FROM states_map_redrives WHERE run = ? ORDER BY place LIMIT ?"
DELETE_PENDING_REDRIVE = "DELETE FROM states_map_redrives WHERE run = ? AND place = ?"
MAP_RESULTS_FROM = """
SELECT place, body FROM states_map_results WHERE run = ? AND place > ? ORDER BY place LIMIT ?
"""
INSERT_CHILD = """
INSERT INTO states_executions
    (id, arn, machine, name, definition, qualifier, express, status, input, output, error, reason, trace,
     started, stopped, expiry, last_event, last_frame, last_ticket, waiter, map_run, items, place, mocks, events)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
RUNNING_CHILDREN = _EXECUTION + "WHERE map_run = ? AND status = 'RUNNING' ORDER BY id LIMIT ?"
CHILD_AT = _EXECUTION + "WHERE map_run = ? AND place = ?"

# -- mocks: cases by machine, and the answers of the execution that owns them (children of its map runs share them)

PUT_CASE = """
INSERT INTO states_mock_cases (account, region, machine, name, states) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (machine, name, account, region) DO UPDATE SET states = excluded.states
"""
FIND_CASE = """
SELECT states FROM states_mock_cases
WHERE machine = ? AND name = ? AND account IN (?, '') AND region IN (?, '') ORDER BY account DESC, region DESC LIMIT 1
"""
MACHINES_WITH_CASE = "SELECT machine FROM states_mock_cases WHERE name = ?"
LIST_CASES = """
SELECT account, region, machine, name, states FROM states_mock_cases ORDER BY account, region, machine, name
"""
DELETE_CASES = "DELETE FROM states_mock_cases WHERE account = ? AND region = ?"
DELETE_CASES_OF = "DELETE FROM states_mock_cases WHERE account = ? AND region = ? AND machine = ?"
INSERT_MOCK = "INSERT INTO states_mocks (owner, state, used, answers) VALUES (?, ?, ?, ?)"
NEXT_ANSWER = "UPDATE states_mocks SET used = used + 1 WHERE owner = ? AND state = ? RETURNING used, answers"
DELETE_MOCKS = "DELETE FROM states_mocks WHERE owner = ?"
