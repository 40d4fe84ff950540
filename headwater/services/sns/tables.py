"""Schema and statements of SNS."""

SCHEMA = (
    """
    CREATE TABLE sns_topics (
        arn TEXT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, attributes TEXT NOT NULL,
        tags TEXT NOT NULL, unsubscribed INTEGER NOT NULL DEFAULT 0
    );
    CREATE TABLE sns_subscriptions (
        arn TEXT PRIMARY KEY, id BIGINT NOT NULL, topic TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL,
        protocol TEXT NOT NULL, endpoint TEXT NOT NULL, attributes TEXT NOT NULL, principal TEXT NOT NULL,
        token TEXT, confirmed INTEGER NOT NULL, authenticated INTEGER NOT NULL
    );
    CREATE INDEX sns_subscriptions_by_topic ON sns_subscriptions (topic, id);
    CREATE TABLE sns_deduplication (
        topic TEXT NOT NULL, key TEXT NOT NULL, message_id TEXT NOT NULL, sequence TEXT NOT NULL,
        sent BIGINT NOT NULL, PRIMARY KEY (topic, key)
    );
    CREATE TABLE sns_signing_keys (id INTEGER PRIMARY KEY, private_key TEXT NOT NULL, certificate TEXT NOT NULL);
    """,
    """
    ALTER TABLE sns_subscriptions ADD COLUMN expiry BIGINT;
    CREATE TABLE sns_cancelled (token TEXT PRIMARY KEY, topic TEXT NOT NULL, subscription TEXT NOT NULL);
    CREATE TABLE sns_archive (
        topic TEXT NOT NULL, id BIGINT NOT NULL, published BIGINT NOT NULL, message TEXT NOT NULL,
        PRIMARY KEY (topic, id)
    );
    CREATE INDEX sns_archive_by_time ON sns_archive (topic, published);
    CREATE TABLE sns_replays (subscription TEXT PRIMARY KEY, run BIGINT NOT NULL, position BIGINT NOT NULL);
    CREATE TABLE sns_outbox (
        id BIGINT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, kind TEXT NOT NULL,
        address TEXT NOT NULL, sender TEXT, subject TEXT, body TEXT NOT NULL, topic TEXT, message_id TEXT,
        attributes TEXT NOT NULL, sent BIGINT NOT NULL
    );
    CREATE TABLE sns_sms_settings (
        account TEXT NOT NULL, region TEXT NOT NULL, attributes TEXT NOT NULL, PRIMARY KEY (account, region)
    );
    CREATE TABLE sns_phone_numbers (
        account TEXT NOT NULL, region TEXT NOT NULL, number TEXT NOT NULL, opted_out INTEGER NOT NULL DEFAULT 0,
        opted_in BIGINT, sandbox TEXT, password TEXT, PRIMARY KEY (account, region, number)
    );
    CREATE TABLE sns_platform_applications (
        arn TEXT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, attributes TEXT NOT NULL
    );
    CREATE TABLE sns_platform_endpoints (
        arn TEXT PRIMARY KEY, application TEXT NOT NULL, token TEXT NOT NULL, attributes TEXT NOT NULL
    );
    CREATE INDEX sns_platform_endpoints_by_token ON sns_platform_endpoints (application, token);
    """,
)

INSERT_TOPIC = "INSERT INTO sns_topics (arn, account, region, attributes, tags) VALUES (?, ?, ?, ?, ?)"
FIND_TOPIC = "SELECT arn, account, attributes, tags, unsubscribed FROM sns_topics WHERE arn = ?"
LIST_TOPICS = "SELECT arn FROM sns_topics WHERE account = ? AND region = ? AND arn > ? ORDER BY arn LIMIT ?"
SET_TOPIC_ATTRIBUTES = "UPDATE sns_topics SET attributes = ? WHERE arn = ?"
SET_TOPIC_TAGS = "UPDATE sns_topics SET tags = ? WHERE arn = ?"
COUNT_UNSUBSCRIBED = "UPDATE sns_topics SET unsubscribed = unsubscribed + 1 WHERE arn = ?"
DELETE_TOPIC = "DELETE FROM sns_topics WHERE arn = ?"
DELETE_TOPIC_SUBSCRIPTIONS = "DELETE FROM sns_subscriptions WHERE topic = ?"
DELETE_TOPIC_DEDUPLICATION = "DELETE FROM sns_deduplication WHERE topic = ?"
DELETE_TOPIC_ARCHIVE = "DELETE FROM sns_archive WHERE topic = ?"
DELETE_TOPIC_CANCELLED = "DELETE FROM sns_cancelled WHERE topic = ?"
PENDING_OF_TOPIC = "SELECT expiry FROM sns_subscriptions WHERE topic = ? AND expiry IS NOT NULL"
DELETE_ALL_OF_TOPIC = (
    *(DELETE_TOPIC_SUBSCRIPTIONS, DELETE_TOPIC_DEDUPLICATION, DELETE_TOPIC_ARCHIVE, DELETE_TOPIC_CANCELLED),
    DELETE_TOPIC,
)
COUNT_TOPICS = """
SELECT count(*) FROM sns_topics
WHERE account = ? AND region = ? AND CASE WHEN arn LIKE '%.fifo' THEN 1 ELSE 0 END = ?
"""
COUNT_ALL_SUBSCRIPTIONS = "SELECT count(*) FROM sns_subscriptions WHERE topic = ?"
COUNT_FILTERED = """
SELECT count(*) FROM sns_subscriptions WHERE topic = ? AND arn <> ? AND attributes LIKE '%"FilterPolicy":"{%'
"""
COUNT_OTHERS = (
    "SELECT count(*) FROM sns_subscriptions WHERE topic = ? AND protocol NOT IN ('sqs', 'lambda', 'firehose')"
)

_SUBSCRIPTION = """
SELECT arn, id, topic, account, protocol, endpoint, attributes, principal, token, confirmed, authenticated,
    expiry
FROM sns_subscriptions
"""
INSERT_SUBSCRIPTION = """
INSERT INTO sns_subscriptions
    (arn, id, topic, account, region, protocol, endpoint, attributes, principal, token, confirmed, authenticated,
     expiry)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
FIND_SUBSCRIPTION = f"{_SUBSCRIPTION} WHERE arn = ?"
FIND_BY_ENDPOINT = f"{_SUBSCRIPTION} WHERE topic = ? AND protocol = ? AND endpoint = ?"
FIND_BY_TOKEN = f"{_SUBSCRIPTION} WHERE topic = ? AND token = ?"
SUBSCRIPTIONS_OF_TOPIC = f"{_SUBSCRIPTION} WHERE topic = ? ORDER BY id"
LIST_BY_TOPIC = f"{_SUBSCRIPTION} WHERE topic = ? AND id > ? ORDER BY id LIMIT ?"
LIST_SUBSCRIPTIONS = f"{_SUBSCRIPTION} WHERE account = ? AND region = ? AND id > ? ORDER BY id LIMIT ?"
COUNT_SUBSCRIPTIONS = """
SELECT coalesce(sum(confirmed), 0), coalesce(sum(1 - confirmed), 0) FROM sns_subscriptions WHERE topic = ?
"""
SET_SUBSCRIPTION_ATTRIBUTES = "UPDATE sns_subscriptions SET attributes = ? WHERE arn = ?"
CONFIRM_SUBSCRIPTION = "UPDATE sns_subscriptions SET confirmed = 1, authenticated = ?, expiry = NULL WHERE arn = ?"
DELETE_SUBSCRIPTION = "DELETE FROM sns_subscriptions WHERE arn = ?"

FIND_DUPLICATE = "SELECT message_id, sequence FROM sns_deduplication WHERE topic = ? AND key = ? AND sent > ?"
REMEMBER_DUPLICATE = """
INSERT INTO sns_deduplication (topic, key, message_id, sequence, sent) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (topic, key) DO UPDATE
    SET message_id = excluded.message_id, sequence = excluded.sequence, sent = excluded.sent
"""
FORGET_DUPLICATES = "DELETE FROM sns_deduplication WHERE topic = ? AND sent <= ?"

FIND_SIGNING_KEY = "SELECT private_key, certificate FROM sns_signing_keys WHERE id = 1"
INSERT_SIGNING_KEY = "INSERT INTO sns_signing_keys (id, private_key, certificate) VALUES (1, ?, ?)"

INSERT_CANCELLED = "INSERT INTO sns_cancelled (token, topic, subscription) VALUES (?, ?, ?)"
FIND_CANCELLED = "SELECT subscription FROM sns_cancelled WHERE token = ? AND topic = ?"
DELETE_CANCELLED = "DELETE FROM sns_cancelled WHERE token = ?"

INSERT_ARCHIVED = "INSERT INTO sns_archive (topic, id, published, message) VALUES (?, ?, ?, ?)"
EXPIRE_ARCHIVED = "DELETE FROM sns_archive WHERE topic = ? AND published <= ?"
ARCHIVED = """
SELECT id, published, message FROM sns_archive
WHERE topic = ? AND id > ? AND published >= ? AND published <= ? ORDER BY id LIMIT ?
"""
SET_REPLAY = """
INSERT INTO sns_replays (subscription, run, position) VALUES (?, ?, ?)
ON CONFLICT (subscription) DO UPDATE SET run = excluded.run, position = excluded.position
"""
FIND_REPLAY = "SELECT run, position FROM sns_replays WHERE subscription = ?"
DELETE_REPLAY = "DELETE FROM sns_replays WHERE subscription = ?"

INSERT_SENT = """
INSERT INTO sns_outbox
    (id, account, region, kind, address, sender, subject, body, topic, message_id, attributes, sent)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
SENT = """
SELECT id, account, region, kind, address, sender, subject, body, topic, message_id, attributes, sent
FROM sns_outbox WHERE id > ? ORDER BY id DESC LIMIT ?
"""

FORGET_SENT = "DELETE FROM sns_outbox WHERE account = ? AND region = ? AND kind = ?"
FORGET_SENT_TO = f"{FORGET_SENT} AND address = ?"
FORGET_ALL_SENT = "DELETE FROM sns_outbox WHERE kind = ?"
FORGET_ONE_SENT = "DELETE FROM sns_outbox WHERE id = ? AND kind = ?"

FIND_SMS_SETTINGS = "SELECT attributes FROM sns_sms_settings WHERE account = ? AND region = ?"
SET_SMS_SETTINGS = """
INSERT INTO sns_sms_settings (account, region, attributes) VALUES (?, ?, ?)
ON CONFLICT (account, region) DO UPDATE SET attributes = excluded.attributes
"""
_NUMBER = "FROM sns_phone_numbers WHERE account = ? AND region = ?"
FIND_NUMBER = f"SELECT opted_out, opted_in, sandbox, password {_NUMBER} AND number = ?"
ADD_NUMBER = """
INSERT INTO sns_phone_numbers (account, region, number) VALUES (?, ?, ?)
ON CONFLICT (account, region, number) DO NOTHING
"""
_OF_NUMBER = "WHERE account = ? AND region = ? AND number = ?"
OPT = f"UPDATE sns_phone_numbers SET opted_out = ?, opted_in = ? {_OF_NUMBER}"
SET_SANDBOX = f"UPDATE sns_phone_numbers SET sandbox = ?, password = ? {_OF_NUMBER}"
OPTED_OUT = f"SELECT number {_NUMBER} AND opted_out = 1 AND number > ? ORDER BY number LIMIT ?"
SANDBOX_NUMBERS = f"SELECT number, sandbox {_NUMBER} AND sandbox IS NOT NULL AND number > ? ORDER BY number LIMIT ?"

INSERT_APPLICATION = "INSERT INTO sns_platform_applications (arn, account, region, attributes) VALUES (?, ?, ?, ?)"
FIND_APPLICATION = "SELECT attributes FROM sns_platform_applications WHERE arn = ?"
SET_APPLICATION = "UPDATE sns_platform_applications SET attributes = ? WHERE arn = ?"
DELETE_APPLICATION = "DELETE FROM sns_platform_applications WHERE arn = ?"
LIST_APPLICATIONS = """
SELECT arn, attributes FROM sns_platform_applications
WHERE account = ? AND region = ? AND arn > ? ORDER BY arn LIMIT ?
"""
INSERT_ENDPOINT = "INSERT INTO sns_platform_endpoints (arn, application, token, attributes) VALUES (?, ?, ?, ?)"
FIND_ENDPOINT = "SELECT attributes, application FROM sns_platform_endpoints WHERE arn = ?"
FIND_ENDPOINT_OF_TOKEN = "SELECT arn, attributes FROM sns_platform_endpoints WHERE application = ? AND token = ?"
SET_ENDPOINT = "UPDATE sns_platform_endpoints SET token = ?, attributes = ? WHERE arn = ?"
DELETE_ENDPOINT = "DELETE FROM sns_platform_endpoints WHERE arn = ?"
DELETE_ENDPOINTS = "DELETE FROM sns_platform_endpoints WHERE application = ?"
LIST_ENDPOINTS = """
SELECT arn, attributes FROM sns_platform_endpoints WHERE application = ? AND arn > ? ORDER BY arn LIMIT ?
"""

MAP_TOPICS = "SELECT arn FROM sns_topics WHERE account = ? AND region = ? ORDER BY arn"
MAP_SUBSCRIPTIONS = """
SELECT arn, topic, endpoint, attributes FROM sns_subscriptions WHERE account = ? AND region = ? ORDER BY id
"""
