"""Policies: statements, conditions, variables, and what they come to together."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.languages.policies import Circumstances, Decision, decide, parse_policy
from headwater.languages.policies.permissions import BOUNDARY, IDENTITY, Layer, Permissions

QUEUE = "arn:aws:sqs:us-east-1:000000000000:orders"
NOTHING = Circumstances({})


def _policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def _statement(
    effect: str = "Allow", action: Any = "sqs:SendMessage", resource: Any = "*", **more: Any
) -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def _decide(*statements: dict[str, Any], action: str = "sqs:SendMessage", **known: str) -> Decision:
    values = {key.replace("__", ":").lower(): (value,) for key, value in known.items()}
    return decide(parse_policy(_policy(*statements)), action, QUEUE, Circumstances(values))


@pytest.mark.parametrize(
    ("statement", "allowed"),
    [
        (_statement(), True),
        (_statement(action="SQS:sendmessage"), True),
        (_statement(action=["s3:GetObject", "sqs:Send*"]), True),
        (_statement(action="sqs:Send?essage"), True),
        (_statement(action="sqs:Send"), False),
        (_statement(action="*"), True),
        (_statement(resource=QUEUE), True),
        (_statement(resource=QUEUE.upper()), False),
        (_statement(resource="arn:aws:sqs:*:*:ord*"), True),
        (_statement(resource="arn:aws:sqs:*:*:[o]rders"), False),
        ({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, True),
        ({"Effect": "Allow", "NotAction": "sqs:*", "Resource": "*"}, False),
        ({"Effect": "Allow", "Action": "*", "NotResource": QUEUE}, False),
        ({"Effect": "Allow", "Action": "*", "NotResource": f"{QUEUE}-dead"}, True),
    ],
)
def test_actions_and_resources(statement: dict[str, Any], allowed: bool) -> None:
    assert _decide(statement) is (Decision.ALLOWED if allowed else Decision.IMPLICITLY_DENIED)


def test_a_denial_wins() -> None:
    assert _decide(_statement(), _statement("Deny", resource=QUEUE)) is Decision.EXPLICITLY_DENIED
    assert _decide(_statement(), _statement("Deny", resource="arn:aws:sqs:*:*:other")) is Decision.ALLOWED
    assert _decide() is Decision.IMPLICITLY_DENIED


@pytest.mark.parametrize(
    ("operator", "wanted", "value", "holds"),
    [
        ("StringEquals", "a", "a", True),
        ("StringEquals", ["b", "a"], "a", True),
        ("StringEquals", "A", "a", False),
        ("StringNotEquals", ["b", "c"], "a", True),
        ("StringNotEquals", ["b", "a"], "a", False),
        ("StringEqualsIgnoreCase", "A", "a", True),
        ("StringLike", "a*c?", "abbcd", True),
        ("StringLike", "[a]", "a", False),
        ("StringNotLike", "a*", "abc", False),
        ("ArnLike", "arn:aws:sqs:*:*:x", "arn:aws:sqs:r:1:x", True),
        ("NumericLessThan", "10", "9.5", True),
        ("NumericLessThanEquals", 10, "10", True),
        ("NumericGreaterThan", "10", "ten", False),
        ("NumericNotEquals", "1", "2", True),
        ("DateGreaterThan", "2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z", True),
        ("DateLessThan", "1767225600", "2025-12-31", True),
        ("Bool", True, "true", True),
        ("Bool", "false", "true", False),
        ("IpAddress", "10.0.0.0/8", "10.1.2.3", True),
        ("NotIpAddress", ["10.0.0.0/8"], "10.1.2.3", False),
        ("Null", "false", "x", True),
        ("Null", "true", "x", False),
    ],
)
def test_conditions(operator: str, wanted: Any, value: str, holds: bool) -> None:
    found = _decide(_statement(Condition={operator: {"aws:Key": wanted}}), AWS__KEY=value)
    assert found is (Decision.ALLOWED if holds else Decision.IMPLICITLY_DENIED)


@pytest.mark.parametrize(
    ("operator", "holds"),
    [
        ("StringEquals", False),
        ("StringNotEquals", True),
        ("StringEqualsIfExists", True),
        ("ForAllValues:StringEquals", True),
        ("ForAnyValue:StringEquals", False),
        ("ForAnyValue:StringNotEquals", False),
    ],
)
def test_a_key_that_a_request_does_not_have(operator: str, holds: bool) -> None:
    found = _decide(_statement(Condition={operator: {"aws:Key": "a"}}))
    assert found is (Decision.ALLOWED if holds else Decision.IMPLICITLY_DENIED)


@pytest.mark.parametrize(
    ("operator", "values", "holds"),
    [
        ("ForAllValues:StringEquals", ("a", "b"), True),
        ("ForAllValues:StringEquals", ("a", "c"), False),
        ("ForAnyValue:StringEquals", ("c", "b"), True),
        ("ForAnyValue:StringEquals", ("c", "d"), False),
        ("ForAllValues:StringNotEquals", ("c", "d"), True),
        ("ForAnyValue:StringNotEquals", ("a", "d"), True),
        ("ForAnyValue:StringNotEquals", ("a", "b"), False),
    ],
)
def test_a_key_of_several_values(operator: str, values: tuple[str, ...], holds: bool) -> None:
    policy = parse_policy(_policy(_statement(Condition={operator: {"aws:TagKeys": ["a", "b"]}})))
    found = decide(policy, "sqs:SendMessage", QUEUE, Circumstances({"aws:tagkeys": values}))
    assert found is (Decision.ALLOWED if holds else Decision.IMPLICITLY_DENIED)


def test_variables_have_their_values_and_are_taken_literally() -> None:
    own = _statement(resource="arn:aws:sqs:*:*:${aws:PrincipalTag/team}")
    assert _decide(own, **{"aws__PrincipalTag/team": "orders"}) is Decision.ALLOWED
    assert _decide(own, **{"aws__PrincipalTag/team": "*"}) is Decision.IMPLICITLY_DENIED
    assert _decide(own) is Decision.IMPLICITLY_DENIED, "without a value it concerns nothing"
    assert _decide(_statement(resource="arn:aws:sqs:*:*:${aws:x, 'orders'}")) is Decision.ALLOWED
    assert _decide(_statement(resource="arn:aws:sqs:*:*:order${*}")) is Decision.IMPLICITLY_DENIED
    likes = _statement(Condition={"StringLike": {"aws:Key": "${aws:userid}-*"}})
    assert _decide(likes, aws__key="me-1", aws__userid="me") is Decision.ALLOWED


def test_what_hangs_on_the_unknown_is_not_decided() -> None:
    """A role whose policy names a key of which nothing is known here is neither let in nor kept out."""
    known = {"aws:principaltype": ("AssumedRole",)}

    def lacks(*statements: dict[str, Any], complete: bool = True) -> str | None:
        return Permissions([Layer(IDENTITY, parse_policy(_policy(*statements)), complete)], known).lacks(
            "sqs:SendMessage", QUEUE
        )

    condition = {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}
    implicitly = "because no identity-based policy allows the sqs:SendMessage action"
    assert lacks(_statement(Condition=condition)) is None
    assert lacks(_statement(), _statement("Deny", Condition=condition)) is None
    assert lacks(_statement(action="s3:*", Condition=condition)) == implicitly
    assert lacks() == implicitly
    assert lacks(complete=False) is None, "another policy might allow it"
    assert lacks(_statement("Deny"), complete=False) == "with an explicit deny in an identity-based policy"
    wrong = {"StringEquals": {"aws:PrincipalType": "User", "aws:PrincipalOrgID": "o-1"}}
    assert lacks(_statement(Condition=wrong)) == implicitly, "one condition is enough to fail"


def test_a_boundary_bounds() -> None:
    wide, narrow = parse_policy(_policy(_statement(action="*"))), parse_policy(_policy(_statement(action="s3:*")))
    bounded = Permissions([Layer(IDENTITY, wide), Layer(BOUNDARY, narrow)], {})
    assert bounded.lacks("sqs:SendMessage", QUEUE) == (
        "because no permissions boundary allows the sqs:SendMessage action"
    )
    assert bounded.lacks("s3:GetObject", "arn:aws:s3:::b/k") is None
    unknown = Permissions([Layer(IDENTITY, wide), Layer(BOUNDARY, narrow, complete=False)], {})
    assert unknown.lacks("sqs:SendMessage", QUEUE) is None


def test_an_action_on_whichever_resource() -> None:
    permissions = Permissions([Layer(IDENTITY, parse_policy(_policy(_statement(resource=QUEUE))))], {})
    assert permissions.lacks("sqs:SendMessage", "") is None
    assert permissions.lacks("sqs:ListQueues", "") is not None


# ---- properties

_ACTIONS = st.sampled_from(["sqs:SendMessage", "sqs:*", "s3:*", "*", "sqs:Rec*"])
_STATEMENTS = st.builds(
    _statement,
    st.sampled_from(["Allow", "Deny"]),
    _ACTIONS,
    st.sampled_from(["*", QUEUE, f"{QUEUE}*", "arn:aws:s3:::*"]),
    Condition=st.sampled_from([{}, {"Bool": {"aws:A": "true"}}, {"StringNotEquals": {"aws:B": "x"}}]),
)
_RANKS = {Decision.EXPLICITLY_DENIED: 0, Decision.IMPLICITLY_DENIED: 1, Decision.UNDECIDED: 1, Decision.ALLOWED: 2}


@given(st.lists(_STATEMENTS, max_size=5), st.permutations(range(5)))
def test_the_order_of_statements_does_not_matter(statements: list[dict[str, Any]], order: list[int]) -> None:
    moved = [statements[place] for place in order if place < len(statements)]
    assert _decide(*moved) is _decide(*statements)


@given(st.lists(_STATEMENTS, max_size=4), _STATEMENTS)
def test_denials_only_take_away_and_allowances_only_give(
    statements: list[dict[str, Any]], another: dict[str, Any]
) -> None:
    before, after = _RANKS[_decide(*statements)], _RANKS[_decide(*statements, another)]
    assert after <= before if another["Effect"] == "Deny" else after >= before


@given(st.lists(_STATEMENTS, max_size=4), st.sampled_from(["true", "false"]), st.sampled_from(["x", "y", ""]))
def test_what_is_decided_without_knowing_holds_whatever_comes(statements: list[dict[str, Any]], a: str, b: str) -> None:
    policy = parse_policy(_policy(*statements))
    blind = decide(policy, "sqs:SendMessage", QUEUE, Circumstances({}, complete=False))
    values = {"aws:a": (a,), "aws:b": (b,) if b else ()}
    seeing = decide(policy, "sqs:SendMessage", QUEUE, Circumstances(values))
    assert blind is Decision.UNDECIDED or (blind is Decision.ALLOWED) == (seeing is Decision.ALLOWED)


@given(st.text("ab*?[", min_size=1, max_size=6), st.text("ab[*", max_size=6))
def test_wildcards_against_a_plain_reference(pattern: str, text: str) -> None:
    def matches(pattern: str, text: str) -> bool:
        if not pattern:
            return not text
        if pattern[0] == "*":
            return matches(pattern[1:], text) or (bool(text) and matches(pattern, text[1:]))
        return bool(text) and pattern[0] in ("?", text[0]) and matches(pattern[1:], text[1:])

    (statement,) = parse_policy(_policy(_statement(resource=pattern)))
    assert statement.resources.include(text, NOTHING) is matches(pattern, text)
