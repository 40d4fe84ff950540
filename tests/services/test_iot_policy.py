"""IoT policies as a pure matter."""

from __future__ import annotations

from typing import Any

import pytest

from headwater.services.iot.policies.policy import PolicyError, compile_policy

ARN = "arn:aws:iot:us-east-1:000000000000:"


def allows(statements: list[dict[str, Any]], action: str, resource: str, **variables: str) -> bool:
    known = {name.replace("_", ":"): value for name, value in variables.items()}
    return compile_policy([{"Statement": statements}], known).allows(action, ARN + resource)


def allow(action: Any, resource: Any, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(**condition: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition}


@pytest.mark.parametrize(
    ("statements", "action", "resource", "expected"),
    [
        ([allow("iot:Publish", f"{ARN}topic/a")], "iot:Publish", "topic/a", True),
        ([allow("iot:Publish", f"{ARN}topic/a")], "iot:Publish", "topic/ab", False),
        ([allow("iot:Publish", f"{ARN}topic/a")], "iot:Receive", "topic/a", False),
        ([allow("iot:*", "*")], "iot:Connect", "client/x", True),
        ([allow(["iot:Connect", "iot:Publish"], [f"{ARN}topic/*"])], "iot:Publish", "topic/a/b", True),
        ([allow("iot:Subscribe", f"{ARN}topicfilter/a/+")], "iot:Subscribe", "topicfilter/a/+", True),
        ([allow("iot:Subscribe", f"{ARN}topicfilter/a/+")], "iot:Subscribe", "topicfilter/a/b", False),
        ([allow("iot:Publish", f"{ARN}topic/?")], "iot:Publish", "topic/a", True),
        ([allow("iot:Publish", f"{ARN}topic/?")], "iot:Publish", "topic/ab", False),
        (
            [allow("iot:*", "*"), {"Effect": "Deny", "Action": "iot:Publish", "Resource": f"{ARN}topic/no"}],
            "iot:Publish",
            "topic/no",
            False,
        ),
        ([{"Effect": "Allow", "Action": "iot:*", "NotResource": f"{ARN}topic/no"}], "iot:Publish", "topic/a", True),
        ([{"Effect": "Allow", "Action": "iot:*", "NotResource": f"{ARN}topic/no"}], "iot:Publish", "topic/no", False),
        ([allow("iot:Publish", f"{ARN}topic/${{iot:ClientId}}")], "iot:Publish", "topic/me", True),
        ([allow("iot:Publish", f"{ARN}topic/${{iot:ClientId}}")], "iot:Publish", "topic/you", False),
        ([allow("iot:Publish", f"{ARN}topic/${{iot:Unknown}}")], "iot:Publish", "topic/", False),
        ([allow("iot:*", "*", Condition={"StringEquals": {"iot:ClientId": "me"}})], "iot:Publish", "topic/a", True),
        ([allow("iot:*", "*", Condition={"StringLike": {"iot:ClientId": ["x*"]}})], "iot:Publish", "topic/a", False),
        ([allow("iot:*", "*", Condition={"IpAddress": {"aws:SourceIp": "::"}})], "iot:Publish", "topic/a", False),
        ([allow("iot:*", "*", Condition={"StringNotEquals": {"iot:ClientId": "you"}})], "iot:Connect", "x", True),
        ([allow("iot:*", "*", Condition={"StringEquals": {"iot:None": "x"}})], "iot:Connect", "x", False),
        ([allow("iot:*", "*", Condition={"StringEqualsIfExists": {"iot:None": "x"}})], "iot:Connect", "x", True),
        (
            [allow("iot:*", "*", Condition={"StringEquals": {"iot:ClientId": "${iot:ClientId}"}})],
            "iot:Connect",
            "x",
            True,
        ),
        (
            [allow("iot:*", "*"), deny(StringEqualsIgnoreCase={"iot:ClientId": "${iot:ClientId}"})],
            "iot:Connect",
            "x",
            False,
        ),
        ([allow("iot:*", "*"), deny(StringEqualsIgnoreCase={"iot:ClientId": "ME"})], "iot:Connect", "x", False),
        ([allow("iot:*", "*"), deny(StringLike={"iot:ClientId": "m?"})], "iot:Connect", "x", False),
        ([allow("iot:*", "*"), deny(StringLike={"iot:ClientId": "y*"})], "iot:Connect", "x", True),
        ([allow("iot:*", "*"), deny(Unheard={"iot:ClientId": "1"})], "iot:Connect", "x", False),
        ([], "iot:Publish", "topic/a", False),
    ],
)
def test_decisions(statements: list[dict[str, Any]], action: str, resource: str, expected: bool) -> None:
    assert allows(statements, action, resource, iot_ClientId="me") is expected


def test_addresses() -> None:
    statements = [allow("iot:Connect", "*", Condition={"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "nonsense"]}})]
    for address, expected in (("10.1.2.3", True), ("11.1.2.3", False)):
        policy = compile_policy([{"Statement": statements}], {"aws:SourceIp": address})
        assert policy.allows("iot:Connect", f"{ARN}client/x") is expected


def test_a_client_id_is_not_a_wildcard() -> None:
    statements = [allow("iot:Publish", f"{ARN}topic/${{iot:ClientId}}")]
    assert not allows(statements, "iot:Publish", "topic/anything", iot_ClientId="*")


@pytest.mark.parametrize(
    "document",
    [
        "{",
        "[]",
        "{}",
        '{"Statement": "x"}',
        '{"Statement": [{"Effect": "Maybe", "Action": "a", "Resource": "b"}]}',
        '{"Statement": [{"Effect": "Allow", "Resource": "b"}]}',
        '{"Statement": {"Effect": "Allow", "Action": "a", "Resource": []}}',
    ],
)
def test_what_is_no_policy(document: str) -> None:
    with pytest.raises(PolicyError):
        compile_policy([document], {})
