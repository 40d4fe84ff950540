"""Schema and statements of EventBridge Pipes.

``definition`` is what DescribePipe answers beside names, states, dates and tags, as JSON; ``revision`` another number
after each change. A position is kept for each shard of a stream; a table's stream is one, named ``''``.
"""

SCHEMA = (
    """
    CREATE TABLE pipes_pipes (
        arn TEXT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL,
        source TEXT NOT NULL, target TEXT NOT NULL, desired TEXT NOT NULL, state TEXT NOT NULL, reason TEXT,
        definition TEXT NOT NULL, tags TEXT NOT NULL, created BIGINT NOT NULL, modified BIGINT NOT NULL,
        revision BIGINT NOT NULL
    );
    CREATE INDEX pipes_pipes_by_name ON pipes_pipes (account, region, name);
    CREATE TABLE pipes_positions (
        pipe TEXT NOT NULL, shard TEXT NOT NULL, position BIGINT NOT NULL, PRIMARY KEY (pipe, shard)
    );
    """,
    "CREATE INDEX pipes_pipes_by_source ON pipes_pipes (source);",
)

_PIPE = "SELECT arn, name, desired, state, reason, definition, tags, created, modified FROM pipes_pipes"
FIND_PIPE = f"{_PIPE} WHERE arn = ?"
LIST_PIPES = f"""
{_PIPE} WHERE account = ? AND region = ? AND substr(name, 1, ?) = ? AND (? = '' OR desired = ?)
    AND (? = '' OR state = ?) AND substr(source, 1, ?) = ? AND substr(target, 1, ?) = ? AND name > ?
ORDER BY name LIMIT ?
"""
ALL_PIPES = f"{_PIPE} WHERE account = ? AND region = ? ORDER BY name"
PIPES_OF = "SELECT arn, state, definition FROM pipes_pipes WHERE source = ? ORDER BY arn"
RUNNING = "SELECT arn, account, region, definition, revision FROM pipes_pipes WHERE state = 'RUNNING'"
COUNT_PIPES = "SELECT count(*) FROM pipes_pipes WHERE account = ? AND region = ?"
INSERT_PIPE = """
INSERT INTO pipes_pipes
    (arn, account, region, name, source, target, desired, state, definition, tags, created, modified, revision)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
SET_PIPE = """
UPDATE pipes_pipes SET target = ?, desired = ?, state = ?, reason = NULL, definition = ?, modified = ?, revision = ?
WHERE arn = ?
"""
SET_DESIRED = "UPDATE pipes_pipes SET desired = ?, state = ?, reason = NULL, modified = ?, revision = ? WHERE arn = ?"
SET_STATE = "UPDATE pipes_pipes SET state = ?, reason = ?, revision = ? WHERE arn = ?"
SET_TAGS = "UPDATE pipes_pipes SET tags = ? WHERE arn = ?"
DELETE_PIPE = "DELETE FROM pipes_pipes WHERE arn = ?"

# a shard's own, or that at which the stream was begun
FIND_POSITION = """
SELECT position FROM pipes_positions WHERE pipe = ? AND shard IN (?, '') ORDER BY shard DESC LIMIT 1
"""
PUT_POSITION = """
INSERT INTO pipes_positions (pipe, shard, position) VALUES (?, ?, ?)
ON CONFLICT (pipe, shard) DO UPDATE SET position = excluded.position
"""
DELETE_POSITIONS = "DELETE FROM pipes_positions WHERE pipe = ?"
