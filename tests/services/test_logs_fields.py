"""Filter patterns of space-delimited fields: what they match and what they extract."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.services.logs.delimited_pattern import compile_delimited
from headwater.services.logs.filter_pattern import compile_filter
from headwater.services.logs.filter_values import InvalidFilterPattern
from tests.conftest import Client
from tests.settling import settle

LINE = '10.0.0.7 - ann [01/Nov/2026:10:00:00 +0000] "GET /shop/cart.html HTTP/1.1" 404 2326'
VALUES = ["10.0.0.7", "-", "ann", "01/Nov/2026:10:00:00 +0000", "GET /shop/cart.html HTTP/1.1", "404", "2326"]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("[ip, id, user, at, request, status, size]", True),
        ("[ip, id, user, at, request = *.html*, status = 4*, size > 2000]", True),
        ("[ip, id, user, at, request, status, size > 2326]", False),
        ("[ip, id, user, at, request, status >= 400 && status < 500, size]", True),
        ("[ip, id, user, at, request, status = 500 || status = 404, size]", True),
        ("[ip, id, user, at, request, status != 404, size]", False),
        ("[ip = %10\\.0\\.0\\.[1-9]%, ...]", True),
        ("[..., status = 404, size]", True),
        ("[..., status = 404]", False),
        ('[ip, ..., request = "GET /shop/cart.html HTTP/1.1", status, size]', True),
        ("[ip, id, ..., size < 10]", False),
        ("[, , user = ann, ...]", True),
        ("[]", True),
        ("[ip = 10.0.0.7, rest]", True),
        ("[ip = 10.0.0.7]", False),  # the last field is all that is left
        ("[a, b, c, d, e, f, g, h]", False),
    ],
)
def test_matches(pattern: str, expected: bool) -> None:
    assert compile_filter(pattern)(LINE) is expected


@pytest.mark.parametrize(
    "pattern",
    ["[ip, user", "[a, ..., b, ...]", "[a = ]", "[a = 1 || b = 2]", "[a > x]", "[a ~ 1]", "[= 1]", "[a = %(%]"],
)
def test_what_is_no_pattern(pattern: str) -> None:
    with pytest.raises(InvalidFilterPattern):
        compile_filter(pattern)


def test_extracts_by_name_and_by_number() -> None:
    assert compile_delimited("[ip, ..., status = 4*, ]")(LINE) == {
        "$ip": VALUES[0], "$2": "-", "$3": "ann", "$4": VALUES[3], "$5": VALUES[4], "$status": "404", "$7": "2326"
    }  # fmt: skip
    assert compile_delimited("[]")("a b") == {"$1": "a", "$2": "b"}
    assert compile_delimited("[level, text]")("WARN all is lost") == {"$level": "WARN", "$text": "all is lost"}


@given(st.lists(st.from_regex(r"[a-z0-9.:/-]+", fullmatch=True), min_size=1, max_size=8), st.data())
def test_an_ellipsis_stands_for_any_number_of_fields(words: list[str], data: st.DataObject) -> None:
    front = data.draw(st.integers(0, len(words)))
    back = data.draw(st.integers(0, len(words) - front))
    names = [f"f{place}" for place in range(front)]
    tail = [f"b{place}" for place in range(back)]
    found = compile_delimited(f"[{', '.join([*names, '...', *tail])}]")(" ".join(words))
    assert found is not None
    assert [found[f"${name}"] for name in names] == words[:front]
    assert [found[f"${name}"] for name in tail] == words[len(words) - back :]
    assert len(found) == len(words)


def test_a_metric_counts_what_a_field_says(aws: Client) -> None:
    logs, cloudwatch = aws("logs"), aws("cloudwatch")
    logs.create_log_group(logGroupName="access")
    logs.create_log_stream(logGroupName="access", logStreamName="s")
    asked = {"metricName": "Bytes", "metricNamespace": "Web", "metricValue": "$size", "dimensions": {"Who": "$user"}}
    pattern = "[ip, id, user, at, request, status = 4*, size]"
    logs.put_metric_filter(
        logGroupName="access", filterName="bytes", filterPattern=pattern, metricTransformations=[asked]
    )
    at = datetime.now(UTC).replace(second=0, microsecond=0)
    lines = (LINE, LINE.replace("404", "200"), "something else")
    events = [{"timestamp": int(at.timestamp() * 1000), "message": line} for line in lines]
    logs.put_log_events(logGroupName="access", logStreamName="s", logEvents=events)
    settle(logs)
    found = cloudwatch.get_metric_statistics(
        Namespace="Web",
        MetricName="Bytes",
        Dimensions=[{"Name": "Who", "Value": "ann"}],
        Period=60,
        StartTime=at,
        EndTime=at + timedelta(minutes=1),
        Statistics=["Sum"],
    )
    assert [point["Sum"] for point in found["Datapoints"]] == [2326.0]


def test_extracted_values_are_told(aws: Client) -> None:
    logs = aws("logs")
    found = logs.test_metric_filter(filterPattern="[..., status = 404, size]", logEventMessages=["no", LINE])
    assert [match["eventNumber"] for match in found["matches"]] == [2]
    assert found["matches"][0]["extractedValues"]["$size"] == "2326"
    assert found["matches"][0]["extractedValues"]["$1"] == "10.0.0.7"
    with pytest.raises(logs.exceptions.InvalidParameterException):
        logs.test_metric_filter(filterPattern="[a = 1 || b = 2]", logEventMessages=["x"])
