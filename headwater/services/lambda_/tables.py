"""Schema and statements of Lambda.

Functions are keyed by their unqualified ARN. ``configuration`` columns hold what AWS returns for the
thing, as JSON; ``code`` the name of the package's blob.
"""

SCHEMA = (
    """
    CREATE TABLE lambda_functions (
        arn TEXT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL,
        tags TEXT NOT NULL, reserved INTEGER, published INTEGER NOT NULL DEFAULT 0
    );
    CREATE INDEX lambda_functions_by_name ON lambda_functions (account, region, name);
    CREATE TABLE lambda_versions (
        arn TEXT NOT NULL, number INTEGER NOT NULL, configuration TEXT NOT NULL, code TEXT NOT NULL,
        PRIMARY KEY (arn, number)
    );
    CREATE TABLE lambda_aliases (
        arn TEXT NOT NULL, name TEXT NOT NULL, configuration TEXT NOT NULL, PRIMARY KEY (arn, name)
    );
    CREATE TABLE lambda_settings (
        arn TEXT NOT NULL, kind TEXT NOT NULL, qualifier TEXT NOT NULL, value TEXT NOT NULL,
        PRIMARY KEY (arn, kind, qualifier)
    );
    CREATE TABLE lambda_urls (id TEXT PRIMARY KEY, arn TEXT NOT NULL, qualifier TEXT NOT NULL);
    CREATE TABLE lambda_layers (
        arn TEXT NOT NULL, version INTEGER NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL,
        name TEXT NOT NULL, configuration TEXT, code TEXT NOT NULL, policy TEXT, PRIMARY KEY (arn, version)
    );
    CREATE TABLE lambda_mappings (
        id TEXT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, source TEXT NOT NULL,
        function TEXT NOT NULL, configuration TEXT NOT NULL, tags TEXT NOT NULL, revision BIGINT NOT NULL
    );
    CREATE TABLE lambda_positions (mapping TEXT PRIMARY KEY, position BIGINT NOT NULL);
    """,
    # a stream may have several shards; one that is a shard is named ''
    """
    CREATE TABLE lambda_shard_positions (
        mapping TEXT NOT NULL, shard TEXT NOT NULL, position BIGINT NOT NULL, PRIMARY KEY (mapping, shard)
    );
    INSERT INTO lambda_shard_positions (mapping, shard, position) SELECT mapping, '', position FROM lambda_positions;
    DROP TABLE lambda_positions;
    """,
    # the tumbling windows that are open, and what their functions have added up
    """
    CREATE TABLE lambda_windows (
        mapping TEXT NOT NULL, shard TEXT NOT NULL, start BIGINT NOT NULL, state TEXT NOT NULL,
        PRIMARY KEY (mapping, shard)
    );
    """,
)

ALL = 1_000_000  # as a limit

INSERT_FUNCTION = "INSERT INTO lambda_functions (arn, account, region, name, tags) VALUES (?, ?, ?, ?, ?)"
FIND_FUNCTION = "SELECT name, tags, reserved, published FROM lambda_functions WHERE arn = ?"
DELETE_FUNCTION = "DELETE FROM lambda_functions WHERE arn = ?"
SET_TAGS = "UPDATE lambda_functions SET tags = ? WHERE arn = ?"
SET_RESERVED = "UPDATE lambda_functions SET reserved = ? WHERE arn = ?"
SET_PUBLISHED = "UPDATE lambda_functions SET published = ? WHERE arn = ?"
SUM_RESERVED = """
SELECT coalesce(sum(reserved), 0) FROM lambda_functions WHERE account = ? AND region = ? AND arn <> ?
"""
LIST_ACCOUNT = """
SELECT f.arn, v.configuration FROM lambda_functions AS f JOIN lambda_versions AS v ON v.arn = f.arn
WHERE f.account = ? AND f.region = ?
"""
LIST_FUNCTIONS = """
SELECT f.name, v.configuration FROM lambda_functions AS f
JOIN lambda_versions AS v ON v.arn = f.arn AND v.number = 0
WHERE f.account = ? AND f.region = ? AND f.name > ? ORDER BY f.name LIMIT ?
"""
RUNTIMES = "SELECT configuration FROM lambda_versions WHERE number = 0"

PUT_VERSION = """
INSERT INTO lambda_versions (arn, number, configuration, code) VALUES (?, ?, ?, ?)
ON CONFLICT (arn, number) DO UPDATE SET configuration = excluded.configuration, code = excluded.code
"""
FIND_VERSION = "SELECT configuration, code FROM lambda_versions WHERE arn = ? AND number = ?"
LIST_VERSIONS = """
SELECT number, configuration FROM lambda_versions WHERE arn = ? AND number >= ? ORDER BY number LIMIT ?
"""
DELETE_VERSION = "DELETE FROM lambda_versions WHERE arn = ? AND number = ?"
DELETE_ALL_VERSIONS = "DELETE FROM lambda_versions WHERE arn = ?"

PUT_ALIAS = """
INSERT INTO lambda_aliases (arn, name, configuration) VALUES (?, ?, ?)
ON CONFLICT (arn, name) DO UPDATE SET configuration = excluded.configuration
"""
FIND_ALIAS = "SELECT configuration FROM lambda_aliases WHERE arn = ? AND name = ?"
LIST_ALIASES = "SELECT name, configuration FROM lambda_aliases WHERE arn = ? AND name > ? ORDER BY name LIMIT ?"
DELETE_ALIAS = "DELETE FROM lambda_aliases WHERE arn = ? AND name = ?"
DELETE_ALL_ALIASES = "DELETE FROM lambda_aliases WHERE arn = ?"

PUT_SETTING = """
INSERT INTO lambda_settings (arn, kind, qualifier, value) VALUES (?, ?, ?, ?)
ON CONFLICT (arn, kind, qualifier) DO UPDATE SET value = excluded.value
"""
FIND_SETTING = "SELECT value FROM lambda_settings WHERE arn = ? AND kind = ? AND qualifier = ?"
LIST_SETTINGS = """
SELECT qualifier, value FROM lambda_settings
WHERE arn = ? AND kind = ? AND qualifier > ? ORDER BY qualifier LIMIT ?
"""
DELETE_SETTING = "DELETE FROM lambda_settings WHERE arn = ? AND kind = ? AND qualifier = ?"
DELETE_QUALIFIER_SETTINGS = "DELETE FROM lambda_settings WHERE arn = ? AND qualifier = ?"
DELETE_ALL_SETTINGS = "DELETE FROM lambda_settings WHERE arn = ?"

INSERT_URL = "INSERT INTO lambda_urls (id, arn, qualifier) VALUES (?, ?, ?)"
FIND_URL = "SELECT arn, qualifier FROM lambda_urls WHERE id = ?"
DELETE_URL = "DELETE FROM lambda_urls WHERE arn = ? AND qualifier = ?"
DELETE_ALL_URLS = "DELETE FROM lambda_urls WHERE arn = ?"

INSERT_LAYER = """
INSERT INTO lambda_layers (arn, version, account, region, name, configuration, code) VALUES (?, ?, ?, ?, ?, ?, ?)
"""
LAST_LAYER_VERSION = "SELECT coalesce(max(version), 0) FROM lambda_layers WHERE arn = ?"
FIND_LAYER = "SELECT configuration, code FROM lambda_layers WHERE arn = ? AND version = ? AND configuration IS NOT NULL"
LAYER_CODE = "SELECT code FROM lambda_layers WHERE arn = ? AND version = ?"
LIST_LAYER_VERSIONS = """
SELECT version, configuration FROM lambda_layers
WHERE arn = ? AND configuration IS NOT NULL AND version < ? ORDER BY version DESC LIMIT ?
"""
LIST_LAYERS = """
SELECT l.name, l.arn, l.configuration FROM lambda_layers AS l
WHERE l.account = ? AND l.region = ? AND l.name > ? AND l.configuration IS NOT NULL AND l.version =
    (SELECT max(m.version) FROM lambda_layers AS m WHERE m.arn = l.arn AND m.configuration IS NOT NULL)
ORDER BY l.name LIMIT ?
"""
# The number of a deleted version is not given again.
DELETE_LAYER = "UPDATE lambda_layers SET configuration = NULL, policy = NULL WHERE arn = ? AND version = ?"
LAYER_POLICY = "SELECT policy FROM lambda_layers WHERE arn = ? AND version = ? AND configuration IS NOT NULL"
SET_LAYER_POLICY = "UPDATE lambda_layers SET policy = ? WHERE arn = ? AND version = ?"

INSERT_MAPPING = """
INSERT INTO lambda_mappings (id, account, region, source, function, configuration, tags, revision)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
FIND_MAPPING = "SELECT configuration FROM lambda_mappings WHERE id = ? AND account = ? AND region = ?"
MAPPING_TAGS = "SELECT tags FROM lambda_mappings WHERE id = ? AND account = ? AND region = ?"
SET_MAPPING_TAGS = "UPDATE lambda_mappings SET tags = ? WHERE id = ?"
FIND_MAPPING_OF = "SELECT id FROM lambda_mappings WHERE source = ? AND function = ?"
SET_MAPPING = "UPDATE lambda_mappings SET configuration = ?, function = ?, revision = ? WHERE id = ?"
SET_MAPPING_RESULT = "UPDATE lambda_mappings SET configuration = ? WHERE id = ?"
DELETE_MAPPING = "DELETE FROM lambda_mappings WHERE id = ?"
LIST_MAPPINGS = """
SELECT id, source, function, configuration FROM lambda_mappings
WHERE account = ? AND region = ? AND id > ? ORDER BY id
"""
MAPPINGS_OF = "SELECT configuration FROM lambda_mappings WHERE source = ? ORDER BY id"
ALL_MAPPINGS = "SELECT id, account, region, configuration, revision FROM lambda_mappings"

PUT_POSITION = """
INSERT INTO lambda_shard_positions (mapping, shard, position) VALUES (?, ?, ?)
ON CONFLICT (mapping, shard) DO UPDATE SET position = excluded.position
"""
# a shard's own, or that at which the stream was begun
FIND_POSITION = """
SELECT position FROM lambda_shard_positions WHERE mapping = ? AND shard IN (?, '') ORDER BY shard DESC LIMIT 1
"""
FIND_WINDOW = "SELECT start, state FROM lambda_windows WHERE mapping = ? AND shard = ?"
PUT_WINDOW = """
INSERT INTO lambda_windows (mapping, shard, start, state) VALUES (?, ?, ?, ?)
ON CONFLICT (mapping, shard) DO UPDATE SET start = excluded.start, state = excluded.state
"""
DELETE_WINDOW = "DELETE FROM lambda_windows WHERE mapping = ? AND shard = ?"
DELETE_WINDOWS = "DELETE FROM lambda_windows WHERE mapping = ?"
DELETE_POSITIONS = "DELETE FROM lambda_shard_positions WHERE mapping = ?"

MAP_FUNCTIONS = "SELECT arn, name FROM lambda_functions WHERE account = ? AND region = ? ORDER BY name"
MAP_MAPPINGS = """
SELECT id, source, function, configuration FROM lambda_mappings WHERE account = ? AND region = ? ORDER BY id
"""
MAP_DESTINATIONS = """
SELECT f.arn, s.value FROM lambda_functions AS f JOIN lambda_settings AS s ON s.arn = f.arn AND s.kind = 'event'
WHERE f.account = ? AND f.region = ? ORDER BY f.arn
"""
