"""Input paths and transformers, by the examples of AWS's documentation and what was recorded from AWS."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.languages.inputs import InputPath, InputTransformer, InvalidInput, Names

# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
EVENT: dict[str, Any] = {
    "version": "0",
    "id": "7bf73129-1428-4cd3-a780-95db273d1602",
    "detail-type": "EC2 Instance State-change Notification",
    "source": "aws.ec2",
    "account": "123456789012",
    "time": "2015-11-11T21:29:54Z",
    "region": "us-east-1",
    "resources": ["arn:aws:ec2:us-east-1:123456789012:instance/i-abcd1111"],
    "detail": {"instance-id": "i-0123456789", "state": "RUNNING", "cores": 4, "tags": {"a b": [1]}},
}
PATHS = {
    "timestamp": "$.time",
    "instance": "$.detail.instance-id",
    "state": "$.detail.state",
    "resource": "$.resources[0]",
    "cores": "$.detail.cores",
    "tags": "$.detail.tags",
    "missing": "$.detail.nowhere",
}
NAMES = Names("arn:aws:events:us-east-1:123456789012:rule/example", "example", "2015-11-11T21:29:55.000Z")


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ('"instance <instance> is in <state>"', '"instance i-0123456789 is in RUNNING"'),
        (
            '"instance \\"<instance>\\" is in <state>"',
            '"instance \\"i-0123456789\\" is in RUNNING"',
        ),
        (
            '{"instance" : <instance>, "state": "<state>", "status": "instance \\"<instance>\\" is in <state>"}',
            '{"instance" : "i-0123456789", "state": "RUNNING", "status": "instance \\"i-0123456789\\" is in RUNNING"}',
        ),
        ('{"state": [9, <state>, true], "cores": <cores>}', '{"state": [9, "RUNNING", true], "cores": 4}'),
        ('"<instance> on"\n"<timestamp>"', '"i-0123456789 on"\n"2015-11-11T21:29:54Z"'),
        ('"info <missing>"', '"info "'),
        ('{"a": <missing>}', '{"a": ""}'),
        ('{"a": <tags>, "b": "<tags>"}', '{"a": {"a b":[1]}, "b": "{a b:[1]}"}'),
        ('{"r": <aws.events.rule-arn>, "n": "<aws.events.rule-name>"}', f'{{"r": "{NAMES.rule_arn}", "n": "example"}}'),
        ("<aws.events.event.ingestion-time>", '"2015-11-11T21:29:55.000Z"'),
        ('{"e": <aws.events.event.json>}', '{"e": ' + json.dumps(EVENT, separators=(",", ":")) + "}"),
    ],
)
def test_templates(template: str, expected: str) -> None:
    assert InputTransformer(PATHS, template).render(EVENT, NAMES) == expected


def test_the_event_without_its_detail() -> None:
    rendered = InputTransformer({}, "<aws.events.event>").render(EVENT, NAMES)
    assert json.loads(rendered) == {name: value for name, value in EVENT.items() if name != "detail"}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("$", json.dumps(EVENT, separators=(",", ":"))),
        ("$.detail.state", '"RUNNING"'),
        ("$.resources[0]", '"arn:aws:ec2:us-east-1:123456789012:instance/i-abcd1111"'),
        ("$['detail'][\"tags\"]['a b'][0]", "1"),
        ("$.detail-type", '"EC2 Instance State-change Notification"'),
        ("$.resources[7]", "null"),
        ("$.detail.state.deeper", "null"),
    ],
)
def test_paths(path: str, expected: str) -> None:
    assert InputPath(path).render(EVENT) == expected


@pytest.mark.parametrize("path", ["", "detail", "$detail", "$.", "$.a..b", "$.a[", "$.a[x]", "$.a['b]"])
def test_paths_that_are_none(path: str) -> None:
    with pytest.raises(InvalidInput):
        InputPath(path)


def test_variables_may_not_begin_with_aws() -> None:
    with pytest.raises(InvalidInput):
        InputTransformer({"AWSthing": "$.time"}, "<AWSthing>")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-5, 5) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_any_value_stays_json(value: Any) -> None:
    event = {"detail": value}
    whole = InputTransformer({"v": "$.detail"}, '{"v": <v>}').render(event, NAMES)
    assert json.loads(whole) == {"v": value}
    if isinstance(value, str):
        assert json.loads(InputTransformer({"v": "$.detail"}, '{"v": "<v>"}').render(event, NAMES)) == {"v": value}
