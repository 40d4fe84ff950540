"""Schema and statements of DynamoDB.

Keys are bytes whose order is DynamoDB's own (`headwater.languages.dynamodb.keys`); a table without a sort key has the
empty bytes for it. Items are JSON in wire form. A row of an index holds keys only and is joined to its item, so an
update that leaves the index keys alone writes one row.
"""

SCHEMA = (
    """
    CREATE TABLE dynamodb_tables (
        id BIGINT PRIMARY KEY, arn TEXT NOT NULL UNIQUE, account TEXT NOT NULL, region TEXT NOT NULL,
        name TEXT NOT NULL, definition TEXT NOT NULL, tags TEXT NOT NULL,
        stream BIGINT, ttl TEXT, expiry_due BIGINT
    );
    CREATE TABLE dynamodb_items (
        table_id BIGINT NOT NULL, hash_key BYTEA NOT NULL, range_key BYTEA NOT NULL, item BYTEA NOT NULL,
        PRIMARY KEY (table_id, hash_key, range_key)
    );
    CREATE TABLE dynamodb_index_rows (
        index_id BIGINT NOT NULL, hash_key BYTEA NOT NULL, range_key BYTEA NOT NULL,
        item_hash BYTEA NOT NULL, item_range BYTEA NOT NULL,
        PRIMARY KEY (index_id, hash_key, range_key, item_hash, item_range)
    );
    CREATE TABLE dynamodb_expiries (
        table_id BIGINT NOT NULL, expires BIGINT NOT NULL, hash_key BYTEA NOT NULL, range_key BYTEA NOT NULL,
        PRIMARY KEY (table_id, expires, hash_key, range_key)
    );
    CREATE TABLE dynamodb_streams (
        id BIGINT PRIMARY KEY, arn TEXT NOT NULL UNIQUE, account TEXT NOT NULL, region TEXT NOT NULL,
        table_name TEXT NOT NULL, label TEXT NOT NULL, view_type TEXT NOT NULL, key_schema TEXT NOT NULL,
        created BIGINT NOT NULL, first_sequence BIGINT NOT NULL, disabled BIGINT, last_sequence BIGINT
    );
    CREATE TABLE dynamodb_records (
        stream BIGINT NOT NULL, sequence BIGINT NOT NULL, created BIGINT NOT NULL, record BYTEA NOT NULL,
        cause TEXT NOT NULL, PRIMARY KEY (stream, sequence)
    );
    CREATE TABLE dynamodb_tokens (
        account TEXT NOT NULL, region TEXT NOT NULL, token TEXT NOT NULL, request BYTEA NOT NULL,
        created BIGINT NOT NULL, PRIMARY KEY (account, region, token)
    );
    CREATE INDEX dynamodb_tokens_by_age ON dynamodb_tokens (created);
    """,
    # the streams of Kinesis that a table's changes go to, or went to
    """
    CREATE TABLE dynamodb_destinations (
        table_id BIGINT NOT NULL, stream TEXT NOT NULL, status TEXT NOT NULL, reason TEXT, stamp TEXT NOT NULL,
        PRIMARY KEY (table_id, stream)
    );
    """,
    # resource policies of tables and streams; NULL: there was one
    """
    CREATE TABLE dynamodb_policies (
        arn TEXT PRIMARY KEY, table_arn TEXT NOT NULL, policy TEXT, revision TEXT NOT NULL
    );
    """,
    # what items were before they changed (NULL: there was none); backups, whose items are rows of their own id
    """
    CREATE TABLE dynamodb_history (
        history BIGINT NOT NULL, changed BIGINT NOT NULL, id BIGINT NOT NULL,
        hash_key BYTEA NOT NULL, range_key BYTEA NOT NULL, item BYTEA, PRIMARY KEY (history, changed, id)
    );
    CREATE TABLE dynamodb_backups (
        id BIGINT PRIMARY KEY, arn TEXT NOT NULL UNIQUE, account TEXT NOT NULL, region TEXT NOT NULL,
        kind TEXT NOT NULL, table_name TEXT NOT NULL, created BIGINT NOT NULL, expires BIGINT, document TEXT NOT NULL
    );
    """,
    # exports and imports; what an export is yet to write are items of its id
    """
    CREATE TABLE dynamodb_jobs (
        id BIGINT PRIMARY KEY, arn TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, account TEXT NOT NULL,
        region TEXT NOT NULL, table_arn TEXT NOT NULL, table_id TEXT NOT NULL, token TEXT, document TEXT NOT NULL
    );
    CREATE INDEX dynamodb_jobs_by_token ON dynamodb_jobs (account, region, kind, token);
    """,
)

INSERT_TABLE = """
INSERT INTO dynamodb_tables (id, arn, account, region, name, definition, tags, stream)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
FIND_TABLE = """
SELECT t.id, t.arn, t.definition, t.ttl, t.expiry_due, s.id, s.arn, s.label, s.view_type
FROM dynamodb_tables AS t LEFT JOIN dynamodb_streams AS s ON s.id = t.stream
WHERE t.arn = ?
"""
LIST_TABLES = """
SELECT name FROM dynamodb_tables WHERE account = ? AND region = ? AND name > ? ORDER BY name LIMIT ?
"""
DESTINATIONS = "SELECT stream, status, reason, stamp FROM dynamodb_destinations WHERE table_id = ? ORDER BY stream"
ACTIVE_DESTINATION = """
SELECT stream, stamp FROM dynamodb_destinations WHERE table_id = ? AND status IN ('ACTIVE', 'UPDATING')
"""
PUT_DESTINATION = """
INSERT INTO dynamodb_destinations (table_id, stream, status, reason, stamp) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (table_id, stream) DO UPDATE
    SET status = excluded.status, reason = excluded.reason, stamp = excluded.stamp
"""
DELETE_DESTINATIONS = "DELETE FROM dynamodb_destinations WHERE table_id = ?"
FIND_POLICY = "SELECT policy, revision FROM dynamodb_policies WHERE arn = ?"
PUT_POLICY = """
INSERT INTO dynamodb_policies (arn, table_arn, policy, revision) VALUES (?, ?, ?, ?)
ON CONFLICT (arn) DO UPDATE SET policy = excluded.policy, revision = excluded.revision
"""
DELETE_POLICIES = "DELETE FROM dynamodb_policies WHERE table_arn = ?"
TABLE_BY_ID = "SELECT arn FROM dynamodb_tables WHERE id = ?"
SET_DEFINITION = "UPDATE dynamodb_tables SET definition = ? WHERE id = ?"
SET_STREAM = "UPDATE dynamodb_tables SET stream = ? WHERE id = ?"
SET_TTL = "UPDATE dynamodb_tables SET ttl = ? WHERE id = ?"
SET_EXPIRY_DUE = "UPDATE dynamodb_tables SET expiry_due = ? WHERE id = ?"
TAGS = "SELECT tags FROM dynamodb_tables WHERE id = ?"
SET_TAGS = "UPDATE dynamodb_tables SET tags = ? WHERE id = ?"
DELETE_TABLE = "DELETE FROM dynamodb_tables WHERE id = ?"
_SWEEP = "DELETE FROM {table} WHERE {owner} = ? AND ({key}) IN (SELECT {key} FROM {table} WHERE {owner} = ? LIMIT ?)"
SWEEP_ITEMS = _SWEEP.format(table="dynamodb_items", owner="table_id", key="hash_key, range_key")
SWEEP_EXPIRIES = _SWEEP.format(table="dynamodb_expiries", owner="table_id", key="expires, hash_key, range_key")
SWEEP_INDEX_ROWS = _SWEEP.format(
    table="dynamodb_index_rows", owner="index_id", key="hash_key, range_key, item_hash, item_range"
)
DELETE_EXPIRIES = "DELETE FROM dynamodb_expiries WHERE table_id = ?"
COUNT_ITEMS = "SELECT count(*) FROM dynamodb_items WHERE table_id = ?"
SAMPLE_ITEMS = "SELECT item FROM dynamodb_items WHERE table_id = ? LIMIT ?"
COUNT_INDEX_ROWS = "SELECT count(*) FROM dynamodb_index_rows WHERE index_id = ?"

GET_ITEM = "SELECT item FROM dynamodb_items WHERE table_id = ? AND hash_key = ? AND range_key = ?"
PUT_ITEM = """
INSERT INTO dynamodb_items (table_id, hash_key, range_key, item) VALUES (?, ?, ?, ?)
ON CONFLICT (table_id, hash_key, range_key) DO UPDATE SET item = excluded.item
"""
DELETE_ITEM = "DELETE FROM dynamodb_items WHERE table_id = ? AND hash_key = ? AND range_key = ?"
_OF_PARTITION = """
SELECT hash_key, range_key, item FROM dynamodb_items
WHERE table_id = ? AND hash_key = ? AND range_key >= ? AND range_key < ? ORDER BY range_key {order} LIMIT ?
"""
QUERY_TABLE = _OF_PARTITION.format(order="")
QUERY_TABLE_BACKWARD = _OF_PARTITION.format(order="DESC")
SCAN_TABLE = """
SELECT hash_key, range_key, item FROM dynamodb_items
WHERE table_id = ? AND (hash_key, range_key) >= (?, ?) AND hash_key < ? ORDER BY hash_key, range_key LIMIT ?
"""

_INDEX_ROW = """
SELECT x.hash_key, x.range_key, x.item_hash, x.item_range, i.item
FROM dynamodb_index_rows AS x
JOIN dynamodb_items AS i ON i.table_id = ? AND i.hash_key = x.item_hash AND i.range_key = x.item_range
"""
_OF_INDEX_PARTITION = (
    _INDEX_ROW
    + """
WHERE x.index_id = ? AND x.hash_key = ? AND x.range_key >= ? AND x.range_key < ?
  AND (x.range_key, x.item_hash, x.item_range) {side} (?, ?, ?)
ORDER BY x.range_key {order}, x.item_hash {order}, x.item_range {order} LIMIT ?
"""
)
QUERY_INDEX = _OF_INDEX_PARTITION.format(side=">", order="")
QUERY_INDEX_BACKWARD = _OF_INDEX_PARTITION.format(side="<", order="DESC")
SCAN_INDEX = (
    _INDEX_ROW
    + """
WHERE x.index_id = ? AND (x.hash_key, x.range_key, x.item_hash, x.item_range) > (?, ?, ?, ?) AND x.hash_key < ?
ORDER BY x.hash_key, x.range_key, x.item_hash, x.item_range LIMIT ?
"""
)
INSERT_INDEX_ROW = """
INSERT INTO dynamodb_index_rows (index_id, hash_key, range_key, item_hash, item_range) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (index_id, hash_key, range_key, item_hash, item_range) DO NOTHING
"""
DELETE_INDEX_ROW = """
DELETE FROM dynamodb_index_rows
WHERE index_id = ? AND hash_key = ? AND range_key = ? AND item_hash = ? AND item_range = ?
"""

INSERT_FORMER = """
INSERT INTO dynamodb_history (history, changed, id, hash_key, range_key, item) VALUES (?, ?, ?, ?, ?, ?)
"""
TRIM_HISTORY = "DELETE FROM dynamodb_history WHERE history = ? AND changed < ?"
SWEEP_HISTORY = _SWEEP.format(table="dynamodb_history", owner="history", key="changed, id")
_COPY = "INSERT INTO dynamodb_items (table_id, hash_key, range_key, item) "
COPY_ITEMS = _COPY + "SELECT ?, hash_key, range_key, item FROM dynamodb_items WHERE table_id = ?"
COPY_UNCHANGED = (
    COPY_ITEMS
    + """ AND (hash_key, range_key) NOT IN (
    SELECT hash_key, range_key FROM dynamodb_history WHERE history = ? AND changed > ?
)"""
)
COPY_FORMER = (
    _COPY
    + """
SELECT ?, hash_key, range_key, item FROM dynamodb_history
WHERE history = ? AND changed > ? AND item IS NOT NULL AND id IN (
    SELECT min(id) FROM dynamodb_history WHERE history = ? AND changed > ? GROUP BY hash_key, range_key
)"""
)

CHANGES = """
SELECT changed, hash_key, range_key, item FROM dynamodb_history WHERE history = ? AND changed >= ? ORDER BY changed, id
"""

INSERT_JOB = """
INSERT INTO dynamodb_jobs (id, arn, kind, account, region, table_arn, table_id, token, document)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
SET_JOB = "UPDATE dynamodb_jobs SET document = ? WHERE id = ?"
_JOB = "SELECT id, arn, kind, table_id, document FROM dynamodb_jobs "
FIND_JOB = _JOB + "WHERE kind = ? AND arn = ?"
JOB_OF_TOKEN = _JOB + "WHERE account = ? AND region = ? AND kind = ? AND token = ? ORDER BY id DESC LIMIT 1"
LIST_JOBS = _JOB + "WHERE account = ? AND region = ? AND kind = ? AND id < ? ORDER BY id DESC LIMIT ?"
LIST_JOBS_OF_TABLE = (
    _JOB + "WHERE account = ? AND region = ? AND kind = ? AND id < ? AND table_arn = ? ORDER BY id DESC LIMIT ?"
)

INSERT_BACKUP = """
INSERT INTO dynamodb_backups (id, arn, account, region, kind, table_name, created, expires, document)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_BACKUP = "SELECT id, arn, kind, table_name, created, expires, document FROM dynamodb_backups "
FIND_BACKUP = _BACKUP + "WHERE arn = ?"
LIST_BACKUPS = (
    _BACKUP
    + """
WHERE account = ? AND region = ? AND (expires IS NULL OR expires > ?) AND created >= ? AND created < ?
  AND (created, arn) > (?, ?) ORDER BY created, arn
"""
)
EXPIRED_BACKUPS = _BACKUP + "WHERE account = ? AND region = ? AND expires <= ?"
DELETE_BACKUP = "DELETE FROM dynamodb_backups WHERE id = ?"

INSERT_EXPIRY = """
INSERT INTO dynamodb_expiries (table_id, expires, hash_key, range_key) VALUES (?, ?, ?, ?)
ON CONFLICT (table_id, expires, hash_key, range_key) DO NOTHING
"""
DELETE_EXPIRY = """
DELETE FROM dynamodb_expiries WHERE table_id = ? AND expires = ? AND hash_key = ? AND range_key = ?
"""
DELETE_EXPIRIES_OF = """
DELETE FROM dynamodb_expiries WHERE table_id = ? AND hash_key = ? AND range_key = ? AND expires <= ?
"""
EXPIRED = """
SELECT hash_key, range_key FROM dynamodb_expiries WHERE table_id = ? AND expires <= ? ORDER BY expires LIMIT ?
"""
TABLES_WITH_EXPIRED = """
SELECT arn FROM dynamodb_tables WHERE id IN (SELECT table_id FROM dynamodb_expiries WHERE expires <= ?) ORDER BY arn
"""
NEXT_EXPIRY = "SELECT min(expires) FROM dynamodb_expiries WHERE table_id = ?"

_STREAM = """
SELECT id, arn, table_name, label, view_type, key_schema, created, first_sequence, disabled, last_sequence
FROM dynamodb_streams
"""
INSERT_STREAM = """
INSERT INTO dynamodb_streams
    (id, arn, account, region, table_name, label, view_type, key_schema, created, first_sequence)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
FIND_STREAM = _STREAM + "WHERE arn = ?"
LIST_STREAMS = _STREAM + "WHERE account = ? AND region = ? AND arn > ? ORDER BY arn LIMIT ?"
LIST_STREAMS_OF_TABLE = _STREAM + "WHERE account = ? AND region = ? AND arn > ? AND table_name = ? ORDER BY arn LIMIT ?"
DISABLE_STREAM = "UPDATE dynamodb_streams SET disabled = ?, last_sequence = ? WHERE id = ?"
DELETE_OLD_STREAMS = "DELETE FROM dynamodb_streams WHERE disabled <= ?"
INSERT_RECORD = "INSERT INTO dynamodb_records (stream, sequence, created, record, cause) VALUES (?, ?, ?, ?, ?)"
READ_RECORDS = """
SELECT sequence, created, record, cause FROM dynamodb_records
WHERE stream = ? AND sequence >= ? AND created > ? ORDER BY sequence LIMIT ?
"""
LAST_RECORDS = """
SELECT record FROM dynamodb_records WHERE stream = ? AND created > ? ORDER BY sequence DESC LIMIT ?
"""
ALL_STREAMS = "SELECT id, arn FROM dynamodb_streams ORDER BY id DESC"
OLDEST_RECORD = "SELECT min(sequence) FROM dynamodb_records WHERE stream = ? AND created > ?"
TRIM_RECORDS = "DELETE FROM dynamodb_records WHERE stream = ? AND sequence <= ? AND created <= ?"

FIND_TOKEN = "SELECT request FROM dynamodb_tokens WHERE account = ? AND region = ? AND token = ? AND created > ?"
INSERT_TOKEN = """
INSERT INTO dynamodb_tokens (account, region, token, request, created) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (account, region, token) DO UPDATE SET request = excluded.request, created = excluded.created
"""
FORGET_TOKENS = "DELETE FROM dynamodb_tokens WHERE created <= ?"

MAP_TABLES = "SELECT arn, name FROM dynamodb_tables WHERE account = ? AND region = ? ORDER BY name"
