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

_SUBSCRIPTION = """
SELECT arn, id, topic, account, protocol, endpoint, attributes, principal, token, confirmed, authenticated
FROM sns_subscriptions
"""
INSERT_SUBSCRIPTION = """
INSERT INTO sns_subscriptions
    (arn, id, topic, account, region, protocol, endpoint, attributes, principal, token, confirmed, authenticated)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
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
CONFIRM_SUBSCRIPTION = "UPDATE sns_subscriptions SET confirmed = 1, authenticated = ? WHERE arn = ?"
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

MAP_TOPICS = "SELECT arn FROM sns_topics WHERE account = ? AND region = ? ORDER BY arn"
MAP_SUBSCRIPTIONS = """
SELECT arn, topic, endpoint, attributes FROM sns_subscriptions WHERE account = ? AND region = ? ORDER BY id
"""
