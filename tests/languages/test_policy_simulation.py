"""Where statements of policies stand, and which of them decide."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.languages.policies.circumstances import Circumstances
from headwater.languages.policies.decisions import Decision
from headwater.languages.policies.located import locate_statements
from headwater.languages.policies.simulation import Simulation, Source

ALLOW = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [  # as AWS answered
        (
            '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*"}}',
            (1, 38),
            (1, 92),
        ),
        (json.dumps({"Version": "2012-10-17", "Statement": [ALLOW]}), (1, 41), (1, 95)),
        (json.dumps({"Version": "2012-10-17", "Statement": [ALLOW]}, indent=2), (3, 17), (8, 6)),
    ],
)
def test_positions_count_as_aws_does(text: str, start: tuple[int, int], end: tuple[int, int]) -> None:
    (located,) = locate_statements(text)
    assert (located.start, located.end) == (start, end)


@given(
    st.lists(st.fixed_dictionaries({"Sid": st.text(max_size=5), "Effect": st.just("Allow"), "Action": st.just("a:b")}),
             min_size=1, max_size=4),
    st.sampled_from([None, 1, 4]),
    st.booleans(),
)  # fmt: skip
def test_what_stands_between_is_the_statement(statements: list[dict[str, Any]], indent: int | None, last: bool) -> None:
    document = {"Version": "2012-10-17", "Id": "]}", "Statement": statements}
    text = json.dumps(document if last else dict(reversed(document.items())), indent=indent)
    lines = text.split("\n")

    def index(line: int, column: int) -> int:
        return sum(len(each) + 1 for each in lines[: line - 1]) + column - 1

    found = [json.loads(text[index(*each.start) : index(*each.end)].lstrip(" ,\n")) for each in locate_statements(text)]
    assert found == statements


def test_keys_are_of_conditions_and_variables() -> None:
    condition = {"StringLike": {"s3:prefix": ["${aws:PrincipalTag/team, 'none'}/*"], "aws:SourceIp": "${*}"}}
    document = {"Statement": [{**ALLOW, "Resource": "arn:aws:s3:::${aws:username}", "Condition": condition}]}
    (located,) = locate_statements(json.dumps(document))
    assert located.keys == ("aws:username", "s3:prefix", "aws:PrincipalTag/team", "aws:SourceIp")


def _source(*statements: dict[str, Any]) -> Source:
    return Source("p", "IAM Policy", locate_statements(json.dumps({"Statement": list(statements)})))


def test_what_decides() -> None:
    deny = {"Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "*"}
    policy = _source(ALLOW, deny)
    simulation = Simulation([policy], None, None, (), Circumstances({}))
    allowed = simulation.of("s3:GetObject", "*")
    assert (allowed.decision, [each.located for each in allowed.matched]) == (Decision.ALLOWED, [policy.statements[0]])
    denied = simulation.of("s3:DeleteObject", "*")
    assert (denied.decision, len(denied.matched)) == (Decision.EXPLICITLY_DENIED, 1)
    assert simulation.of("sqs:SendMessage", "*") == (Decision.IMPLICITLY_DENIED, (), (), None)
    bounded = simulation._replace(boundary=_source({**ALLOW, "Action": "s3:List*"}))
    assert bounded.of("s3:GetObject", "*")[::3] == (Decision.IMPLICITLY_DENIED, False)
    assert bounded.of("s3:ListBucket", "*")[::3] == (Decision.ALLOWED, True)


def test_a_resource_lets_its_caller_in() -> None:
    alice, root = "arn:aws:iam::111111111111:user/alice", "arn:aws:iam::111111111111:root"
    callers = (alice, "111111111111", root)
    for principal, decision in ((alice, Decision.ALLOWED), (root, Decision.IMPLICITLY_DENIED)):
        beside = _source({**ALLOW, "Principal": {"AWS": principal}})
        assert Simulation([], None, beside, callers, Circumstances({})).of("s3:GetObject", "*").decision is decision


def test_what_is_missing_is_told() -> None:
    guarded = _source({**ALLOW, "Condition": {"StringEquals": {"aws:SourceVpc": "v"}}})
    simulation = Simulation([guarded], None, None, (), Circumstances({}))
    assert simulation.of("s3:GetObject", "*")[:3] == (Decision.IMPLICITLY_DENIED, (), ("aws:SourceVpc",))
    assert simulation.of("sqs:SendMessage", "*").missing == ()
    known = simulation._replace(circumstances=Circumstances({"aws:sourcevpc": ("v",)}))
    assert known.of("s3:GetObject", "*")[::2] == (Decision.ALLOWED, ())
