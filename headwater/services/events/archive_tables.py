"""Statements of archives, of the events in them, and of their replays."""

SCHEMA = """
ALTER TABLE events_rules ADD COLUMN managed_by TEXT;
CREATE TABLE events_archives (
    arn TEXT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, bus TEXT NOT NULL,
    description TEXT, pattern TEXT, days INTEGER NOT NULL, kms_key TEXT, created BIGINT NOT NULL, timer BIGINT
);
CREATE TABLE events_archived (
    archive TEXT NOT NULL, time BIGINT NOT NULL, id BIGINT NOT NULL, stored BIGINT NOT NULL, size INTEGER NOT NULL,
    event TEXT NOT NULL, PRIMARY KEY (archive, time, id)
);
CREATE INDEX events_archived_by_age ON events_archived (archive, stored);
CREATE TABLE events_replays (
    arn TEXT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, archive TEXT NOT NULL,
    description TEXT, destination TEXT NOT NULL, first BIGINT NOT NULL, last BIGINT NOT NULL, state TEXT NOT NULL,
    reason TEXT, started BIGINT NOT NULL, ended BIGINT, replayed BIGINT
);
"""

_ARCHIVE = "SELECT arn, name, bus, description, pattern, days, kms_key, created, timer FROM events_archives"
FIND_ARCHIVE = f"{_ARCHIVE} WHERE arn = ?"
LIST_ARCHIVES = f"""{_ARCHIVE}
WHERE account = ? AND region = ? AND substr(name, 1, ?) = ? AND (? = '' OR bus = ?) AND name > ? ORDER BY name LIMIT ?
"""
MAP_ARCHIVES = "SELECT arn, name FROM events_archives WHERE account = ? AND region = ? ORDER BY name"
INSERT_ARCHIVE = """
INSERT INTO events_archives (arn, account, region, name, bus, description, pattern, days, kms_key, created)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
CHANGE_ARCHIVE = "UPDATE events_archives SET description = ?, pattern = ?, days = ?, kms_key = ? WHERE arn = ?"
SET_ARCHIVE_TIMER = "UPDATE events_archives SET timer = ? WHERE arn = ?"
DELETE_ARCHIVE = "DELETE FROM events_archives WHERE arn = ?"

ARCHIVE_EVENT = "INSERT INTO events_archived (archive, time, id, stored, size, event) VALUES (?, ?, ?, ?, ?, ?)"
SIZE_OF_ARCHIVE = "SELECT count(*), coalesce(sum(size), 0) FROM events_archived WHERE archive = ?"
OLDEST_ARCHIVED = "SELECT min(stored) FROM events_archived WHERE archive = ?"
DELETE_OLD = "DELETE FROM events_archived WHERE archive = ? AND stored <= ?"
DELETE_ARCHIVED = "DELETE FROM events_archived WHERE archive = ?"
# Those stored while the replay runs are not of it: their ids are larger than the one at its start.
NEXT_ARCHIVED = """
SELECT time, id, event FROM events_archived
WHERE archive = ? AND (time > ? OR (time = ? AND id > ?)) AND time <= ? AND id <= ? ORDER BY time, id LIMIT ?
"""

_REPLAY = """
SELECT arn, name, archive, description, destination, first, last, state, reason, started, ended, replayed
FROM events_replays
"""
FIND_REPLAY = f"{_REPLAY} WHERE arn = ?"
LIST_REPLAYS = f"""{_REPLAY}
WHERE account = ? AND region = ? AND substr(name, 1, ?) = ? AND (? = '' OR archive = ?) AND (? = '' OR state = ?)
    AND name > ? ORDER BY name LIMIT ?
"""
INSERT_REPLAY = """
INSERT INTO events_replays
    (arn, account, region, name, archive, description, destination, first, last, state, started)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
SET_REPLAY_STATE = "UPDATE events_replays SET state = ?, ended = ? WHERE arn = ?"
FAIL_REPLAY = "UPDATE events_replays SET state = 'FAILED', reason = ?, ended = ? WHERE arn = ?"
ADVANCE_REPLAY = "UPDATE events_replays SET state = 'RUNNING', replayed = ? WHERE arn = ?"
RUNNING_REPLAYS_OF = """
SELECT count(*) FROM events_replays WHERE archive = ? AND state IN ('STARTING', 'RUNNING', 'CANCELLING')
"""
