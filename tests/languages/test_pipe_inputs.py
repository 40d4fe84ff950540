"""Templates and dynamic parameters of pipes: AWS's documented examples, and that what is filled in stays JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.languages.inputs import InvalidInput
from headwater.languages.pipe_inputs import DynamicText, PipeEvent, PipePath, PipeTemplate

BODY = {"orderId": "123", "items": [{"sku": "a"}, {"sku": "b"}], "say": 'a "word"', "n": 5, "device-id": 9}
RECORD = {"messageId": "m", "body": json.dumps(BODY), "attributes": {"SenderId": "AROA"}, "eventSource": "aws:sqs"}
VARIABLES = {"aws.pipes.pipe-name": "p", "aws.pipes.event.ingestion-time": "2026-11-27T00:00:00Z"}


def render(template: str, record: Any = None) -> str:
    return PipeTemplate(template).render(PipeEvent(record or RECORD, body="body"), VARIABLES)[0]


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("Hello, sender", "Hello, sender"),
        ("<$.attributes.SenderId>", "AROA"),
        ("Hello, <$.attributes.SenderId>", "Hello, AROA"),
        ('"Hello, <$.attributes.SenderId>"', '"Hello, AROA"'),
        ('{"id": <$.body.orderId>, "n": <$.body.n>}', '{"id": "123", "n": 5}'),
        ('{"skus": <$.body.items[*].sku>, "first": <$.body.items[0]>}', '{"skus": ["a","b"], "first": {"sku":"a"}}'),
        ('{"d": <aws.pipes.event.ingestion-time>, "p": "<aws.pipes.pipe-name>!"}', None),
        ("<$.body>", json.dumps(BODY, separators=(",", ":"))),
        ('{"none": <$.body.nothing>, "nor": "<$.no.where>"}', '{"none": "", "nor": ""}'),
        ('{"q": "<$.body[\'device-id\']>"}', '{"q": "9"}'),
        ("<b>bold</b>", "<b>bold</b>"),
    ],
)
def test_documented_templates(template: str, expected: str | None) -> None:
    wanted = expected or '{"d": "2026-11-27T00:00:00Z", "p": "p!"}'
    assert render(template) == wanted


def test_the_event_as_it_came_and_opened() -> None:
    found = json.loads(render('{"came": <aws.pipes.event>, "open": <aws.pipes.event.json>}'))
    assert found == {"came": RECORD, "open": RECORD | {"body": BODY}}


@pytest.mark.parametrize("template", ["<aws.pipes.bogus>", "<aws.events.rule-name>", '{"a": <$.a b>}'])
def test_unknown_places_are_refused(template: str) -> None:
    with pytest.raises(InvalidInput, match="Invalid json path reference or predefined variable for placeholder"):
        PipeTemplate(template)


def test_a_body_that_is_no_json_is_a_text() -> None:
    record = RECORD | {"body": "plain"}
    assert render("<$.body>", record) == "plain"
    assert render('{"b": <$.body>, "x": <$.body.x>}', record) == '{"b": "plain", "x": ""}'


def test_dynamic_parameters() -> None:
    event = PipeEvent(RECORD, body="body")
    assert DynamicText("fixed").of(event) == "fixed"
    assert DynamicText("$.body.orderId").of(event) == "123"
    assert DynamicText("$.body.n").of(event) == "5"
    with pytest.raises(InvalidInput):
        DynamicText("$.body.nothing").of(event)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**50), 2**50) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(json_values)
def test_what_is_filled_in_stays_json(value: Any) -> None:
    event = PipeEvent({"v": value})
    text, free = PipeTemplate('{"bare": <$.v>, "quoted": "<$.v>"}').render(event, {})
    found = json.loads(text)
    assert not free and found["bare"] == value
    assert found["quoted"] == value if isinstance(value, str) else json.loads(found["quoted"]) == value
    assert PipePath("$.v").find(event) == value
