"""What is kept of stack sets. The house's `tables.py` lists the migration."""

from __future__ import annotations

MIGRATION = """
    CREATE TABLE cloudformation_stack_sets (
        id TEXT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, deleted BIGINT,
        body TEXT NOT NULL, settings TEXT NOT NULL
    );
    CREATE UNIQUE INDEX cloudformation_stack_sets_by_name ON cloudformation_stack_sets (account, region, name)
        WHERE deleted IS NULL;
    CREATE TABLE cloudformation_stack_instances (
        stack_set TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL, stack TEXT, status TEXT NOT NULL,
        detailed TEXT NOT NULL, reason TEXT, overrides TEXT NOT NULL, operation TEXT NOT NULL,
        PRIMARY KEY (stack_set, account, region)
    );
    CREATE TABLE cloudformation_stack_set_operations (
        stack_set TEXT NOT NULL, id TEXT NOT NULL, number BIGINT NOT NULL, action TEXT NOT NULL, status TEXT NOT NULL,
        begun BIGINT NOT NULL, ended BIGINT, settings TEXT NOT NULL, PRIMARY KEY (stack_set, id)
    );
    CREATE TABLE cloudformation_stack_set_results (
        stack_set TEXT NOT NULL, operation TEXT NOT NULL, position INTEGER NOT NULL, account TEXT NOT NULL,
        region TEXT NOT NULL, status TEXT NOT NULL, reason TEXT, PRIMARY KEY (stack_set, operation, position)
    );
"""

SET_COLUMNS = "id, account, region, name, deleted, body, settings"
INSERT_SET = f"INSERT INTO cloudformation_stack_sets ({SET_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)"
UPDATE_SET = "UPDATE cloudformation_stack_sets SET deleted = ?, body = ?, settings = ? WHERE id = ?"
SELECT_SET = f"SELECT {SET_COLUMNS} FROM cloudformation_stack_sets WHERE id = ?"
SELECT_SET_BY_NAME = f"""
SELECT {SET_COLUMNS} FROM cloudformation_stack_sets WHERE account = ? AND region = ? AND name = ? AND deleted IS NULL
"""
SELECT_SETS = f"SELECT {SET_COLUMNS} FROM cloudformation_stack_sets WHERE account = ? AND region = ? ORDER BY name, id"

INSTANCE_COLUMNS = "stack_set, account, region, stack, status, detailed, reason, overrides, operation"
PUT_INSTANCE = f"""
INSERT INTO cloudformation_stack_instances ({INSTANCE_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (stack_set, account, region) DO UPDATE SET stack = excluded.stack, status = excluded.status,
    detailed = excluded.detailed, reason = excluded.reason, overrides = excluded.overrides,
    operation = excluded.operation
"""
SELECT_INSTANCE = f"""
SELECT {INSTANCE_COLUMNS} FROM cloudformation_stack_instances WHERE stack_set = ? AND account = ? AND region = ?
"""
SELECT_INSTANCES = f"""
SELECT {INSTANCE_COLUMNS} FROM cloudformation_stack_instances WHERE stack_set = ? ORDER BY account, region
"""
DELETE_INSTANCE = "DELETE FROM cloudformation_stack_instances WHERE stack_set = ? AND account = ? AND region = ?"

OPERATION_COLUMNS = "stack_set, id, number, action, status, begun, ended, settings"
INSERT_OPERATION = f"""
INSERT INTO cloudformation_stack_set_operations ({OPERATION_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
SET_OPERATION = "UPDATE cloudformation_stack_set_operations SET status = ?, ended = ? WHERE stack_set = ? AND id = ?"
SELECT_OPERATION = f"""
SELECT {OPERATION_COLUMNS} FROM cloudformation_stack_set_operations WHERE stack_set = ? AND id = ?
"""
SELECT_OPERATIONS = f"""
SELECT {OPERATION_COLUMNS} FROM cloudformation_stack_set_operations WHERE stack_set = ? ORDER BY number DESC
"""

RESULT_COLUMNS = "position, account, region, status, reason"
INSERT_RESULT = f"""
INSERT INTO cloudformation_stack_set_results (stack_set, operation, {RESULT_COLUMNS})
VALUES (?, ?, ?, ?, ?, 'PENDING', NULL)
"""
SET_RESULT = """
UPDATE cloudformation_stack_set_results SET status = ?, reason = ?
WHERE stack_set = ? AND operation = ? AND position = ?
"""
SELECT_RESULTS = f"""
SELECT {RESULT_COLUMNS} FROM cloudformation_stack_set_results WHERE stack_set = ? AND operation = ? ORDER BY position
"""
