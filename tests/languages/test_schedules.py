"""Schedule expressions: AWS's documented examples, daylight saving, and a naive reference."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.languages.schedules import InvalidSchedule, parse_schedule
from headwater.languages.schedules.cron import parse_cron


def ms(text: str, zone: str = "UTC") -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


def dues(expression: str, after: str, count: int, zone: str = "UTC") -> list[str]:
    schedule = parse_schedule(expression)
    instant: int | None = ms(after, zone)
    found = []
    for _ in range(count):
        assert instant is not None
        instant = schedule.next_after(instant, zone)
        if instant is None:
            break
        found.append(datetime.fromtimestamp(instant / 1000, ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M"))
    return found


# The examples of https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("cron(0 10 * * ? *)", ["2026-01-01T10:00", "2026-01-02T10:00"]),
        ("cron(15 12 * * ? *)", ["2026-01-01T12:15", "2026-01-02T12:15"]),
        ("cron(0 18 ? * MON-FRI *)", ["2026-01-01T18:00", "2026-01-02T18:00", "2026-01-05T18:00"]),
        ("cron(0 8 1 * ? *)", ["2026-01-01T08:00", "2026-02-01T08:00"]),
        ("cron(0/15 * * * ? *)", ["2026-01-01T00:15", "2026-01-01T00:30"]),
        ("cron(0/5 8-17 ? * MON-FRI *)", ["2026-01-01T08:00", "2026-01-01T08:05"]),
        ("cron(0 9 ? * 2#1 *)", ["2026-01-05T09:00", "2026-02-02T09:00"]),
        ("cron(15 10 ? * 6L 2026-2027)", ["2026-01-30T10:15", "2026-02-27T10:15"]),
        ("cron(0 0 L * ? *)", ["2026-01-31T00:00", "2026-02-28T00:00"]),
        ("cron(0 0 3W * ? *)", ["2026-01-02T00:00", "2026-02-03T00:00"]),
        ("cron(0 0 1W AUG ? *)", ["2026-08-03T00:00", "2027-08-02T00:00"]),
        ("cron(0 0 29 2 ? *)", ["2028-02-29T00:00", "2032-02-29T00:00"]),
        ("cron(0 0 ? * FRI-MON *)", ["2026-01-02T00:00", "2026-01-03T00:00", "2026-01-04T00:00", "2026-01-05T00:00"]),
        ("cron(0 0 1 1 ? 2025)", []),
        ("rate(5 minutes)", ["2026-01-01T00:05", "2026-01-01T00:10"]),
        ("rate(1 day)", ["2026-01-02T00:00"]),
        ("at(2026-03-01T10:00:00)", ["2026-03-01T10:00"]),
        ("at(2025-03-01T10:00:00)", []),
    ],
)
def test_documented_examples(expression: str, expected: list[str]) -> None:
    assert dues(expression, "2026-01-01T00:00", max(len(expected), 1)) == expected


@pytest.mark.parametrize(
    "expression",
    [
        *("", "rate(0 minutes)", "rate(1 minutes)", "rate(2 minute)", "rate(-1 hours)", "rate(5 seconds)"),
        *("rate(1.5 hours)", "cron()", "cron(* * * * *)", "cron(0 0 * * * *)", "cron(0 0 ? * ? *)"),
        *("cron(60 0 * * ? *)", "cron(0 24 * * ? *)", "cron(0 0 32 * ? *)", "cron(0 0 0 * ? *)"),
        *("cron(0 0 * 13 ? *)", "cron(0 0 ? * 8 *)", "cron(0 0 ? * 6#6 *)", "cron(0 0 * * ? 1969)"),
        *("cron(5-1 0 * * ? *)", "cron(0/0 0 * * ? *)", "cron(a 0 * * ? *)", "cron(0 0 ? * XYZ *)"),
        *("at(2026-13-01T00:00:00)", "at(2026-01-01)", "every day", "cron(0 0 1,L * ? *)"),
    ],
)
def test_invalid_expressions(expression: str) -> None:
    with pytest.raises(InvalidSchedule) as caught:
        parse_schedule(expression)
    assert str(caught.value) == "Parameter ScheduleExpression is not valid."


def test_a_minute_that_the_clocks_skip_is_not_run_that_day() -> None:
    # New York, 8 March 2026: from 02:00 to 03:00
    assert dues("cron(30 2 * * ? *)", "2026-03-06T12:00", 2, "America/New_York") == [
        "2026-03-07T02:30",
        "2026-03-09T02:30",
    ]
    assert dues("cron(0/30 1-3 8 3 ? 2026)", "2026-03-08T00:00", 9, "America/New_York") == [
        "2026-03-08T01:00",
        "2026-03-08T01:30",
        "2026-03-08T03:00",
        "2026-03-08T03:30",
    ]


def test_a_time_that_the_clocks_skip_moves_on_with_them() -> None:
    assert dues("at(2026-03-08T02:30:00)", "2026-03-07T12:00", 1, "America/New_York") == ["2026-03-08T03:30"]


def test_days_of_a_rate_have_24_hours() -> None:
    assert dues("rate(1 day)", "2026-03-07T12:00", 2, "America/New_York") == ["2026-03-08T13:00", "2026-03-09T13:00"]


@given(st.integers(1, 500), st.integers(-(10**9), 10**9), st.integers(0, 10**10))
def test_a_rate_goes_on_from_where_it_began(minutes: int, start: int, later: int) -> None:
    schedule = parse_schedule(f"rate({minutes} minutes)", loose=True)
    now = start + later
    due = schedule.resume(start, now)
    assert due is not None and (due - start) % (minutes * 60_000) == 0 and now < due <= now + minutes * 60_000
    first = schedule.first(now, start)
    assert first is not None and (first - start) % (minutes * 60_000) == 0 and now <= first <= now + minutes * 60_000
    assert schedule.first(now, None) == now
    assert schedule.first(now, now + 5) == now + 5


def test_first_times() -> None:
    at = parse_schedule("at(2026-03-01T10:00:00)")
    assert at.first(ms("2026-05-01T00:00"), None) == ms("2026-03-01T10:00")
    cron = parse_schedule("cron(0 10 * * ? *)")
    now = ms("2026-05-01T00:00")
    assert cron.first(now, None) == ms("2026-05-01T10:00")
    assert cron.first(now, ms("2026-05-03T10:00")) == ms("2026-05-03T10:00")
    assert cron.resume(now, ms("2026-05-05T10:00")) == ms("2026-05-06T10:00")


@pytest.mark.parametrize("expression", ["rate(1 minutes)", "rate(5 minute)", "rate(1 hour)"])
def test_scheduler_is_not_strict_about_units(expression: str) -> None:
    assert parse_schedule(expression, loose=True).next_after(0)


def test_a_repeated_minute_is_run_once() -> None:
    # New York, 1 November 2026: 01:30 comes twice
    assert dues("cron(30 1 * * ? *)", "2026-10-31T12:00", 2, "America/New_York") == [
        "2026-11-01T01:30",
        "2026-11-02T01:30",
    ]


def test_an_unknown_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="Mars"):
        parse_schedule("cron(0 0 * * ? *)").next_after(0, "Mars/Olympus")


def field(lowest: int, highest: int) -> st.SearchStrategy[str]:
    number = st.integers(lowest, highest)
    part = st.one_of(
        number.map(str),
        st.builds(lambda a, b: f"{min(a, b)}-{max(a, b)}", number, number),
        st.builds(lambda a, step: f"{a}/{step}", number, st.integers(1, 20)),
        st.builds(lambda step: f"*/{step}", st.integers(1, 20)),
    )
    return st.just("*") | st.lists(part, min_size=1, max_size=3).map(",".join)


def meant(text: str, lowest: int, highest: int) -> set[int]:
    """The reference: every number, asked of every part."""
    found = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        start, _, end = span.partition("-")
        first = lowest if span == "*" else int(start)
        last = int(end) if end else (highest if step or span == "*" else first)
        found |= {
            value
            for value in range(lowest, highest + 1)
            if first <= value <= last and (value - first) % int(step or 1) == 0
        }
    return found


@given(field(0, 59), field(0, 23), field(1, 31), field(1, 12), st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)))
@settings(max_examples=60)
def test_agrees_with_the_reference(minutes: str, hours: str, days: str, months: str, wall: datetime) -> None:
    found = parse_cron(f"{minutes} {hours} {days} {months} ? *").next_after(wall)
    if found is None:  # such as 31 February
        assert not {(m, d) for m in meant(months, 1, 12) for d in meant(days, 1, 31)} - {
            (2, 30),
            (2, 31),
            (4, 31),
            (6, 31),
            (9, 31),
            (11, 31),
        }
        return
    assert found > wall

    def matches(time: datetime) -> bool:
        return (
            time.minute in meant(minutes, 0, 59)
            and time.hour in meant(hours, 0, 23)
            and time.day in meant(days, 1, 31)
            and time.month in meant(months, 1, 12)
        )

    assert matches(found) and not found.second and not found.microsecond
    start = wall.replace(second=0, microsecond=0) + timedelta(minutes=1)
    probes = (start + timedelta(minutes=n) for n in range(min(3000, int((found - start).total_seconds() // 60))))
    assert not any(matches(probe) for probe in probes)


@given(
    st.integers(946_684_800_000, 4_000_000_000_000),
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]),
)
def test_due_times_come_after_and_whole_minutes(instant: int, zone: str) -> None:
    due = parse_schedule("cron(7/20 * * * ? *)").next_after(instant, zone)
    assert due is not None and instant < due <= instant + 2 * 3_600_000
    assert datetime.fromtimestamp(due / 1000, UTC).second == 0
