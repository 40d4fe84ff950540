"""Schema and statements of X-Ray: segments that users send; our own are the spans."""

SCHEMA = (
    """
    CREATE TABLE xray_segments (
        id BIGINT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, trace TEXT NOT NULL,
        segment TEXT NOT NULL, started BIGINT NOT NULL, document TEXT NOT NULL,
        UNIQUE (account, region, trace, segment)
    );
    CREATE INDEX xray_segments_by_time ON xray_segments (started);
    """,
    "CREATE INDEX xray_segments_by_trace ON xray_segments (trace)",
)
PUT_SEGMENT = """
INSERT INTO xray_segments (id, account, region, trace, segment, started, document) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (account, region, trace, segment) DO UPDATE SET document = excluded.document
"""
FIND_SEGMENT = "SELECT document FROM xray_segments WHERE account = ? AND region = ? AND trace = ? AND segment = ?"
SEGMENTS = "SELECT document FROM xray_segments WHERE account = ? AND region = ? AND trace = ? ORDER BY started, id"
SEGMENTS_ANYWHERE = "SELECT document FROM xray_segments WHERE trace = ? ORDER BY started, id"
SEGMENTS_BETWEEN = """
SELECT trace, document FROM xray_segments WHERE account = ? AND region = ? AND started >= ? AND started < ? ORDER BY id
"""
TRIM = "DELETE FROM xray_segments WHERE started < ?"
SPANS_BETWEEN = """
SELECT id, trace, parent, kind, name, subject, account, region, started, duration, outcome, notes, delivery FROM spans
WHERE id >= ? AND id < ? AND account = ? AND region = ? AND started >= ? AND started < ? ORDER BY id LIMIT ?
"""
