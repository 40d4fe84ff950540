"""Prefixes of Firehose's objects, and the queries for the keys in them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.languages.key_queries import InvalidQuery, KeyQuery
from headwater.languages.object_prefixes import InvalidPrefix, ObjectPrefix, Values

AT = datetime(2026, 3, 7, 15, 4, 5, 678_000, UTC)


@pytest.mark.parametrize(
    ("prefix", "rendered"),
    [
        ("", "2026/03/07/15/"),
        ("logs", "logs2026/03/07/15/"),
        ("a/!{timestamp:yyyy/MM/dd}/", "a/2026/03/07/"),
        ("dt=!{timestamp:yyyy'-'MM'-'dd}/h=!{timestamp:HH}/", "dt=2026-03-07/h=15/"),
        ("!{timestamp:'year='yy', 'MMM d}/", "year=26, Mar 7/"),
        ("!{timestamp:hh:mm:ss.SSS a}/", "03:04:05.678 PM/"),
        ("!{firehose:random-string}/", "xyz/2026/03/07/15/"),
        ("e/!{firehose:error-output-type}/!{timestamp:DDD}/", "e/processing-failed/066/"),
        ("c=!{partitionKeyFromLambda:c}/", "c=ann/"),
    ],
)
def test_prefixes(prefix: str, rendered: str) -> None:
    values = Values(AT, lambda: "xyz", "processing-failed", {("partitionKeyFromLambda", "c"): "ann"})
    assert ObjectPrefix(prefix).render(values) == rendered


@pytest.mark.parametrize("prefix", ["!{what:x}", "!{timestamp:", "!{timestamp:QQQ}", "!{firehose:x}", "!{timestamp:}"])
def test_prefixes_that_are_none(prefix: str) -> None:
    with pytest.raises(InvalidPrefix):
        ObjectPrefix(prefix)


@given(st.text(alphabet="abc/=-_.", max_size=40))
def test_text_is_kept(text: str) -> None:
    assert ObjectPrefix(text).render(Values(AT, str)) == f"{text}2026/03/07/15/"


def test_queries_name_fields() -> None:
    query = KeyQuery('{customer: .order.customer, "first": .items[0].id}')
    assert query.keys(b'{"order":{"customer":"ann"},"items":[{"id":7}]}') == {"customer": "ann", "first": "7"}
    with pytest.raises(ValueError, match="customer has no value"):
        query.keys(b'{"items":[{"id":7}]}')
    with pytest.raises(InvalidQuery):
        KeyQuery("{a: (.b | tostring)}")
