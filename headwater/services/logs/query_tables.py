"""Schema and statements of queries and what belongs to them: runs, definitions; and of exports to S3."""

SCHEMA = """
CREATE TABLE logs_queries (
    id TEXT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, groups TEXT NOT NULL, query TEXT NOT NULL,
    start_at BIGINT NOT NULL, end_at BIGINT NOT NULL, most INTEGER NOT NULL, status TEXT NOT NULL,
    created BIGINT NOT NULL, ended BIGINT, answer TEXT, figures TEXT
);
CREATE INDEX logs_queries_by_age ON logs_queries (account, region, created);
CREATE TABLE logs_query_definitions (
    account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, definition TEXT NOT NULL,
    changed BIGINT NOT NULL, PRIMARY KEY (account, region, id)
);
CREATE TABLE logs_exports (
    id TEXT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, asked TEXT NOT NULL, status TEXT NOT NULL,
    message TEXT NOT NULL, created BIGINT NOT NULL, ended BIGINT
);
CREATE INDEX logs_exports_by_age ON logs_exports (account, region, created);
"""

INSERT_QUERY = """
INSERT INTO logs_queries (id, account, region, groups, query, start_at, end_at, most, status, created)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_QUERY = "SELECT id, groups, query, start_at, end_at, most, status, created, ended, answer, figures FROM logs_queries"
FIND_QUERY = f"{_QUERY} WHERE account = ? AND region = ? AND id = ?"
QUERY_STATUS = "SELECT status FROM logs_queries WHERE id = ?"
LIST_QUERIES = f"{_QUERY} WHERE account = ? AND region = ? ORDER BY created DESC, id"
SET_QUERY_STATUS = "UPDATE logs_queries SET status = ?, ended = ? WHERE id = ?"
END_QUERY = "UPDATE logs_queries SET status = ?, ended = ?, answer = ?, figures = ? WHERE id = ?"
EXPIRE_QUERIES = "DELETE FROM logs_queries WHERE account = ? AND region = ? AND created < ?"

SOME_CHUNKS = """
SELECT id, stream, ingested, events FROM logs_chunks
WHERE log_group = ? AND last_event >= ? AND first_event < ? AND id > ? ORDER BY id LIMIT ?
"""
LAST_CHUNK = "SELECT coalesce(max(id), 0) FROM logs_chunks WHERE log_group = ?"
NEW_CHUNKS = "SELECT id, stream, ingested, events FROM logs_chunks WHERE log_group = ? AND id > ? ORDER BY id"
FIND_CHUNK = """
SELECT c.id, c.stream, c.ingested, c.events, g.name, s.name FROM logs_chunks AS c
JOIN logs_groups AS g ON g.id = c.log_group JOIN logs_streams AS s ON s.id = c.stream
WHERE c.id = ? AND g.account = ? AND g.region = ?
"""

PUT_DEFINITION = """
INSERT INTO logs_query_definitions (account, region, id, name, definition, changed) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (account, region, id) DO UPDATE SET
    name = excluded.name, definition = excluded.definition, changed = excluded.changed
"""
FIND_DEFINITION = "SELECT 1 FROM logs_query_definitions WHERE account = ? AND region = ? AND id = ?"
LIST_DEFINITIONS = """
SELECT id, name, definition, changed FROM logs_query_definitions WHERE account = ? AND region = ? ORDER BY name, id
"""
DELETE_DEFINITION = "DELETE FROM logs_query_definitions WHERE account = ? AND region = ? AND id = ?"

INSERT_EXPORT = """
INSERT INTO logs_exports (id, account, region, asked, status, message, created) VALUES (?, ?, ?, ?, ?, ?, ?)
"""
_EXPORT = "SELECT id, asked, status, message, created, ended FROM logs_exports"
FIND_EXPORT = f"{_EXPORT} WHERE account = ? AND region = ? AND id = ?"
LIST_EXPORTS = f"{_EXPORT} WHERE account = ? AND region = ? ORDER BY created DESC, id"
SET_EXPORT = "UPDATE logs_exports SET status = ?, message = ?, ended = ? WHERE id = ?"
