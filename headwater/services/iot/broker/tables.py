"""Statements of sessions, their subscriptions and inboxes, and of retained messages.

A session is a row for as long as it lasts; `connection` is the socket that it has now, if any. What a persistent
session is owed at QoS 1 is rows of `iot_inbox`, removed one by one as the client acknowledges.
"""

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
SET_SESSION_POLICY = "UPDATE iot_sessions SET policy = ? WHERE id = ?"
DELETE_SESSION = "DELETE FROM iot_sessions WHERE id = ?"
DELETE_SESSION_SUBSCRIPTIONS = "DELETE FROM iot_subscriptions WHERE session = ?"
DELETE_SESSION_INBOX = "DELETE FROM iot_inbox WHERE session = ?"
COUNT_SESSIONS = """
SELECT count(connection), count(*) FROM iot_sessions WHERE account = ? AND region = ?
"""
SUBSCRIPTIONS = """
SELECT s.session, s.filter, s.qos, s.no_local, s.retain_as_published
FROM iot_subscriptions AS s JOIN iot_sessions ON iot_sessions.id = s.session
WHERE account = ? AND region = ?
"""
ALL_SUBSCRIPTIONS = """
SELECT s.session, s.filter FROM iot_subscriptions AS s JOIN iot_sessions AS c ON c.id = s.session
WHERE c.account = ? AND c.region = ? ORDER BY s.session, s.filter
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
