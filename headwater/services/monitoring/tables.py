"""Schema and statements of CloudWatch.

A sample is what one datum told: its sums, and as JSON its values with how often each came (absent for a statistic set).
"""

SCHEMA = (
    # alarms were first kept by the house of the logs, in these very tables
    """
    CREATE TABLE IF NOT EXISTS monitoring_alarms (
        account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, alarm TEXT NOT NULL, tags TEXT NOT NULL,
        PRIMARY KEY (account, region, name)
    );
    DROP TABLE IF EXISTS monitoring_data;
    CREATE TABLE monitoring_metrics (
        id BIGINT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, namespace TEXT NOT NULL,
        name TEXT NOT NULL, dimensions TEXT NOT NULL, last BIGINT NOT NULL,
        UNIQUE (account, region, namespace, name, dimensions)
    );
    CREATE TABLE monitoring_samples (
        id BIGINT PRIMARY KEY, metric BIGINT NOT NULL, at BIGINT NOT NULL, unit TEXT NOT NULL,
        count REAL NOT NULL, total REAL NOT NULL, minimum REAL NOT NULL, maximum REAL NOT NULL, data TEXT
    );
    CREATE INDEX monitoring_samples_by_metric ON monitoring_samples (metric, at);
    CREATE TABLE monitoring_history (
        id BIGINT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, alarm TEXT NOT NULL, type TEXT NOT NULL,
        kind TEXT NOT NULL, at BIGINT NOT NULL, summary TEXT NOT NULL, data TEXT NOT NULL
    );
    CREATE INDEX monitoring_history_by_alarm ON monitoring_history (account, region, alarm, id);
    CREATE TABLE monitoring_dashboards (
        account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL, modified BIGINT NOT NULL,
        PRIMARY KEY (account, region, name)
    );
    """,
)

PUT_ALARM = """
INSERT INTO monitoring_alarms (account, region, name, alarm, tags) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (account, region, name) DO UPDATE SET alarm = excluded.alarm
"""
FIND_ALARM = "SELECT alarm FROM monitoring_alarms WHERE account = ? AND region = ? AND name = ?"
LIST_ALARMS = "SELECT name, alarm FROM monitoring_alarms WHERE account = ? AND region = ? ORDER BY name"
DELETE_ALARM = "DELETE FROM monitoring_alarms WHERE account = ? AND region = ? AND name = ?"
ALARM_TAGS = "SELECT tags FROM monitoring_alarms WHERE account = ? AND region = ? AND name = ?"
SET_ALARM_TAGS = "UPDATE monitoring_alarms SET tags = ? WHERE account = ? AND region = ? AND name = ?"

FIND_METRIC = """
SELECT id FROM monitoring_metrics WHERE account = ? AND region = ? AND namespace = ? AND name = ? AND dimensions = ?
"""
INSERT_METRIC = """
INSERT INTO monitoring_metrics (id, account, region, namespace, name, dimensions, last) VALUES (?, ?, ?, ?, ?, ?, ?)
"""
TOUCH_METRIC = "UPDATE monitoring_metrics SET last = ? WHERE id = ? AND last < ?"
LIST_METRICS = """
SELECT namespace, name, dimensions FROM monitoring_metrics WHERE account = ? AND region = ? AND last >= ?
ORDER BY namespace, name, dimensions
"""
INSERT_SAMPLE = """
INSERT INTO monitoring_samples (id, metric, at, unit, count, total, minimum, maximum, data)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
SAMPLES = """
SELECT at, unit, count, total, minimum, maximum, data FROM monitoring_samples
WHERE metric = ? AND at >= ? AND at < ? ORDER BY at
"""
TRIM_SAMPLES = "DELETE FROM monitoring_samples WHERE metric = ? AND at < ?"

INSERT_HISTORY = """
INSERT INTO monitoring_history (id, account, region, alarm, type, kind, at, summary, data)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
ALARM_HISTORY = """
SELECT id, alarm, type, kind, at, summary, data FROM monitoring_history
WHERE account = ? AND region = ? AND at >= ? AND at <= ? ORDER BY id
"""

PUT_DASHBOARD = """
INSERT INTO monitoring_dashboards (account, region, name, body, modified) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (account, region, name) DO UPDATE SET body = excluded.body, modified = excluded.modified
"""
FIND_DASHBOARD = "SELECT body FROM monitoring_dashboards WHERE account = ? AND region = ? AND name = ?"
LIST_DASHBOARDS = """
SELECT name, body, modified FROM monitoring_dashboards WHERE account = ? AND region = ? ORDER BY name
"""
DELETE_DASHBOARD = "DELETE FROM monitoring_dashboards WHERE account = ? AND region = ? AND name = ?"

# What our own services do is told by the spans; their ids rise with time.
SPANS = """
SELECT started, name, subject, outcome, duration, notes FROM spans
WHERE id >= ? AND id < ? AND account = ? AND region = ? AND name IN ({marks}) AND started >= ? AND started < ?
"""
ANY_SPAN = "SELECT 1 FROM spans WHERE id >= ? LIMIT 1"
SPAN_SUBJECTS = """
SELECT DISTINCT name, subject FROM spans
WHERE id >= ? AND account = ? AND region = ? AND name IN ({marks}) AND subject IS NOT NULL
"""
DEAD = """
SELECT died, handler, payload, code, dead_letter FROM dead_deliveries
WHERE account = ? AND region = ? AND handler = ? AND died >= ? AND died < ?
"""
"""What was given up, by its handler."""
ROUTED = """
SELECT id, routes FROM records WHERE id >= ? AND id <= ? AND channel >= ? AND channel < ? AND routes IS NOT NULL
"""
"""What was published on channels between two names, and went to somebody."""
