"""Schema and statements of IoT Core.

A session is a row for as long as it lasts; `connection` is the socket that it has now, if any. What a persistent
session is owed at QoS 1 is rows of `iot_inbox`, removed one by one as the client acknowledges.
"""

from headwater.services.iot.certificate_tables import SCHEMA as CERTIFICATES
from headwater.services.iot.group_tables import SCHEMA as GROUPS

SCHEMA = (
    """
    CREATE TABLE iot_sessions (
        id BIGINT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, client TEXT NOT NULL,
        connection TEXT, expiry BIGINT NOT NULL, will TEXT, principal TEXT NOT NULL, policy TEXT, source TEXT,
        version BIGINT NOT NULL, timer BIGINT, will_timer BIGINT, UNIQUE (account, region, client)
    );
    CREATE INDEX iot_sessions_by_connection ON iot_sessions (connection) WHERE connection IS NOT NULL;
    CREATE TABLE iot_subscriptions (
        session BIGINT NOT NULL, filter TEXT NOT NULL, qos INTEGER NOT NULL,
        no_local INTEGER NOT NULL, retain_as_published INTEGER NOT NULL, PRIMARY KEY (session, filter)
    );
    CREATE TABLE iot_inbox (
        id BIGINT PRIMARY KEY, session BIGINT NOT NULL, topic TEXT NOT NULL, payload BLOB NOT NULL,
        retain INTEGER NOT NULL, properties TEXT, expires BIGINT
    );
    CREATE INDEX iot_inbox_by_session ON iot_inbox (session, id);
    CREATE TABLE iot_retained (
        account TEXT NOT NULL, region TEXT NOT NULL, topic TEXT NOT NULL, payload BLOB NOT NULL,
        qos INTEGER NOT NULL, properties TEXT, modified BIGINT NOT NULL, expires BIGINT,
        PRIMARY KEY (account, region, topic)
    );
    CREATE TABLE iot_rules (
        account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, document TEXT NOT NULL,
        disabled INTEGER NOT NULL, created BIGINT NOT NULL,
        PRIMARY KEY (account, region, name)
    );
    CREATE TABLE iot_authorizers (
        account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, document TEXT NOT NULL,
        status TEXT NOT NULL, is_default INTEGER NOT NULL, created BIGINT NOT NULL, modified BIGINT NOT NULL,
        PRIMARY KEY (account, region, name)
    );
    CREATE TABLE iot_policies (
        account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL,
        document TEXT NOT NULL, is_default INTEGER NOT NULL, created BIGINT NOT NULL,
        PRIMARY KEY (account, region, name, version)
    );
    CREATE TABLE iot_tags (arn TEXT PRIMARY KEY, tags TEXT NOT NULL);
    CREATE TABLE iot_things (
        account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, id TEXT NOT NULL,
        attributes TEXT NOT NULL, version BIGINT NOT NULL, PRIMARY KEY (account, region, name)
    );
    """,
    """
    CREATE TABLE iot_shadows (
        account TEXT NOT NULL, region TEXT NOT NULL, thing TEXT NOT NULL, name TEXT NOT NULL,
        state TEXT NOT NULL, metadata TEXT NOT NULL, version BIGINT NOT NULL, deleted BIGINT,
        PRIMARY KEY (account, region, thing, name)
    );
    """,
    CERTIFICATES,
    GROUPS,
)

SESSIONS = """
SELECT id, client, connection, expiry, principal, policy, source, version FROM iot_sessions
WHERE account = ? AND region = ?
"""
STALE_SESSIONS = "SELECT id, account, region, connection FROM iot_sessions WHERE connection IS NOT NULL ORDER BY id"
INSERT_SESSION = """
INSERT INTO iot_sessions (id, account, region, client, connection, expiry, will, principal, policy, source, version)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
RESUME_SESSION = """
UPDATE iot_sessions SET connection = ?, expiry = ?, will = ?, principal = ?, policy = ?, source = ?, version = ?,
    timer = NULL, will_timer = NULL
WHERE id = ?
"""
PAUSE_SESSION = """
UPDATE iot_sessions SET connection = NULL, expiry = ?, will = ?, timer = ?, will_timer = ? WHERE id = ?
"""
SESSION_TIMERS = "SELECT will, timer, will_timer FROM iot_sessions WHERE id = ?"
DELETE_SESSION = "DELETE FROM iot_sessions WHERE id = ?"
DELETE_SESSION_SUBSCRIPTIONS = "DELETE FROM iot_subscriptions WHERE session = ?"
DELETE_SESSION_INBOX = "DELETE FROM iot_inbox WHERE session = ?"

SUBSCRIPTIONS = """
SELECT s.session, s.filter, s.qos, s.no_local, s.retain_as_published
FROM iot_subscriptions AS s JOIN iot_sessions ON iot_sessions.id = s.session
WHERE account = ? AND region = ?
"""
SUBSCRIBE = """
INSERT INTO iot_subscriptions (session, filter, qos, no_local, retain_as_published) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (session, filter) DO UPDATE SET qos = excluded.qos, no_local = excluded.no_local,
    retain_as_published = excluded.retain_as_published
"""
UNSUBSCRIBE = "DELETE FROM iot_subscriptions WHERE session = ? AND filter = ?"

INSERT_INBOX = """
INSERT INTO iot_inbox (id, session, topic, payload, retain, properties, expires) VALUES (?, ?, ?, ?, ?, ?, ?)
"""
READ_INBOX = """
SELECT id, topic, payload, retain, properties, expires FROM iot_inbox
WHERE session = ? AND id > ? ORDER BY id LIMIT ?
"""
EXPIRE_INBOX = "DELETE FROM iot_inbox WHERE session = ? AND expires <= ?"
ACKNOWLEDGE = "DELETE FROM iot_inbox WHERE session = ? AND id = ?"

RETAIN = """
INSERT INTO iot_retained (account, region, topic, payload, qos, properties, modified, expires)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (account, region, topic) DO UPDATE SET payload = excluded.payload, qos = excluded.qos,
    properties = excluded.properties, modified = excluded.modified, expires = excluded.expires
"""
FORGET_RETAINED = "DELETE FROM iot_retained WHERE account = ? AND region = ? AND topic = ?"
RETAINED = """
SELECT payload, qos, properties, modified, expires FROM iot_retained
WHERE account = ? AND region = ? AND topic = ? AND (expires IS NULL OR expires > ?)
"""
LIST_RETAINED = """
SELECT topic, length(payload), qos, modified FROM iot_retained
WHERE account = ? AND region = ? AND topic > ? AND (expires IS NULL OR expires > ?) ORDER BY topic LIMIT ?
"""

RULES = "SELECT name, document, disabled, created FROM iot_rules WHERE account = ? AND region = ? ORDER BY name"
RULE = "SELECT document, disabled, created FROM iot_rules WHERE account = ? AND region = ? AND name = ?"
INSERT_RULE = """
INSERT INTO iot_rules (account, region, name, document, disabled, created) VALUES (?, ?, ?, ?, ?, ?)
"""
REPLACE_RULE = "UPDATE iot_rules SET document = ?, disabled = ? WHERE account = ? AND region = ? AND name = ?"
SET_RULE_DISABLED = "UPDATE iot_rules SET disabled = ? WHERE account = ? AND region = ? AND name = ?"
DELETE_RULE = "DELETE FROM iot_rules WHERE account = ? AND region = ? AND name = ?"

AUTHORIZER = """
SELECT document, status, created, modified FROM iot_authorizers WHERE account = ? AND region = ? AND name = ?
"""
AUTHORIZER_HOMES = "SELECT account, region FROM iot_authorizers WHERE name = ? ORDER BY created"
AUTHORIZERS = """
SELECT name FROM iot_authorizers
WHERE account = ? AND region = ? AND name > ? AND (status = ? OR ? = '') ORDER BY name LIMIT ?
"""
INSERT_AUTHORIZER = """
INSERT INTO iot_authorizers (account, region, name, document, status, is_default, created, modified)
VALUES (?, ?, ?, ?, ?, 0, ?, ?)
"""
UPDATE_AUTHORIZER = """
UPDATE iot_authorizers SET document = ?, status = ?, modified = ? WHERE account = ? AND region = ? AND name = ?
"""
DELETE_AUTHORIZER = "DELETE FROM iot_authorizers WHERE account = ? AND region = ? AND name = ?"
DEFAULT_AUTHORIZER = "SELECT name FROM iot_authorizers WHERE account = ? AND region = ? AND is_default = 1"
SET_DEFAULT_AUTHORIZER = """
UPDATE iot_authorizers SET is_default = CASE WHEN name = ? THEN 1 ELSE 0 END WHERE account = ? AND region = ?
"""

POLICY_VERSIONS = """
SELECT version, document, is_default, created FROM iot_policies
WHERE account = ? AND region = ? AND name = ? ORDER BY version
"""
POLICIES = """
SELECT name FROM iot_policies WHERE account = ? AND region = ? AND is_default = 1 AND name > ? ORDER BY name LIMIT ?
"""
INSERT_POLICY = """
INSERT INTO iot_policies (account, region, name, version, document, is_default, created) VALUES (?, ?, ?, ?, ?, ?, ?)
"""
SET_DEFAULT_VERSION = """
UPDATE iot_policies SET is_default = CASE WHEN version = ? THEN 1 ELSE 0 END
WHERE account = ? AND region = ? AND name = ?
"""
DELETE_POLICY_VERSION = "DELETE FROM iot_policies WHERE account = ? AND region = ? AND name = ? AND version = ?"
DELETE_POLICY = "DELETE FROM iot_policies WHERE account = ? AND region = ? AND name = ?"

TAGS = "SELECT tags FROM iot_tags WHERE arn = ?"
SET_TAGS = """
INSERT INTO iot_tags (arn, tags) VALUES (?, ?) ON CONFLICT (arn) DO UPDATE SET tags = excluded.tags
"""
DELETE_TAGS = "DELETE FROM iot_tags WHERE arn = ?"

THING = "SELECT id, attributes, version, type FROM iot_things WHERE account = ? AND region = ? AND name = ?"
THINGS = """
SELECT name, attributes, version, type FROM iot_things
WHERE account = ? AND region = ? AND name > ? AND (type = ? OR ? = '') ORDER BY name LIMIT ?
"""
INSERT_THING = """
INSERT INTO iot_things (account, region, name, id, attributes, version, type) VALUES (?, ?, ?, ?, ?, 1, ?)
"""
UPDATE_THING = """
UPDATE iot_things SET attributes = ?, type = ?, version = version + 1
WHERE account = ? AND region = ? AND name = ?
"""
DELETE_THING = "DELETE FROM iot_things WHERE account = ? AND region = ? AND name = ?"

COUNT_SESSIONS = """
SELECT count(connection), count(*) FROM iot_sessions WHERE account = ? AND region = ?
"""

ALL_SUBSCRIPTIONS = """
SELECT s.session, s.filter FROM iot_subscriptions AS s JOIN iot_sessions AS c ON c.id = s.session
WHERE c.account = ? AND c.region = ? ORDER BY s.session, s.filter
"""

SHADOW = """
SELECT state, metadata, version, deleted FROM iot_shadows WHERE account = ? AND region = ? AND thing = ? AND name = ?
"""
SET_SHADOW = """
INSERT INTO iot_shadows (account, region, thing, name, state, metadata, version) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (account, region, thing, name) DO UPDATE SET state = excluded.state, metadata = excluded.metadata,
    version = excluded.version, deleted = NULL
"""
DELETE_SHADOW = """
UPDATE iot_shadows SET state = '{}', metadata = '{}', deleted = ?
WHERE account = ? AND region = ? AND thing = ? AND name = ?
"""
NAMED_SHADOWS = """
SELECT name FROM iot_shadows
WHERE account = ? AND region = ? AND thing = ? AND name > ? AND deleted IS NULL ORDER BY name LIMIT ?
"""
SHADOWS = """
SELECT thing, name, state, metadata, version FROM iot_shadows
WHERE account = ? AND region = ? AND deleted IS NULL ORDER BY thing, name LIMIT ?
"""
COUNT_SHADOWS = "SELECT count(*) FROM iot_shadows WHERE account = ? AND region = ? AND deleted IS NULL"
