"""Schema and statements of Kinesis Data Streams.

``document`` is a stream's settings as JSON. A record's id is a number of the engine's, which grows over all shards; a
shard's ``opened`` and ``closed`` are such numbers too. Hash keys are decimal texts: they have 128 bits.
"""

SCHEMA = (
    """
    CREATE TABLE kinesis_streams (
        id BIGINT PRIMARY KEY, arn TEXT NOT NULL UNIQUE, account TEXT NOT NULL, region TEXT NOT NULL,
        name TEXT NOT NULL, status TEXT NOT NULL, created BIGINT NOT NULL, document TEXT NOT NULL
    );
    CREATE INDEX kinesis_streams_by_name ON kinesis_streams (account, region, name);
    CREATE TABLE kinesis_shards (
        stream BIGINT NOT NULL, number INTEGER NOT NULL, first TEXT NOT NULL, last TEXT NOT NULL,
        parent INTEGER, adjacent INTEGER, opened BIGINT NOT NULL, closed BIGINT, PRIMARY KEY (stream, number)
    );
    CREATE TABLE kinesis_records (
        stream BIGINT NOT NULL, shard INTEGER NOT NULL, id BIGINT NOT NULL, arrived BIGINT NOT NULL,
        partition_key TEXT NOT NULL, data BLOB NOT NULL, encryption TEXT, cause TEXT NOT NULL,
        PRIMARY KEY (stream, shard, id)
    );
    CREATE TABLE kinesis_consumers (
        arn TEXT PRIMARY KEY, stream BIGINT NOT NULL, name TEXT NOT NULL, status TEXT NOT NULL,
        created BIGINT NOT NULL, document TEXT NOT NULL
    );
    CREATE INDEX kinesis_consumers_by_name ON kinesis_consumers (stream, name);
    """,
)

_STREAM = "SELECT id, arn, account, region, name, status, created, document FROM kinesis_streams"
FIND_STREAM = f"{_STREAM} WHERE arn = ?"
LIST_STREAMS = f"{_STREAM} WHERE account = ? AND region = ? AND name > ? ORDER BY name LIMIT ?"
ALL_STREAMS = f"{_STREAM} WHERE account = ? AND region = ? ORDER BY name"
INSERT_STREAM = """
INSERT INTO kinesis_streams (id, arn, account, region, name, status, created, document) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
SET_STATUS = "UPDATE kinesis_streams SET status = ? WHERE id = ?"
SET_DOCUMENT = "UPDATE kinesis_streams SET document = ? WHERE id = ?"
DELETE_STREAM = "DELETE FROM kinesis_streams WHERE id = ?"

SHARDS = """
SELECT number, first, last, parent, adjacent, opened, closed FROM kinesis_shards WHERE stream = ? ORDER BY number
"""
INSERT_SHARD = """
INSERT INTO kinesis_shards (stream, number, first, last, parent, adjacent, opened) VALUES (?, ?, ?, ?, ?, ?, ?)
"""
CLOSE_SHARD = "UPDATE kinesis_shards SET closed = ? WHERE stream = ? AND number = ?"
DELETE_SHARDS = "DELETE FROM kinesis_shards WHERE stream = ?"

INSERT_RECORD = """
INSERT INTO kinesis_records (stream, shard, id, arrived, partition_key, data, encryption, cause)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
READ = """
SELECT id, arrived, partition_key, data, encryption, cause FROM kinesis_records
WHERE stream = ? AND shard = ? AND id >= ? AND arrived > ? ORDER BY id LIMIT ?
"""
LAST = """
SELECT shard, id, arrived, partition_key, data, encryption, cause FROM kinesis_records
WHERE stream = ? AND arrived > ? ORDER BY id DESC LIMIT ?
"""
FIRST_SINCE = "SELECT min(id) FROM kinesis_records WHERE stream = ? AND shard = ? AND id >= ?"
TRIM = "DELETE FROM kinesis_records WHERE stream = ? AND shard = ? AND id < ? AND arrived <= ?"
DELETE_RECORDS = "DELETE FROM kinesis_records WHERE stream = ?"
FIND_RECORD = """
SELECT s.arn, r.id, r.arrived, r.partition_key, r.data, r.encryption, r.cause
FROM kinesis_streams AS s JOIN kinesis_records AS r ON r.stream = s.id AND r.shard = ? AND r.id = ?
"""

_CONSUMER = "SELECT arn, stream, name, status, created, document FROM kinesis_consumers"
FIND_CONSUMER = f"{_CONSUMER} WHERE arn = ?"
CONSUMER_OF = f"{_CONSUMER} WHERE stream = ? AND name = ?"
LIST_CONSUMERS = f"{_CONSUMER} WHERE stream = ? AND name > ? ORDER BY name LIMIT ?"
COUNT_CONSUMERS = "SELECT count(*) FROM kinesis_consumers WHERE stream = ?"
INSERT_CONSUMER = """
INSERT INTO kinesis_consumers (arn, stream, name, status, created, document) VALUES (?, ?, ?, ?, ?, ?)
"""
SET_CONSUMER_STATUS = "UPDATE kinesis_consumers SET status = ? WHERE arn = ?"
SET_CONSUMER_DOCUMENT = "UPDATE kinesis_consumers SET document = ? WHERE arn = ?"
DELETE_CONSUMER = "DELETE FROM kinesis_consumers WHERE arn = ?"
DELETE_CONSUMERS = "DELETE FROM kinesis_consumers WHERE stream = ?"
