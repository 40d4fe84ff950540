"""Timestamps of the language: RFC 3339 with a capital T, and a Z or an offset."""

import re
from datetime import UTC, datetime

_TIMESTAMP = re.compile(r"(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})(:\d{2})?(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2})", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse_timestamp(text: object) -> int | None:
    """Nanoseconds since the epoch, None for anything else than an ISO-8601 extended offset date-time."""
    match = _TIMESTAMP.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return None
    day, minutes, seconds, fraction, zone = match.groups()
    try:
        moment = datetime.fromisoformat(f"{day}T{minutes}{seconds or ':00'}{zone.replace('Z', '+00:00')}")
    except ValueError:
        return None
    difference = moment - _EPOCH
    whole = difference.days * 86_400 + difference.seconds
    return whole * 1_000_000_000 + int((fraction or "0").ljust(9, "0"))
