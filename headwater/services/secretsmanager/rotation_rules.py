"""When a secret is to be rotated: windows that open on the hour, in UTC.

Secrets Manager rotates at some time during a window; here it does as the window opens, so that who moves the clock
knows when. https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_schedule.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from headwater.languages.schedules.cron import Cron, InvalidCron, parse_cron
from headwater.languages.schedules.expressions import CronSchedule
from headwater.services.secretsmanager.errors import invalid_parameter

Rules = Mapping[str, Any]
A_SECOND, AN_HOUR, A_DAY = 1000, 3_600_000, 86_400_000
_RATE = re.compile(r"rate\(\s*([0-9]+)\s+(hour|day)s?\s*\)")
_CRON = re.compile(r"cron\((.*)\)")
_LEAST_HOURS, _MOST_DAYS = 4, 999


class Window(NamedTuple):
    """From when until when, in ms; ``end`` is its last second."""

    start: int
    end: int


class Beat(NamedTuple):
    """What an expression says: every so many ms from midnight or the hour (``period``), or the minutes of a cron.
    ``hourly``: it is told in hours, so that a window closes after one."""

    period: int
    cron: Cron | None
    hourly: bool


def check_rules(rules: Rules) -> None:
    """AwsError where the rules of a request mean nothing."""
    days, expression = rules.get("AutomaticallyAfterDays"), rules.get("ScheduleExpression")
    if days is not None and expression is not None:
        raise invalid_parameter("You can't specify both AutomaticallyAfterDays and ScheduleExpression.")
    if days is None and expression is None:
        raise invalid_parameter("You must specify either AutomaticallyAfterDays or ScheduleExpression.")
    beat = _beat(rules)
    hours = _duration(rules)
    if hours is not None and not 1 <= hours <= _longest(beat):
        raise invalid_parameter(
            "The rotation window (Duration) must not extend into the next rotation window or the next UTC day."
        )


def _beat(rules: Rules) -> Beat:
    expression = rules.get("ScheduleExpression")
    if expression is None:
        return Beat(rules["AutomaticallyAfterDays"] * A_DAY, None, hourly=False)
    if rate := _RATE.fullmatch(expression):
        count, hourly = int(rate[1]), rate[2] == "hour"
        if not (_LEAST_HOURS if hourly else 1) <= count <= (_MOST_DAYS * 24 if hourly else _MOST_DAYS):
            raise _invalid(expression, "a secret is rotated every 4 hours at most, and every 999 days at least")
        return Beat(count * (AN_HOUR if hourly else A_DAY), None, hourly)
    if cron := _CRON.fullmatch(expression):
        return _cron_beat(expression, cron[1])
    raise _invalid(expression, "it is neither a rate of hours or days nor a cron expression")


def _cron_beat(expression: str, fields: str) -> Beat:
    try:
        cron = parse_cron(fields)
    except InvalidCron:
        raise _invalid(expression, "it is no cron expression") from None
    if cron.minutes != (0,) or fields.split()[5] != "*":
        raise _invalid(expression, "the minutes must be 0 and the year must be *")
    hourly = len(cron.hours) > 1
    if hourly and _least_gap(cron.hours) < _LEAST_HOURS:
        raise _invalid(expression, "a secret is rotated every 4 hours at most")
    return Beat(0, cron, hourly)


def _least_gap(hours: tuple[int, ...]) -> int:
    following = (*hours[1:], hours[0] + 24)
    return min(later - earlier for earlier, later in zip(hours, following, strict=True))


def _invalid(expression: str, why: str) -> Exception:
    return invalid_parameter(f"Invalid ScheduleExpression {expression}: {why}.")


def _duration(rules: Rules) -> int | None:
    text = rules.get("Duration")
    return int(text[:-1]) if text else None


def _longest(beat: Beat) -> int:
    """How many hours a window may be open."""
    if beat.cron is not None:
        return _least_gap(beat.cron.hours) if beat.hourly else 24 - beat.cron.hours[0]
    return min(24, beat.period // AN_HOUR)


def next_window(rules: Rules, after: int) -> Window | None:
    """The first window after the instant (ms) of the former rotation; None where there is none any more."""
    beat = _beat(rules)
    if beat.cron is not None:
        found = CronSchedule(beat.cron).next_after(after)
        if found is None:
            return None
        start = found
    else:
        unit = AN_HOUR if beat.hourly else A_DAY
        start = after // unit * unit + beat.period
    hours = _duration(rules)
    if hours is None:
        end = start + AN_HOUR if beat.hourly else (start // A_DAY + 1) * A_DAY
    else:
        end = start + hours * AN_HOUR
    return Window(start, end - A_SECOND)


def days_between(rules: Rules, rotated: int, window: Window) -> int:
    """AutomaticallyAfterDays as it is shown: what the rules say, or the days to the next window."""
    if "ScheduleExpression" not in rules:
        return int(rules["AutomaticallyAfterDays"])
    return max(1, -((rotated // A_DAY * A_DAY - window.start) // A_DAY))
