"""Schema and statements of S3.

Versions of a key are rows; the largest id is the newest, and ``latest`` marks it. A key of a bucket without versioning
has the one version ``null``. The body is the last column, so that listings do not read it.
"""

SCHEMA = (
    """
    CREATE TABLE s3_buckets (
        id BIGINT PRIMARY KEY, name TEXT NOT NULL UNIQUE, account TEXT NOT NULL, region TEXT NOT NULL,
        created BIGINT NOT NULL, settings TEXT NOT NULL
    );
    CREATE TABLE s3_objects (
        id BIGINT PRIMARY KEY, bucket BIGINT NOT NULL, key TEXT NOT NULL, version TEXT NOT NULL,
        latest INTEGER NOT NULL, marker INTEGER NOT NULL, size BIGINT NOT NULL, etag TEXT NOT NULL,
        modified BIGINT NOT NULL, storage_class TEXT NOT NULL, tags TEXT, attributes TEXT NOT NULL,
        blob TEXT, body BLOB
    );
    CREATE UNIQUE INDEX s3_objects_by_key ON s3_objects (bucket, key, version);
    CREATE INDEX s3_objects_by_blob ON s3_objects (blob) WHERE blob IS NOT NULL;
    CREATE TABLE s3_uploads (
        id TEXT PRIMARY KEY, bucket BIGINT NOT NULL, key TEXT NOT NULL, started BIGINT NOT NULL,
        storage_class TEXT NOT NULL, tags TEXT, attributes TEXT NOT NULL
    );
    CREATE INDEX s3_uploads_by_key ON s3_uploads (bucket, key, started);
    CREATE TABLE s3_parts (
        upload TEXT NOT NULL, number INTEGER NOT NULL, size BIGINT NOT NULL, etag TEXT NOT NULL,
        modified BIGINT NOT NULL, checksums TEXT NOT NULL, blob TEXT, body BLOB,
        PRIMARY KEY (upload, number)
    );
    CREATE INDEX s3_parts_by_blob ON s3_parts (blob) WHERE blob IS NOT NULL;
    """,
    # reads and listings do not go through the former versions of a key
    "CREATE INDEX s3_objects_latest ON s3_objects (bucket, key) WHERE latest = 1",
)

INSERT_BUCKET = "INSERT INTO s3_buckets (id, name, account, region, created, settings) VALUES (?, ?, ?, ?, ?, ?)"
FIND_BUCKET = "SELECT id, name, account, region, created, settings FROM s3_buckets WHERE name = ?"
LIST_BUCKETS = """
SELECT name, region, created FROM s3_buckets
WHERE account = ? AND name > ? AND substr(name, 1, ?) = ? ORDER BY name LIMIT ?
"""
SET_SETTINGS = "UPDATE s3_buckets SET settings = ? WHERE id = ?"
DELETE_BUCKET = "DELETE FROM s3_buckets WHERE id = ?"
ANY_OBJECT = "SELECT 1 FROM s3_objects WHERE bucket = ? LIMIT 1"
DELETE_BUCKET_UPLOADS = "DELETE FROM s3_uploads WHERE bucket = ?"
DELETE_BUCKET_PARTS = "DELETE FROM s3_parts WHERE upload IN (SELECT id FROM s3_uploads WHERE bucket = ?)"

_OBJECT = "id, version, marker, size, etag, modified, storage_class, tags, attributes, blob"
_INSERT_VERSION = """
INSERT INTO s3_objects
    (id, bucket, key, version, latest, marker, size, etag, modified, storage_class, tags, attributes, blob, body)
VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_REPLACE_BODY = """
    size = excluded.size, etag = excluded.etag, modified = excluded.modified, storage_class = excluded.storage_class,
    tags = excluded.tags, attributes = excluded.attributes, blob = excluded.blob, body = excluded.body
"""
PUT_VERSION = f"""
{_INSERT_VERSION} ON CONFLICT (bucket, key, version) DO UPDATE SET
    id = excluded.id, latest = 1, marker = excluded.marker, {_REPLACE_BODY}
"""
# where nothing had versions ever: the row keeps its place, which spares its indexes
PUT_ONLY_VERSION = f"{_INSERT_VERSION} ON CONFLICT (bucket, key, version) DO UPDATE SET {_REPLACE_BODY}"
BLOB_OF_VERSION = "SELECT blob FROM s3_objects WHERE bucket = ? AND key = ? AND version = ?"
FIND_LATEST = f"SELECT {_OBJECT}, body FROM s3_objects WHERE bucket = ? AND key = ? AND latest = 1"
FIND_VERSION = f"SELECT {_OBJECT}, body FROM s3_objects WHERE bucket = ? AND key = ? AND version = ?"
DESCRIBE_LATEST = f"SELECT {_OBJECT}, NULL FROM s3_objects WHERE bucket = ? AND key = ? AND latest = 1"
DESCRIBE_VERSION = f"SELECT {_OBJECT}, NULL FROM s3_objects WHERE bucket = ? AND key = ? AND version = ?"
SUPERSEDE = "UPDATE s3_objects SET latest = 0 WHERE bucket = ? AND key = ? AND latest = 1"
DELETE_VERSION = "DELETE FROM s3_objects WHERE bucket = ? AND key = ? AND version = ?"
PROMOTE = """
UPDATE s3_objects SET latest = 1 WHERE id = (SELECT max(id) FROM s3_objects WHERE bucket = ? AND key = ?)
"""
SET_OBJECT_TAGS = "UPDATE s3_objects SET tags = ? WHERE id = ?"
BLOB_IN_USE = """
SELECT 1 FROM s3_objects WHERE blob = ? UNION ALL SELECT 1 FROM s3_parts WHERE blob = ? LIMIT 1
"""

LIST_CURRENT = """
SELECT key, size, etag, modified, storage_class, attributes FROM s3_objects
WHERE bucket = ? AND key > ? AND latest = 1 AND marker = 0 ORDER BY key LIMIT ?
"""
LIST_CURRENT_FROM = LIST_CURRENT.replace("key > ?", "key >= ?")
LIST_VERSIONS = """
SELECT key, version, latest, marker, size, etag, modified, storage_class, attributes FROM s3_objects
WHERE bucket = ? AND key >= ? ORDER BY key, id DESC LIMIT ? OFFSET ?
"""

INSERT_UPLOAD = """
INSERT INTO s3_uploads (id, bucket, key, started, storage_class, tags, attributes) VALUES (?, ?, ?, ?, ?, ?, ?)
"""
FIND_UPLOAD = """
SELECT started, storage_class, tags, attributes FROM s3_uploads WHERE id = ? AND bucket = ? AND key = ?
"""
LIST_UPLOADS = """
SELECT id, key, started, storage_class, attributes FROM s3_uploads
WHERE bucket = ? AND key >= ? ORDER BY key, started, id
"""
DELETE_UPLOAD = "DELETE FROM s3_uploads WHERE id = ?"
PUT_PART = """
INSERT INTO s3_parts (upload, number, size, etag, modified, checksums, blob, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (upload, number) DO UPDATE SET
    size = excluded.size, etag = excluded.etag, modified = excluded.modified, checksums = excluded.checksums,
    blob = excluded.blob, body = excluded.body
"""
PARTS = "SELECT number, size, etag, modified, checksums FROM s3_parts WHERE upload = ? AND number > ? ORDER BY number"
PART_BODIES = "SELECT number, blob, body FROM s3_parts WHERE upload = ? ORDER BY number"
DELETE_PARTS = "DELETE FROM s3_parts WHERE upload = ?"
PART_BLOBS = "SELECT blob FROM s3_parts WHERE upload = ? AND blob IS NOT NULL"
PART_BLOB = "SELECT blob FROM s3_parts WHERE upload = ? AND number = ? AND blob IS NOT NULL"
KEYS_AFTER = "SELECT DISTINCT key FROM s3_objects WHERE bucket = ? AND key > ? ORDER BY key LIMIT ?"
VERSIONS_OF = f"SELECT latest, {_OBJECT}, NULL FROM s3_objects WHERE bucket = ? AND key = ? ORDER BY id DESC"

SET_ATTRIBUTES = "UPDATE s3_objects SET attributes = ? WHERE id = ?"
SET_STORAGE_CLASS = "UPDATE s3_objects SET storage_class = ? WHERE id = ?"

MAP_BUCKETS = "SELECT name, settings FROM s3_buckets WHERE account = ? AND region = ? ORDER BY name"

SPANS_OF_HOUR = """
SELECT id, name, subject, account, started, duration, outcome FROM spans
WHERE id >= ? AND id < ? AND name >= 's3:' AND name < 's3;' AND outcome IS NOT NULL ORDER BY id LIMIT ?
"""
