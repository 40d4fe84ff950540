"""Schema and statements of CloudWatch Logs.

Log events are kept in chunks, one for each batch that arrived for a stream: an event in a row of its
own would cost its writers many times as much.
"""

from headwater.services.logs import query_tables, vended_tables

SCHEMA = (
    """
    CREATE TABLE logs_groups (
        id BIGINT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL,
        class TEXT NOT NULL, key TEXT, retention INTEGER, tags TEXT NOT NULL, created BIGINT NOT NULL,
        UNIQUE (account, region, name)
    );
    CREATE TABLE logs_streams (
        id BIGINT PRIMARY KEY, log_group BIGINT NOT NULL, name TEXT NOT NULL, created BIGINT NOT NULL,
        first_event BIGINT, last_event BIGINT, ingested BIGINT, UNIQUE (log_group, name)
    );
    CREATE TABLE logs_chunks (
        id BIGINT PRIMARY KEY, log_group BIGINT NOT NULL, stream BIGINT NOT NULL, first_event BIGINT NOT NULL,
        last_event BIGINT NOT NULL, ingested BIGINT NOT NULL, size BIGINT NOT NULL, events BLOB NOT NULL
    );
    CREATE INDEX logs_chunks_by_stream ON logs_chunks (stream, last_event);
    CREATE INDEX logs_chunks_by_group ON logs_chunks (log_group, last_event);
    """,
    # metric filters and subscription filters as JSON; NULL where there is none
    "ALTER TABLE logs_groups ADD COLUMN filters TEXT",
    vended_tables.SCHEMA,
    """
    CREATE TABLE logs_policies (
        account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, document TEXT NOT NULL,
        changed BIGINT NOT NULL, PRIMARY KEY (account, region, name)
    );
    """,
    query_tables.SCHEMA,
    "ALTER TABLE logs_groups ADD COLUMN protected INTEGER NOT NULL DEFAULT 0",
)
ALL = 1_000_000  # as a limit

INSERT_GROUP = """
INSERT INTO logs_groups (id, account, region, name, class, key, tags, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
FIND_GROUP = """
SELECT id, name, class, key, retention, tags, created, filters, protected FROM logs_groups
WHERE account = ? AND region = ? AND name = ?
"""
LIST_GROUPS = """
SELECT id, name, class, key, retention, tags, created, filters, protected FROM logs_groups
WHERE account = ? AND region = ? AND name > ? ORDER BY name
"""
FILTERED_GROUPS = """
SELECT id, name, class, key, retention, tags, created, filters, protected FROM logs_groups
WHERE account = ? AND region = ? AND filters IS NOT NULL ORDER BY name
"""
SET_KEY = "UPDATE logs_groups SET key = ? WHERE id = ?"
SET_PROTECTED = "UPDATE logs_groups SET protected = ? WHERE id = ?"
SET_RETENTION = "UPDATE logs_groups SET retention = ? WHERE id = ?"
SET_FILTERS = "UPDATE logs_groups SET filters = ? WHERE id = ?"
SET_TAGS = "UPDATE logs_groups SET tags = ? WHERE id = ?"
DELETE_GROUP = "DELETE FROM logs_groups WHERE id = ?"
DELETE_GROUP_STREAMS = "DELETE FROM logs_streams WHERE log_group = ?"
DELETE_GROUP_CHUNKS = "DELETE FROM logs_chunks WHERE log_group = ?"
TRIM_GROUP = "DELETE FROM logs_chunks WHERE log_group = ? AND last_event < ?"
GROUP_SIZE = "SELECT coalesce(sum(size), 0) FROM logs_chunks WHERE log_group = ?"

SET_POLICY = """
INSERT INTO logs_policies (account, region, name, document, changed) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (account, region, name) DO UPDATE SET document = excluded.document, changed = excluded.changed
"""
LIST_POLICIES = "SELECT name, document, changed FROM logs_policies WHERE account = ? AND region = ? ORDER BY name"
DELETE_POLICY = "DELETE FROM logs_policies WHERE account = ? AND region = ? AND name = ?"

INSERT_STREAM = "INSERT INTO logs_streams (id, log_group, name, created) VALUES (?, ?, ?, ?)"
FIND_STREAM = """
SELECT id, name, created, first_event, last_event, ingested FROM logs_streams WHERE log_group = ? AND name = ?
"""
LIST_STREAMS = """
SELECT id, name, created, first_event, last_event, ingested FROM logs_streams WHERE log_group = ?
"""
TOUCH_STREAM = "UPDATE logs_streams SET first_event = ?, last_event = ?, ingested = ? WHERE id = ?"
DELETE_STREAM = "DELETE FROM logs_streams WHERE id = ?"
DELETE_STREAM_CHUNKS = "DELETE FROM logs_chunks WHERE stream = ?"

INSERT_CHUNK = """
INSERT INTO logs_chunks (id, log_group, stream, first_event, last_event, ingested, size, events)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
STREAM_CHUNKS = """
SELECT id, stream, ingested, events FROM logs_chunks
WHERE stream = ? AND last_event >= ? AND first_event < ? ORDER BY id
"""
GROUP_CHUNKS = """
SELECT id, stream, ingested, events FROM logs_chunks
WHERE log_group = ? AND last_event >= ? AND first_event < ? ORDER BY id
"""
