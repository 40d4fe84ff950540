"""Schema and statements of SQS.

A message is a row with the time at which it becomes visible: sending with a delay, taking it
and giving it back only move that time, so every visibility timer is durable by itself.
"""

SCHEMA = (
    """
    CREATE TABLE sqs_queues (
        id BIGINT PRIMARY KEY, arn TEXT NOT NULL UNIQUE, account TEXT NOT NULL, region TEXT NOT NULL,
        name TEXT NOT NULL, attributes TEXT NOT NULL, tags TEXT NOT NULL,
        created BIGINT NOT NULL, modified BIGINT NOT NULL, purged BIGINT
    );
    CREATE TABLE sqs_deleted_queues (arn TEXT PRIMARY KEY, deleted BIGINT NOT NULL);
    CREATE TABLE sqs_messages (
        id BIGINT PRIMARY KEY, queue BIGINT NOT NULL, visible_at BIGINT NOT NULL, message_id TEXT NOT NULL,
        body TEXT NOT NULL, attributes TEXT, system TEXT, sender TEXT NOT NULL, sent BIGINT NOT NULL,
        message_group TEXT, received INTEGER NOT NULL DEFAULT 0, first_received BIGINT, cause TEXT NOT NULL
    );
    CREATE INDEX sqs_messages_by_visibility ON sqs_messages (queue, visible_at);
    CREATE INDEX sqs_messages_by_group ON sqs_messages (queue, message_group, id)
        WHERE message_group IS NOT NULL;
    CREATE TABLE sqs_deduplication (
        queue BIGINT NOT NULL, key TEXT NOT NULL, message_id TEXT NOT NULL, sequence TEXT NOT NULL,
        sent BIGINT NOT NULL, PRIMARY KEY (queue, key)
    );
    """,
    # who polled the message for a function or a pipe: such a holder ends with its process
    "ALTER TABLE sqs_messages ADD COLUMN holder BIGINT",
    """
    CREATE TABLE sqs_move_tasks (
        id BIGINT PRIMARY KEY, task TEXT NOT NULL UNIQUE, source TEXT NOT NULL, destination TEXT, rate INTEGER,
        started BIGINT NOT NULL, to_move BIGINT NOT NULL, moved BIGINT NOT NULL DEFAULT 0,
        status TEXT NOT NULL, failure TEXT
    );
    CREATE INDEX sqs_move_tasks_by_source ON sqs_move_tasks (source, id);
    CREATE TABLE sqs_receive_attempts (
        queue BIGINT NOT NULL, attempt TEXT NOT NULL, at BIGINT NOT NULL, receipts TEXT NOT NULL,
        PRIMARY KEY (queue, attempt)
    );
    """,
)

INSERT_QUEUE = """
INSERT INTO sqs_queues (id, arn, account, region, name, attributes, tags, created, modified)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
FIND_QUEUE = "SELECT id, arn, name, attributes, created, modified FROM sqs_queues WHERE arn = ?"
LIST_QUEUES = """
SELECT name FROM sqs_queues
WHERE account = ? AND region = ? AND substr(name, 1, ?) = ? AND name > ? ORDER BY name LIMIT ?
"""
QUEUES_WITH_ATTRIBUTES = "SELECT name, attributes FROM sqs_queues WHERE account = ? AND region = ? ORDER BY name"
SET_ATTRIBUTES = "UPDATE sqs_queues SET attributes = ?, modified = ? WHERE id = ?"
DELETE_QUEUE = "DELETE FROM sqs_queues WHERE id = ?"
DELETE_QUEUE_ATTEMPTS = "DELETE FROM sqs_receive_attempts WHERE queue = ?"
DELETE_QUEUE_MESSAGES = "DELETE FROM sqs_messages WHERE queue = ?"
DELETE_QUEUE_DEDUPLICATION = "DELETE FROM sqs_deduplication WHERE queue = ?"
DELETE_ALL_OF_QUEUE = (DELETE_QUEUE_MESSAGES, DELETE_QUEUE_DEDUPLICATION, DELETE_QUEUE_ATTEMPTS, DELETE_QUEUE)
REMEMBER_DELETED = """
INSERT INTO sqs_deleted_queues (arn, deleted) VALUES (?, ?)
ON CONFLICT (arn) DO UPDATE SET deleted = excluded.deleted
"""
FIND_DELETED = "SELECT deleted FROM sqs_deleted_queues WHERE arn = ?"
FORGET_DELETED = "DELETE FROM sqs_deleted_queues WHERE arn = ?"
TAGS = "SELECT tags FROM sqs_queues WHERE id = ?"
SET_TAGS = "UPDATE sqs_queues SET tags = ? WHERE id = ?"
PURGED = "SELECT purged FROM sqs_queues WHERE id = ?"
SET_PURGED = "UPDATE sqs_queues SET purged = ? WHERE id = ?"

COUNT_VISIBLE = "SELECT count(*) FROM sqs_messages WHERE queue = ? AND visible_at <= ? AND sent > ?"
COUNT_HIDDEN = """
SELECT coalesce(sum(CASE WHEN received > 0 THEN 1 ELSE 0 END), 0),
       coalesce(sum(CASE WHEN received > 0 THEN 0 ELSE 1 END), 0)
FROM sqs_messages WHERE queue = ? AND visible_at > ? AND sent > ?
"""

INSERT_MESSAGE = """
INSERT INTO sqs_messages
    (id, queue, visible_at, message_id, body, attributes, system, sender, sent, message_group, cause)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_COLUMNS = """
SELECT m.id, m.message_id, m.body, m.attributes, m.system, m.sender, m.sent, m.received, m.first_received, m.cause
FROM sqs_messages AS m
"""
VISIBLE = (
    _COLUMNS
    + """
WHERE m.queue = ? AND m.visible_at <= ? AND m.sent > ?
ORDER BY m.visible_at, m.id LIMIT ?
"""
)
HAS_GROUPS = "SELECT 1 FROM sqs_messages WHERE queue = ? AND message_group IS NOT NULL LIMIT 1"
GROUPS_IN_FLIGHT = """
SELECT message_group, count(*) FROM sqs_messages WHERE queue = ? AND visible_at > ? AND received > 0 AND sent > ?
GROUP BY message_group
"""


def visible_by_group(number: int, condition: str) -> str:
    """``VISIBLE`` of some groups only; ``condition`` ends where their list begins."""
    return f"""{_COLUMNS}
WHERE m.queue = ? AND m.visible_at <= ? AND m.sent > ? AND ({condition} ({", ".join("?" * number)}))
ORDER BY m.visible_at, m.id LIMIT ?
"""


# A group with a message in flight gives none; a delayed message holds back those behind it.
# The unary plus keeps the scan in the order of ids.
VISIBLE_IN_ORDER = (
    _COLUMNS
    + """
WHERE m.queue = ? AND +m.visible_at <= ? AND m.sent > ? AND NOT EXISTS (
    SELECT 1 FROM sqs_messages AS other
    WHERE other.queue = m.queue AND other.message_group = m.message_group AND other.visible_at > ?
      AND other.sent > ? AND (other.received > 0 OR other.id < m.id))
ORDER BY m.id LIMIT ?
"""
)
ALL_MESSAGES = """
SELECT m.id, m.message_id, m.body, m.attributes, m.system, m.sender, m.sent, m.received, m.first_received, m.cause,
    m.visible_at
FROM sqs_messages AS m WHERE m.queue = ? AND m.sent > ? ORDER BY m.id
"""
FIND_MESSAGE = """
SELECT m.id, m.message_id, m.body, m.attributes, m.system, m.sender, m.sent, m.received, m.first_received, m.cause,
    q.arn, m.visible_at
FROM sqs_messages AS m JOIN sqs_queues AS q ON q.id = m.queue WHERE m.message_id = ? AND m.id >= ? AND m.id < ?
"""
TAKE = "UPDATE sqs_messages SET visible_at = ?, received = ?, first_received = ?, holder = ? WHERE id = ?"
TO_GIVE_BACK = """
SELECT DISTINCT q.arn FROM sqs_messages AS m JOIN sqs_queues AS q ON q.id = m.queue
WHERE m.holder <> ? AND m.visible_at > ?
"""
GIVE_BACK = """
UPDATE sqs_messages SET visible_at = ?, received = received - 1, holder = NULL
WHERE holder <> ? AND visible_at > ?
"""
TAKEN = _COLUMNS + " WHERE m.id = ? AND m.queue = ? AND m.received = ? AND m.visible_at = ? AND m.visible_at > ?"
COUNT_IN_FLIGHT = """
SELECT count(*) FROM sqs_messages WHERE queue = ? AND visible_at > ? AND received > 0 AND sent > ?
"""
NEXT_VISIBLE = "SELECT min(visible_at) FROM sqs_messages WHERE queue = ? AND visible_at > ?"
EXPIRE = "DELETE FROM sqs_messages WHERE queue = ? AND sent <= ?"
MOVE_MESSAGE = """
UPDATE sqs_messages SET queue = ?, visible_at = ?, sent = ?, received = 0, first_received = NULL, system = ?
WHERE id = ?
"""
# what is moved back is a new message: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
MOVE_AS_NEW = """
UPDATE sqs_messages SET id = ?, queue = ?, visible_at = ?, sent = ?, message_id = ?, system = ?, received = 0,
    first_received = NULL, holder = NULL
WHERE id = ?
"""
DELETE_MESSAGE = "DELETE FROM sqs_messages WHERE id = ? AND queue = ? AND received = ?"
IN_FLIGHT = "SELECT received, visible_at FROM sqs_messages WHERE id = ? AND queue = ? AND sent > ?"
SET_VISIBLE_AT = "UPDATE sqs_messages SET visible_at = ? WHERE id = ?"

FIND_DUPLICATE = "SELECT message_id, sequence FROM sqs_deduplication WHERE queue = ? AND key = ? AND sent > ?"
REMEMBER_DUPLICATE = """
INSERT INTO sqs_deduplication (queue, key, message_id, sequence, sent) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (queue, key) DO UPDATE
    SET message_id = excluded.message_id, sequence = excluded.sequence, sent = excluded.sent
"""
FORGET_DUPLICATES = "DELETE FROM sqs_deduplication WHERE queue = ? AND sent <= ?"

MAP_QUEUES = """
SELECT arn, name, attributes,
    (SELECT count(*) FROM sqs_messages WHERE queue = q.id AND visible_at <= ?),
    (SELECT count(*) FROM sqs_messages WHERE queue = q.id AND visible_at > ?)
FROM sqs_queues AS q WHERE account = ? AND region = ? ORDER BY name
"""
INSERT_MOVE_TASK = """
INSERT INTO sqs_move_tasks (id, task, source, destination, rate, started, to_move, status)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
_MOVE_TASK = "SELECT id, task, source, destination, rate, started, to_move, moved, status, failure FROM sqs_move_tasks"
FIND_MOVE_TASK = f"{_MOVE_TASK} WHERE task = ?"
MOVE_TASKS_OF = f"{_MOVE_TASK} WHERE source = ? ORDER BY id DESC LIMIT ?"
SET_MOVE_TASK = "UPDATE sqs_move_tasks SET moved = ?, status = ?, failure = ? WHERE id = ?"
FORGET_MOVE_TASKS = "DELETE FROM sqs_move_tasks WHERE source = ? AND id < ?"
DELETE_MOVE_TASKS = "DELETE FROM sqs_move_tasks WHERE source = ?"

FIND_ATTEMPT = "SELECT receipts FROM sqs_receive_attempts WHERE queue = ? AND attempt = ? AND at > ?"
REMEMBER_ATTEMPT = """
INSERT INTO sqs_receive_attempts (queue, attempt, at, receipts) VALUES (?, ?, ?, ?)
ON CONFLICT (queue, attempt) DO UPDATE SET at = excluded.at, receipts = excluded.receipts
"""
FORGET_ATTEMPTS = "DELETE FROM sqs_receive_attempts WHERE queue = ? AND at <= ?"

PEEK = """
SELECT message_id, body, attributes, sent, message_group, received, visible_at, cause FROM sqs_messages
WHERE queue = ? AND sent > ? ORDER BY id LIMIT ?
"""
