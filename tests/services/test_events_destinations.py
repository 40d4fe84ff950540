"""Targets beyond the first: APIs, express workflows, buses elsewhere; what PutTargets refuses; policies of buses."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.services.events.bus_policy import PUT_EVENTS, allows
from tests.conftest import Client, client_factory
from tests.services.http import ask

ROLE = "arn:aws:iam::123456789012:role/x"
ENTRY = {"Source": "orders", "DetailType": "OrderPlaced", "Detail": '{"id": 7}'}
PATTERN = '{"source": ["orders"]}'


def queue_of(aws: Client, name: str) -> tuple[str, str]:
    sqs = aws("sqs")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    return url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def message(aws: Client, url: str) -> dict[str, Any]:
    answer = aws("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=20, MessageAttributeNames=["All"])
    (found,) = answer["Messages"]
    aws("sqs").delete_message(QueueUrl=url, ReceiptHandle=found["ReceiptHandle"])
    return dict(found)


def dead_letter(aws: Client, url: str) -> dict[str, str]:
    attributes = message(aws, url)["MessageAttributes"]
    return {name: value["StringValue"] for name, value in attributes.items()}


def route(events: Any, arn: str, bus: str = "default", **target: Any) -> None:
    events.put_rule(Name="r", EventBusName=bus, EventPattern=PATTERN)
    events.put_targets(Rule="r", EventBusName=bus, Targets=[{"Id": "t", "Arn": arn, **target}])


def test_an_api_gets_the_event(aws: Client, account: str) -> None:
    apis = aws("apigatewayv2")
    api = apis.create_api(Name="a", ProtocolType="HTTP")["ApiId"]
    url, _ = queue_of(aws, "q")
    integration = apis.create_integration(
        ApiId=api,
        IntegrationType="AWS_PROXY",
        IntegrationSubtype="SQS-SendMessage",
        PayloadFormatVersion="1.0",
        RequestParameters={"QueueUrl": url, "MessageBody": "$request.body"},
        CredentialsArn=ROLE,
    )["IntegrationId"]
    apis.create_route(ApiId=api, RouteKey="POST /in/{kind}", Target=f"integrations/{integration}")
    apis.create_stage(ApiId=api, StageName="prod", AutoDeploy=True)
    parameters = {"PathParameterValues": ["$.detail-type"]}
    arn = f"arn:aws:execute-api:us-east-1:{account}:{api}/prod/POST/in/*"
    route(aws("events"), arn, HttpParameters=parameters, InputPath="$.detail")
    aws("events").put_events(Entries=[ENTRY])
    assert json.loads(message(aws, url)["Body"]) == {"id": 7}


def test_an_api_that_is_gone_is_dead_at_once(aws: Client, account: str) -> None:
    url, dead = queue_of(aws, "dead")
    route(
        aws("events"),
        f"arn:aws:execute-api:us-east-1:{account}:nothing/prod/GET/x",
        DeadLetterConfig={"Arn": dead},
    )
    aws("events").put_events(Entries=[ENTRY])
    assert dead_letter(aws, url)["ERROR_CODE"] == "NO_RESOURCE"


def test_an_express_workflow_is_started(aws: Client) -> None:
    url, _ = queue_of(aws, "q")
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage",
        "Parameters": {"QueueUrl": url, "MessageBody.$": "$.detail"},
        "End": True,
    }
    made = aws("stepfunctions").create_state_machine(
        name="m", type="EXPRESS", roleArn=ROLE, definition=json.dumps({"StartAt": "S", "States": {"S": task}})
    )
    route(aws("events"), made["stateMachineArn"], RoleArn=ROLE)
    aws("events").put_events(Entries=[ENTRY])
    assert json.loads(message(aws, url)["Body"]) == {"id": 7}


# ---- buses


def test_a_bus_of_another_account_takes_what_its_policy_allows(aws: Client, endpoint: str, account: str) -> None:
    other = str(int(account) + 500_000)
    theirs = client_factory(endpoint, other)
    url, arn = queue_of(theirs, "q")
    bus = theirs("events").create_event_bus(Name="hub")["EventBusArn"]
    route(theirs("events"), arn, bus="hub")
    dead_url, dead = queue_of(aws, "dead")
    events = aws("events")
    with pytest.raises(ClientError, match=f"RoleArn is required for target {bus}"):
        route(events, bus)
    route(events, bus, RoleArn=ROLE, DeadLetterConfig={"Arn": dead})
    events.put_events(Entries=[ENTRY])
    assert dead_letter(aws, dead_url)["ERROR_CODE"] == "NO_PERMISSIONS"
    with pytest.raises(ClientError, match="AccessDeniedException"):
        events.put_events(Entries=[{**ENTRY, "EventBusName": bus}])
    theirs("events").put_permission(EventBusName="hub", Action="events:PutEvents", Principal=account, StatementId="one")
    events.put_events(Entries=[ENTRY])
    got = json.loads(message(theirs, url)["Body"])
    assert (got["account"], got["detail"]) == (account, {"id": 7})
    identity = events.put_events(Entries=[{**ENTRY, "EventBusName": bus}])["Entries"][0]["EventId"]
    assert json.loads(message(theirs, url)["Body"])["id"] == identity


def test_an_event_goes_on_to_one_bus_and_no_further(aws: Client, endpoint: str, account: str) -> None:
    """Two buses that send each other everything: the circle ends by itself."""
    url, dead = queue_of(aws, "dead")
    events = aws("events")
    far = client_factory(endpoint, account, region="eu-west-1")("events")
    bus = far.create_event_bus(Name="far")["EventBusArn"]
    route(events, bus, RoleArn=ROLE)
    route(
        far,
        f"arn:aws:events:us-east-1:{account}:event-bus/default",
        bus="far",
        RoleArn=ROLE,
        DeadLetterConfig={"Arn": dead},
    )
    events.put_events(Entries=[ENTRY])
    assert dead_letter(aws, url)["ERROR_CODE"] == "THIRD_REGION_HOP_DETECTED"


def test_policies_are_kept_with_their_conditions(aws: Client) -> None:
    events = aws("events")
    bus = events.create_event_bus(
        Name="b", Description="d", LogConfig={"IncludeDetail": "FULL", "Level": "TRACE"}, KmsKeyIdentifier="alias/k"
    )["EventBusArn"]
    condition = {"Type": "StringEquals", "Key": "aws:PrincipalOrgID", "Value": "o-1"}
    events.put_permission(
        EventBusName="b", Action="events:PutEvents", Principal="*", StatementId="org", Condition=condition
    )
    described = events.describe_event_bus(Name="b")
    assert described["LogConfig"] == {"IncludeDetail": "FULL", "Level": "TRACE"}
    assert (described["Description"], described["KmsKeyIdentifier"]) == ("d", "alias/k")
    (statement,) = json.loads(described["Policy"])["Statement"]
    assert statement["Condition"] == {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}
    updated = events.update_event_bus(Name="b", Description="e")
    assert (updated["Arn"], updated["Description"]) == (bus, "e")
    events.remove_permission(EventBusName="b", StatementId="org")
    assert "Policy" not in events.describe_event_bus(Name="b")


BUS = "arn:aws:events:us-east-1:111122223333:event-bus/b"
ACCOUNTS = st.sampled_from(["111122223333", "444455556666", "777788889999"])


@settings(max_examples=60)
@given(
    statements=st.lists(
        st.fixed_dictionaries(
            {
                "Effect": st.sampled_from(["Allow", "Deny"]),
                "Principal": st.one_of(
                    st.just("*"),
                    ACCOUNTS.map(lambda each: {"AWS": each}),
                    ACCOUNTS.map(lambda each: {"AWS": [f"arn:aws:iam::{each}:root"]}),
                ),
                "Action": st.sampled_from(["events:PutEvents", "events:*", "events:PutRule", ["*"]]),
                "Resource": st.sampled_from([BUS, f"{BUS}x", "*"]),
                "Condition": st.sampled_from(
                    [
                        {},
                        {"StringEquals": {"events:source": ["a", "b"]}},
                        {"StringLike": {"events:detail-type": "Order*"}},
                        {"StringNotEquals": {"events:source": "a"}},
                        {"StringEquals": {"aws:PrincipalOrgID": "o-1"}},
                    ]
                ),
            }
        ),
        max_size=4,
    ),
    account=ACCOUNTS,
    source=st.sampled_from(["a", "b", "c"]),
)
def test_a_policy_denies_before_it_allows(statements: list[dict[str, Any]], account: str, source: str) -> None:
    asked = {"events:source": source, "events:detail-type": "OrderPlaced"}

    def concerns(statement: dict[str, Any]) -> bool:
        principal = statement["Principal"] == "*" or account in json.dumps(statement["Principal"])
        condition = {
            "[]": True,
            '["StringEquals:events:source"]': source in "ab",
            '["StringLike:events:detail-type"]': True,
            '["StringNotEquals:events:source"]': source != "a",
            '["StringEquals:aws:PrincipalOrgID"]': False,
        }[json.dumps([f"{test}:{key}" for test, keys in statement["Condition"].items() for key in keys])]
        return (
            principal and statement["Action"] != "events:PutRule" and statement["Resource"] != f"{BUS}x" and condition
        )

    hits = {statement["Effect"] for statement in statements if concerns(statement)}
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    assert allows(policy, account, PUT_EVENTS, BUS, asked) == (hits == {"Allow"})


# ---- what PutTargets refuses


HERE = "us-east-1:123456789012"
QUEUE = f"arn:aws:sqs:{HERE}:q"
INVALID, DENIED, LACKING = "ValidationException", "AccessDeniedException", "NotImplemented"
REFUSED: list[tuple[str, dict[str, Any], str, str]] = [
    (
        f"arn:aws:{service}:{HERE}:x",
        {},
        LACKING,
        f"target of the service {service} is not implemented",
    )
    for service in ("ecs", "batch", "redshift", "sagemaker", "inspector", "codebuild", "codepipeline", "ssm", "glue")
]
REFUSED += [
    ("nonsense", {}, INVALID, "Parameter nonsense is not valid. Reason: Provided Arn is not in correct"),
    (f"arn:aws:dynamodb:{HERE}:table/t", {}, INVALID, "Provided Arn is not in correct format."),
    (f"arn:aws:lambda:{HERE}:layer:x", {}, INVALID, "Provided Arn is not in correct format."),
    ("arn:aws:events:us-east-1:::", {}, INVALID, "Provided Arn is not in correct format."),
    (
        f"arn:aws:states:{HERE}:stateMachine:m",
        {},
        DENIED,
        "Adding cross-account target is not permitted.",
    ),
    (f"arn:aws:sns:{HERE}:t.fifo", {}, INVALID, "SNS FIFO topics are not supported as targets."),
    (f"arn:aws:sqs:{HERE}:q.fifo", {}, INVALID, "SqsParameters must be specified for target: t"),
    (
        QUEUE,
        {"HttpParameters": {"PathParameterValues": ["x"]}},
        INVALID,
        "HttpParameters",
    ),
    (QUEUE, {"Input": "{"}, INVALID, "JSON syntax error in input for target t"),
    (QUEUE, {"InputPath": "detail"}, INVALID, "Invalid InputPath for target t"),
    (
        QUEUE,
        {"DeadLetterConfig": {"Arn": f"arn:aws:sns:{HERE}:t"}},
        INVALID,
        "correct format",
    ),
    (
        QUEUE,
        {"DeadLetterConfig": {"Arn": f"arn:aws:sqs:{HERE}:d.fifo"}},
        INVALID,
        "standard",
    ),
    (QUEUE, {"RetryPolicy": {"MaximumRetryAttempts": 186}}, INVALID, "equal to 185"),
    (QUEUE, {"RetryPolicy": {"MaximumEventAgeInSeconds": 59}}, INVALID, "equal to 60"),
    (
        QUEUE,
        {"InputTransformer": {"InputPathsMap": {f"v{n}": "$.id" for n in range(101)}, "InputTemplate": '"x"'}},
        INVALID,
        "less than or equal to 100",
    ),
    (
        QUEUE,
        {"InputTransformer": {"InputTemplate": "x" * 8193}},
        INVALID,
        "less than or equal to 8192",
    ),
    (
        QUEUE,
        {"InputTransformer": {"InputPathsMap": {"awsx": "$.id"}, "InputTemplate": '"x"'}},
        INVALID,
        "Invalid InputTemplate for target t",
    ),
]


@pytest.mark.parametrize(("arn", "target", "code", "words"), REFUSED)
def test_what_put_targets_refuses(aws: Client, arn: str, target: dict[str, Any], code: str, words: str) -> None:
    events = aws("events", parameter_validation=False)
    events.put_rule(Name="r", EventPattern=PATTERN)
    with pytest.raises(ClientError) as error:
        events.put_targets(Rule="r", Targets=[{"Id": "t", "Arn": arn, **target}])
    assert error.value.response["Error"]["Code"] == code
    assert words in error.value.response["Error"]["Message"]
    assert events.list_targets_by_rule(Rule="r")["Targets"] == []


@pytest.mark.parametrize(
    ("name", "request_"),
    [
        ("create_endpoint", {"Name": "e", "RoutingConfig": {}, "EventBuses": []}),
        ("create_partner_event_source", {"Name": "aws.partner/x/y", "Account": "123456789012"}),
        ("list_event_sources", {}),
    ],
)
def test_what_is_lacking_says_so(aws: Client, name: str, request_: dict[str, Any]) -> None:
    with pytest.raises(ClientError) as error:
        getattr(aws("events", parameter_validation=False), name)(**request_)
    assert error.value.response["Error"]["Code"] == "NotImplemented"


def test_global_endpoints_are_refused_by_name(aws: Client) -> None:
    request = b'{"EndpointId": "abc.def", "Entries": [{"Source": "a", "DetailType": "b", "Detail": "{}"}]}'
    answer = ask(
        "POST",
        aws("events").meta.endpoint_url,
        request,
        Content_Type="application/x-amz-json-1.1",
        X_Amz_Target="AWSEvents.PutEvents",
    )
    assert answer.status == 501
    assert b"EndpointId" in answer.body
