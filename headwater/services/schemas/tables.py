"""Schema and statements of EventBridge Schemas.

``draft`` is what discovery knows of a schema's events so far, as JSON; ``document`` holds description, tags and policy.
"""

SCHEMA = (
    """
    CREATE TABLE schemas_registries (
        arn TEXT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, document TEXT NOT NULL
    );
    CREATE INDEX schemas_registries_by_name ON schemas_registries (account, region, name);
    CREATE TABLE schemas_schemas (
        arn TEXT PRIMARY KEY, registry TEXT NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL,
        modified BIGINT NOT NULL, document TEXT NOT NULL, draft TEXT
    );
    CREATE INDEX schemas_schemas_by_name ON schemas_schemas (registry, name);
    CREATE TABLE schemas_versions (
        schema TEXT NOT NULL, version INTEGER NOT NULL, type TEXT NOT NULL, content TEXT NOT NULL,
        created BIGINT NOT NULL, PRIMARY KEY (schema, version)
    );
    CREATE TABLE schemas_discoverers (
        arn TEXT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT NULL,
        source TEXT NOT NULL, state TEXT NOT NULL, document TEXT NOT NULL
    );
    """,
)

FIND_REGISTRY = "SELECT arn, name, document FROM schemas_registries WHERE arn = ?"
LIST_REGISTRIES = """
SELECT arn, name, document FROM schemas_registries
WHERE account = ? AND region = ? AND substr(name, 1, ?) = ? AND name > ? ORDER BY name LIMIT ?
"""
INSERT_REGISTRY = "INSERT INTO schemas_registries (arn, account, region, name, document) VALUES (?, ?, ?, ?, ?)"
SET_REGISTRY = "UPDATE schemas_registries SET document = ? WHERE arn = ?"
DELETE_REGISTRY = "DELETE FROM schemas_registries WHERE arn = ?"
ANY_SCHEMA = "SELECT 1 FROM schemas_schemas WHERE registry = ? LIMIT 1"

_SCHEMA = "SELECT arn, name, type, modified, document, draft FROM schemas_schemas"
FIND_SCHEMA = f"{_SCHEMA} WHERE arn = ?"
LIST_SCHEMAS = f"{_SCHEMA} WHERE registry = ? AND substr(name, 1, ?) = ? AND name > ? ORDER BY name LIMIT ?"
INSERT_SCHEMA = """
INSERT INTO schemas_schemas (arn, registry, name, type, modified, document, draft) VALUES (?, ?, ?, ?, ?, ?, ?)
"""
SET_SCHEMA = "UPDATE schemas_schemas SET type = ?, modified = ?, document = ?, draft = ? WHERE arn = ?"
DELETE_SCHEMA = "DELETE FROM schemas_schemas WHERE arn = ?"

INSERT_VERSION = "INSERT INTO schemas_versions (schema, version, type, content, created) VALUES (?, ?, ?, ?, ?)"
VERSIONS = "SELECT version, type, content, created FROM schemas_versions WHERE schema = ? ORDER BY version DESC"
COUNT_VERSIONS = "SELECT count(*) FROM schemas_versions WHERE schema = ?"
LATEST = f"{VERSIONS} LIMIT 1"
FIND_VERSION = "SELECT version, type, content, created FROM schemas_versions WHERE schema = ? AND version = ?"
DELETE_VERSION = "DELETE FROM schemas_versions WHERE schema = ? AND version = ?"
DELETE_VERSIONS = "DELETE FROM schemas_versions WHERE schema = ?"

_DISCOVERER = "SELECT arn, id, source, state, document FROM schemas_discoverers"
FIND_DISCOVERER = f"{_DISCOVERER} WHERE arn = ?"
LIST_DISCOVERERS = f"""
{_DISCOVERER} WHERE account = ? AND region = ? AND substr(id, 1, ?) = ? AND substr(source, 1, ?) = ? AND id > ?
ORDER BY id LIMIT ?
"""
INSERT_DISCOVERER = """
INSERT INTO schemas_discoverers (arn, account, region, id, source, state, document) VALUES (?, ?, ?, ?, ?, ?, ?)
"""
SET_DISCOVERER = "UPDATE schemas_discoverers SET state = ?, document = ? WHERE arn = ?"
DELETE_DISCOVERER = "DELETE FROM schemas_discoverers WHERE arn = ?"
