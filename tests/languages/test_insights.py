"""Logs Insights' queries: what they make of records, and what they are refused with."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.languages.insights import InvalidQuery, Record, UnsupportedCommand, field_names, parse_query
from headwater.languages.insights.values import Instant, ceil_to, floor_to, read_period

EVENTS = [
    (
        1000 * number,
        json.dumps(
            {
                "level": "ERROR" if number % 3 == 0 else "INFO",
                "ms": number * 10,
                "user": {"id": f"u{number % 4}"},
                "ok": number % 2 == 1,
                "tags": ["a", "b"],
            }
        ),
    )
    for number in range(20)
]
EVENTS.append((20_500, "plain text: user=jo, took 15 ms"))


def run(query: str, events: list[tuple[int, str]] = EVENTS, log: str = "1:g") -> list[dict[str, str]]:
    compiled = parse_query(query, 1_000_000)
    records = [
        Record({"@timestamp": Instant(at), "@message": message, "@logStream": "s", "@log": log, "@ptr": str(at)})
        for at, message in sorted(events, reverse=True)
    ]
    rows = compiled.rows([record for record in records if compiled.select(record)], 10_000)
    return [{cell["field"]: cell["value"] for cell in row} for row in rows]


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        (
            "fields @timestamp, user.id, ms / 3 as third | filter level = 'ERROR' | sort ms | limit 2 # the first two",
            [
                {"@timestamp": "1970-01-01 00:00:00.000", "user.id": "u0", "third": "0", "@ptr": "0"},
                {"@timestamp": "1970-01-01 00:00:03.000", "user.id": "u3", "third": "10", "@ptr": "3000"},
            ],
        ),
        (
            "filter ms < 40 | stats count(*), avg(ms) as mean, max(ms) - min(ms) by level | sort level",
            [
                {"level": "ERROR", "count(*)": "2", "mean": "15", "max(ms) - min(ms)": "30"},
                {"level": "INFO", "count(*)": "2", "mean": "15", "max(ms) - min(ms)": "10"},
            ],
        ),
        (
            "stats count(ms), pct(ms, 90) as p by bin(10s) as b | sort b desc",
            [
                {"b": "1970-01-01 00:00:20.000", "count(ms)": "0"},
                {"b": "1970-01-01 00:00:10.000", "count(ms)": "10", "p": "180"},
                {"b": "1970-01-01 00:00:00.000", "count(ms)": "10", "p": "80"},
            ],
        ),
        ("stats count(*) as n by user.id | filter n > 4 | stats sum(n), count(*)", [{"sum(n)": "20", "count(*)": "4"}]),
        ("stats count_distinct(user.id) as u, latest(level) as l", [{"u": "4", "l": "INFO"}]),
        ("stats fromMillis(max(@timestamp)) as t, max(ms) as n", [{"t": "1970-01-01 00:00:20.500", "n": "190"}]),
        (
            "parse @message 'user=*, took * ms' as user, took | filter ispresent(took) | display user, took * 2",
            [{"user": "jo", "took * 2": "30", "@ptr": "20500"}],
        ),
        ("parse /user=(?<u>\\w+)/ | filter u like /^J/ or u like 'o' | fields u", [{"u": "jo", "@ptr": "20500"}]),
        (
            "parse @message 'u*=*o*5 m*' as a, b, c, d | parse @message '*=*zz' as e, f | filter ispresent(a) "
            "| display a, b, c, d, e",
            [{"a": "ser", "b": "j", "c": ", took 1", "d": "s", "@ptr": "20500"}],
        ),
        ("filter ok = true and not (ms >= 30) | fields ms", [{"ms": "10", "@ptr": "1000"}]),
        ("filter ok = 1 and ms in [10, '30', 40] | stats sum(ms) as s", [{"s": "40"}]),
        ("filter tags.1 = 'b' and user.`id` = 'u1' | dedup user.id | fields ms", [{"ms": "170", "@ptr": "17000"}]),
        ("filter ms = 20 | display concat(toupper(level), '-', strlen(level)) as c", [{"c": "INFO-4", "@ptr": "2000"}]),
        ("filter ms = 20 | display isIpv4InSubnet('10.1.2.3', '10.0.0.0/8') as i", [{"i": "1", "@ptr": "2000"}]),
        ("filter ms = 20 | display 2 ^ 3 % 5 as r, -ms as n, coalesce(none, 7) as c", [
            {"r": "3", "n": "-20", "c": "7", "@ptr": "2000"}
        ]),
        ("filter none = 1 or none < 1 or none like /x/", []),
        ("filter none != 1 and level != 'INFO' and ms > 170 | display ms", [{"ms": "180", "@ptr": "18000"}]),
        (
            "filter @message not like /level/",
            [{"@timestamp": "1970-01-01 00:00:20.500", "@message": EVENTS[-1][1], "@ptr": "20500"}],
        ),
        ("filter ms = 1000 | stats count(*) as n", [{"n": "0"}]),
        ("filter ms = 1000 | stats count(*) as n by level", []),
    ],
)  # fmt: skip
def test_what_a_query_tells(query: str, rows: list[dict[str, str]]) -> None:
    assert run(query) == rows


def test_lines_of_functions_tell_their_fields() -> None:
    report = (
        "REPORT RequestId: 8f5\tDuration: 2.31 ms\tBilled Duration: 3 ms\tMemory Size: 128 MB\tMax Memory Used: 40 MB\t"
        "Init Duration: 90.1 ms\t\nXRAY TraceId: 1-5-a\tSegmentId: 7\tSampled: true"
    )
    events = [(1, "START RequestId: 8f5 Version: 1"), (2, report), (3, '[INFO]\tsaid {"a": {"b": [1]}} and more')]
    log = "1:/aws/lambda/f"
    query = "stats max(@memorySize / 1000 / 1000) as m, avg(@duration) as d, max(@initDuration) as i"
    assert run(f"filter @type = 'REPORT' | {query}", events, log) == [{"m": "128", "d": "2.31", "i": "90.1"}]
    assert run("filter @type = 'START' | display @requestId", events, log) == [{"@requestId": "8f5", "@ptr": "1"}]
    assert run("filter a.b.0 = 1 | display a.b.0", events, log) == [{"a.b.0": "1", "@ptr": "3"}]
    assert run("filter a.b.0 = 1", events) == []
    assert field_names(Record({"@message": '{"@x": 1, "y": null}'})) == ["@message", "@@x"]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("fields @timestamp | filtr x", "unexpected symbol found filtr at line 1 and position 21"),
        ("filter x =", "unexpected end of query at line 1 and position 11"),
        ("fields a\n| sort b upwards", "unexpected symbol found upwards at line 2 and position 10"),
        ("stats count(* by x", "unexpected symbol found by at line 1 and position 15"),
        ("filter nothing(x)", "unexpected symbol found nothing at line 1 and position 8"),
        ("fields max(x)", "unexpected symbol found max at line 1 and position 8"),
        ("fields substr(x)", "wrong number of arguments for substr"),
        ("stats count(*) by bin(5 apples)", "unexpected symbol found apples at line 1 and position 25"),
        ("parse @message 'a*b' as x, y", "the number of fields does not match the number of wildcards"),
        ("fields a~b", "unexpected symbol found ~ at line 1 and position 9"),
        ("filter " + "(" * 3000, "the query is nested too deeply"),
    ],
)
def test_what_is_no_query(query: str, message: str) -> None:
    with pytest.raises(InvalidQuery) as error:
        parse_query(query, 0)
    assert str(error.value) == message


def test_commands_that_are_lacking_are_named() -> None:
    with pytest.raises(UnsupportedCommand, match="pattern"):
        parse_query("fields @message | pattern @message", 0)


_WORDS = st.sampled_from(
    (
        *("fields", "filter", "stats", "sort", "parse", "display", "dedup", "limit", "by", "as", "and", "or", "not"),
        *("like", "in", "count(*)", "avg(ms)", "bin(1m)", "ms", "level", "|", ",", "=", "!=", "<", "+", "-", "*", "/"),
        *("^", "%", "(", ")", "[", "]", "'x'", "5", "1m", "/x/", "desc", "@message", "strlen(level)", "coalesce("),
        *("#", "~", "`a", "b`"),
    )
)


@settings(max_examples=150)
@given(st.lists(_WORDS, max_size=14))
def test_any_text_is_a_query_or_is_refused(words: list[str]) -> None:
    try:
        run(" ".join(words))
    except (InvalidQuery, UnsupportedCommand):
        pass


@settings(max_examples=60)
@given(
    st.integers(0, 4_000_000_000_000),
    st.integers(1, 40),
    st.sampled_from(["ms", "secs", "m", "hrs", "d", "w", "mo", "q", "yr"]),
)
def test_an_instant_lies_in_its_period(instant: int, count: int, unit: str) -> None:
    period = read_period(f"{count}{unit}")
    assert period is not None
    start, end = floor_to(instant, period), ceil_to(instant, period)
    assert start <= instant <= end
    assert floor_to(start, period) == start
    assert ceil_to(start, period) == start
    assert (start == end) == (start == instant)
    assert floor_to(end, period) == end
