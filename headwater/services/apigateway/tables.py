"""Schema and statements of API Gateway.

An API and each of its parts (routes, integrations, stages, deployments, …) is a row with a document, in the words
of the API's own operations. What is served is a deployment's snapshot, compiled and kept in memory.
"""

SCHEMA = (
    """
    CREATE TABLE apigateway_apis (
        id TEXT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, kind TEXT NOT NULL,
        created BIGINT NOT NULL, document TEXT NOT NULL
    );
    CREATE INDEX apigateway_apis_by_account ON apigateway_apis (account, region, kind, id);
    CREATE TABLE apigateway_parts (
        api TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, document TEXT NOT NULL,
        PRIMARY KEY (api, kind, id)
    );
    CREATE TABLE apigateway_accounts (
        account TEXT NOT NULL, region TEXT NOT NULL, document TEXT NOT NULL, PRIMARY KEY (account, region)
    );
    """,
    """
    CREATE TABLE apigateway_connections (
        id TEXT PRIMARY KEY, api TEXT NOT NULL, stage TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL,
        connected BIGINT NOT NULL, active BIGINT NOT NULL, timer BIGINT NOT NULL, document TEXT NOT NULL
    );
    """,
    """
    CREATE TABLE apigateway_records (
        account TEXT NOT NULL, region TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, document TEXT NOT NULL,
        PRIMARY KEY (account, region, kind, id)
    );
    CREATE TABLE apigateway_usage (
        plan TEXT NOT NULL, key TEXT NOT NULL, day TEXT NOT NULL, used BIGINT NOT NULL, PRIMARY KEY (plan, key, day)
    );
    """,
)

INSERT_API = "INSERT INTO apigateway_apis (id, account, region, kind, created, document) VALUES (?, ?, ?, ?, ?, ?)"
FIND_API = "SELECT id, account, region, kind, created, document FROM apigateway_apis WHERE id = ?"
LIST_APIS = """
SELECT id, account, region, kind, created, document FROM apigateway_apis
WHERE account = ? AND region = ? AND kind = ? AND id > ? ORDER BY id LIMIT ?
"""
SET_API = "UPDATE apigateway_apis SET document = ? WHERE id = ?"
DELETE_API = "DELETE FROM apigateway_apis WHERE id = ?"
DELETE_API_PARTS = "DELETE FROM apigateway_parts WHERE api = ?"

SET_PART = """
INSERT INTO apigateway_parts (api, kind, id, document) VALUES (?, ?, ?, ?)
ON CONFLICT (api, kind, id) DO UPDATE SET document = excluded.document
"""
FIND_PART = "SELECT document FROM apigateway_parts WHERE api = ? AND kind = ? AND id = ?"
LIST_PARTS = "SELECT id, document FROM apigateway_parts WHERE api = ? AND kind = ? ORDER BY id"
DELETE_PART = "DELETE FROM apigateway_parts WHERE api = ? AND kind = ? AND id = ?"
DELETE_PARTS = "DELETE FROM apigateway_parts WHERE api = ? AND kind = ?"

FIND_ACCOUNT = "SELECT document FROM apigateway_accounts WHERE account = ? AND region = ?"
SET_ACCOUNT = """
INSERT INTO apigateway_accounts (account, region, document) VALUES (?, ?, ?)
ON CONFLICT (account, region) DO UPDATE SET document = excluded.document
"""

SET_RECORD = """
INSERT INTO apigateway_records (account, region, kind, id, document) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (account, region, kind, id) DO UPDATE SET document = excluded.document
"""
FIND_RECORD = "SELECT document FROM apigateway_records WHERE account = ? AND region = ? AND kind = ? AND id = ?"
LIST_RECORDS = "SELECT id, document FROM apigateway_records WHERE account = ? AND region = ? AND kind = ? ORDER BY id"
DELETE_RECORD = "DELETE FROM apigateway_records WHERE account = ? AND region = ? AND kind = ? AND id = ?"

COUNT_USAGE = """
INSERT INTO apigateway_usage (plan, key, day, used) VALUES (?, ?, ?, 1)
ON CONFLICT (plan, key, day) DO UPDATE SET used = apigateway_usage.used + 1
"""
SUM_USAGE = "SELECT SUM(used) FROM apigateway_usage WHERE plan = ? AND key = ? AND day >= ?"
LIST_USAGE = "SELECT key, day, used FROM apigateway_usage WHERE plan = ? AND day BETWEEN ? AND ? ORDER BY key, day"

INSERT_CONNECTION = """
INSERT INTO apigateway_connections (id, api, stage, account, region, connected, active, timer, document)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
FIND_CONNECTION = """
SELECT id, api, stage, account, region, connected, active, timer, document FROM apigateway_connections WHERE id = ?
"""
MAP_CONNECTIONS = "SELECT api, count(*) FROM apigateway_connections WHERE account = ? AND region = ? GROUP BY api"
CONNECTIONS_OF_API = """
SELECT id, stage, connected, active FROM apigateway_connections WHERE account = ? AND region = ? AND api = ?
ORDER BY connected DESC LIMIT ?
"""
LIST_CONNECTIONS = "SELECT id FROM apigateway_connections ORDER BY id"
TOUCH_CONNECTION = "UPDATE apigateway_connections SET active = ? WHERE id = ?"
DELETE_CONNECTION = "DELETE FROM apigateway_connections WHERE id = ?"

MAP_APIS = "SELECT id, kind, document FROM apigateway_apis WHERE account = ? AND region = ? ORDER BY id"
