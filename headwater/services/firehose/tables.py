"""Schema and statements of Firehose.

A record belongs to a batch, which becomes one object, or one for each partition. ``firehose_buffers`` has the batch
that a stream fills at present, with its size in bytes and the delivery that will empty it.
"""

SCHEMA = (
    """
    CREATE TABLE firehose_streams (
        id BIGINT PRIMARY KEY, arn TEXT NOT NULL UNIQUE, account TEXT NOT NULL, region TEXT NOT NULL,
        name TEXT NOT NULL, status TEXT NOT NULL, version INTEGER NOT NULL, created BIGINT NOT NULL,
        updated BIGINT NOT NULL, document TEXT NOT NULL, revision BIGINT NOT NULL
    );
    CREATE INDEX firehose_streams_by_name ON firehose_streams (account, region, name);
    CREATE TABLE firehose_records (
        stream BIGINT NOT NULL, batch BIGINT NOT NULL, id BIGINT NOT NULL, arrived BIGINT NOT NULL,
        data BLOB NOT NULL, metadata TEXT, PRIMARY KEY (stream, batch, id)
    );
    CREATE TABLE firehose_buffers (
        stream BIGINT PRIMARY KEY, batch BIGINT NOT NULL, bytes BIGINT NOT NULL, flush BIGINT NOT NULL
    );
    CREATE TABLE firehose_positions (
        stream BIGINT NOT NULL, shard TEXT NOT NULL, position BIGINT NOT NULL, PRIMARY KEY (stream, shard)
    );
    """,
)

_STREAM = """
SELECT id, arn, account, region, name, status, version, created, updated, document FROM firehose_streams
"""
FIND_STREAM = f"{_STREAM} WHERE arn = ?"
LIST_STREAMS = f"{_STREAM} WHERE account = ? AND region = ? AND name > ? ORDER BY name"
INSERT_STREAM = """
INSERT INTO firehose_streams (id, arn, account, region, name, status, version, created, updated, document, revision)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
SET_STATUS = "UPDATE firehose_streams SET status = ?, revision = ? WHERE id = ?"
SET_DOCUMENT = "UPDATE firehose_streams SET document = ?, version = ?, updated = ? WHERE id = ?"
DELETE_STREAM = "DELETE FROM firehose_streams WHERE id = ?"
POLLING = "SELECT arn, document, revision, id FROM firehose_streams WHERE status = 'ACTIVE'"

INSERT_RECORD = "INSERT INTO firehose_records (stream, batch, id, arrived, data, metadata) VALUES (?, ?, ?, ?, ?, ?)"
BATCH = "SELECT id, arrived, data, metadata FROM firehose_records WHERE stream = ? AND batch = ? ORDER BY id"
DELETE_BATCH = "DELETE FROM firehose_records WHERE stream = ? AND batch = ?"
DELETE_RECORDS = "DELETE FROM firehose_records WHERE stream = ?"
COUNT_RECORDS = "SELECT count(*) FROM firehose_records WHERE stream = ?"

FIND_BUFFER = "SELECT batch, bytes, flush FROM firehose_buffers WHERE stream = ?"
PUT_BUFFER = """
INSERT INTO firehose_buffers (stream, batch, bytes, flush) VALUES (?, ?, ?, ?)
ON CONFLICT (stream) DO UPDATE SET batch = excluded.batch, bytes = excluded.bytes, flush = excluded.flush
"""
DELETE_BUFFER = "DELETE FROM firehose_buffers WHERE stream = ?"
SEAL = "DELETE FROM firehose_buffers WHERE stream = ? AND batch = ?"

FIND_POSITION = """
SELECT position FROM firehose_positions WHERE stream = ? AND shard IN (?, '') ORDER BY shard DESC LIMIT 1
"""
PUT_POSITION = """
INSERT INTO firehose_positions (stream, shard, position) VALUES (?, ?, ?)
ON CONFLICT (stream, shard) DO UPDATE SET position = excluded.position
"""
DELETE_POSITIONS = "DELETE FROM firehose_positions WHERE stream = ?"
