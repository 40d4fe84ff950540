"""Schema and statements of EventBridge Scheduler.

A schedule's ``definition`` is what GetSchedule answers beside its names, state and dates, as JSON; ``timer`` the
delivery that fires it next; ``fired`` the time at which one that is due only once was.
"""

SCHEMA = (
    """
    CREATE TABLE scheduler_groups (
        arn TEXT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL,
        state TEXT NOT NULL, tags TEXT NOT NULL, created BIGINT NOT NULL, modified BIGINT NOT NULL
    );
    CREATE TABLE scheduler_schedules (
        arn TEXT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, group_arn TEXT NOT NULL,
        name TEXT NOT NULL, state TEXT NOT NULL, definition TEXT NOT NULL, timer BIGINT, fired BIGINT,
        created BIGINT NOT NULL, modified BIGINT NOT NULL
    );
    CREATE INDEX scheduler_schedules_by_account ON scheduler_schedules (account, region, arn);
    CREATE INDEX scheduler_schedules_by_group ON scheduler_schedules (group_arn, arn);
    CREATE TABLE scheduler_tokens (
        account TEXT NOT NULL, region TEXT NOT NULL, token TEXT NOT NULL, request TEXT NOT NULL, made BIGINT NOT NULL,
        PRIMARY KEY (account, region, token)
    );
    CREATE INDEX scheduler_tokens_by_age ON scheduler_tokens (made);
    """,
)

_GROUP = "SELECT arn, name, state, tags, created, modified FROM scheduler_groups"
FIND_GROUP = f"{_GROUP} WHERE arn = ?"
LIST_GROUPS = f"{_GROUP} WHERE account = ? AND region = ? AND substr(name, 1, ?) = ? AND name > ? ORDER BY name LIMIT ?"
INSERT_GROUP = """
INSERT INTO scheduler_groups (arn, account, region, name, state, tags, created, modified)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
COUNT_GROUPS = "SELECT count(*) FROM scheduler_groups WHERE account = ? AND region = ?"
COUNT_SCHEDULES = "SELECT count(*) FROM scheduler_schedules WHERE account = ? AND region = ?"
SET_GROUP_STATE = "UPDATE scheduler_groups SET state = ?, modified = ? WHERE arn = ?"
SET_GROUP_TAGS = "UPDATE scheduler_groups SET tags = ? WHERE arn = ?"
DELETE_GROUP = "DELETE FROM scheduler_groups WHERE arn = ?"

_SCHEDULE = "SELECT arn, name, state, definition, timer, fired, created, modified FROM scheduler_schedules"
FIND_SCHEDULE = f"{_SCHEDULE} WHERE arn = ?"
_CHOSEN = "(? = '' OR state = ?) AND substr(name, 1, ?) = ? AND arn > ? ORDER BY arn LIMIT ?"
LIST_SCHEDULES = f"{_SCHEDULE} WHERE account = ? AND region = ? AND {_CHOSEN}"
LIST_SCHEDULES_OF_GROUP = f"{_SCHEDULE} WHERE group_arn = ? AND {_CHOSEN}"
SOME_OF_GROUP = "SELECT arn, timer FROM scheduler_schedules WHERE group_arn = ? LIMIT ?"
INSERT_SCHEDULE = """
INSERT INTO scheduler_schedules (arn, account, region, group_arn, name, state, definition, created, modified)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
SET_SCHEDULE = "UPDATE scheduler_schedules SET state = ?, definition = ?, modified = ? WHERE arn = ?"
SET_TIMER = "UPDATE scheduler_schedules SET timer = ? WHERE arn = ?"
SET_FIRED = "UPDATE scheduler_schedules SET timer = NULL, fired = ? WHERE arn = ?"
DELETE_SCHEDULE = "DELETE FROM scheduler_schedules WHERE arn = ?"

PUT_TOKEN = """
INSERT INTO scheduler_tokens (account, region, token, request, made) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (account, region, token) DO UPDATE SET request = excluded.request, made = excluded.made
"""
FIND_TOKEN = "SELECT request FROM scheduler_tokens WHERE account = ? AND region = ? AND token = ? AND made > ?"
EXPIRE_TOKENS = "DELETE FROM scheduler_tokens WHERE made <= ?"
