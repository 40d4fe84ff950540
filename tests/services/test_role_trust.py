"""Which roles let whom in: told of where a trust policy does not, refused where policies are enforced."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from headwater.client import Headwater
from tests.conftest import Client
from tests.services.http import ask
from tests.services.lambda_lab import make
from tests.services.test_apigateway_rest import base, document
from tests.services.test_role_permissions import PASS, _refused
from tests.settling import settle

SOURCE = "def handler(event, context):\n    return 1\n"
Trusting = Callable[..., str]


def _trust(*principals: Any, **more: Any) -> str:
    statements = [{"Effect": "Allow", "Principal": p, "Action": "sts:AssumeRole", **more} for p in principals]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def _role(aws: Client, *principals: Any, name: str = "taken", **more: Any) -> str:
    made = aws("iam").create_role(RoleName=name, AssumeRolePolicyDocument=_trust(*principals, **more))
    return str(made["Role"]["Arn"])


def _service(name: str) -> dict[str, str]:
    return {"Service": f"{name}.amazonaws.com"}


def _schedule(aws: Client, role: str, account: str, name: str = "s") -> None:
    target = {"Arn": f"arn:aws:sqs:us-east-1:{account}:q", "RoleArn": role}
    aws("scheduler").create_schedule(
        Name=name, ScheduleExpression="rate(1 day)", FlexibleTimeWindow={"Mode": "OFF"}, Target=target
    )


def _machine(aws: Client, role: str) -> str:
    arn: str = aws("stepfunctions").create_state_machine(name="m", roleArn=role, definition=PASS)["stateMachineArn"]
    return arn


def _stream(aws: Client, role: str, name: str = "d") -> None:
    destination = {"RoleARN": role, "BucketARN": "arn:aws:s3:::b"}
    aws("firehose").create_delivery_stream(DeliveryStreamName=name, ExtendedS3DestinationConfiguration=destination)


def test_each_service_refuses_a_role_that_does_not_let_it_in(strictly: Client, account: str) -> None:
    role = _role(strictly, _service("ec2"))
    strictly("events").put_rule(Name="r", EventPattern='{"source": ["shop"]}')
    target = {"Id": "1", "Arn": f"arn:aws:states:us-east-1:{account}:stateMachine:m", "RoleArn": role}
    attempts: list[tuple[Callable[[], Any], str, str]] = [
        (lambda: make(strictly("lambda"), "f", SOURCE, Role=role), "InvalidParameterValueException",
         "The role defined for the function cannot be assumed by Lambda."),
        (lambda: _machine(strictly, role), "AccessDeniedException",
         "Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume the "
         "provided role."),
        (lambda: _schedule(strictly, role, account), "ValidationException",
         "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."),
        (lambda: strictly("events").put_targets(Rule="r", Targets=[target]), "ValidationException",
         f"Provided role '{role}' cannot be assumed by principal 'events.amazonaws.com'."),
        (lambda: strictly("events").put_rule(Name="r", EventPattern='{"source": ["a"]}', RoleArn=role),
         "ValidationException", f"Provided role '{role}' cannot be assumed by principal 'events.amazonaws.com'."),
        (lambda: _stream(strictly, role), "InvalidArgumentException",
         f"Firehose is unable to assume role {role}. Please check the role provided."),
    ]  # fmt: skip
    for attempt, code, message in attempts:
        assert _refused(attempt) == (code, 400, message)
    names = ("lambda", "states", "scheduler", "events", "firehose")
    strictly("iam").update_assume_role_policy(RoleName="taken", PolicyDocument=_trust(*map(_service, names)))
    for attempt, _, _ in attempts:
        attempt()
    strictly("iam").update_assume_role_policy(RoleName="taken", PolicyDocument=_trust(_service("ec2")))
    update = strictly("lambda").update_function_configuration
    update(FunctionName="f", Timeout=4)
    assert _refused(lambda: update(FunctionName="f", Role=role))[0] == "InvalidParameterValueException"
    change = strictly("stepfunctions").update_state_machine
    machine = f"arn:aws:states:us-east-1:{account}:stateMachine:m"
    assert _refused(lambda: change(stateMachineArn=machine, roleArn=role))[0] == "AccessDeniedException"


def test_what_is_not_known_is_not_said(strictly: Client, account: str) -> None:
    """A role that is not here, one on another path, and conditions of which nothing is known."""
    _machine(strictly, f"arn:aws:iam::{account}:role/made-up")
    _role(strictly, _service("ec2"))
    _schedule(strictly, f"arn:aws:iam::{account}:role/path/taken", account)
    aliased = _role(strictly, _service("lambda"), name="org", Condition={"StringEquals": {"aws:SourceOrgID": "o-1"}})
    make(strictly("lambda"), "f", SOURCE, Role=aliased)
    for number, principal in enumerate(({"Service": "scheduler.us-east-1.amazonaws.com"}, "*", {"AWS": "*"})):
        _schedule(strictly, _role(strictly, principal, name=f"r{number}"), account, f"s{number}")


def test_the_source_and_the_external_id_that_services_say(strictly: Client, account: str) -> None:
    def source(arn: str) -> dict[str, Any]:
        return {"Condition": {"ArnLike": {"aws:SourceArn": arn}, "StringEquals": {"aws:SourceAccount": account}}}

    arn = f"arn:aws:scheduler:us-east-1:{account}"
    _schedule(strictly, _role(strictly, _service("scheduler"), **source(f"{arn}:schedule-group/default")), account)
    wrong = _role(strictly, _service("scheduler"), name="wrong", **source(f"{arn}:schedule/default/*"))
    assert _refused(lambda: _schedule(strictly, wrong, account, "other"))[0] == "ValidationException"
    for name, external in (("own", account), ("others", "999999999999")):
        known = {"Condition": {"StringEquals": {"sts:ExternalId": external}}}
        role = _role(strictly, _service("firehose"), name=name, **known)
        if name == "own":
            _stream(strictly, role)
        else:
            assert _refused(lambda: _stream(strictly, role, "e"))[0] == "InvalidArgumentException"  # noqa: B023


def test_a_pipe_fails_and_an_integration_answers_500(strictly: Client, strict: str, account: str) -> None:
    role = _role(strictly, _service("ec2"))
    for name in ("from", "to"):
        strictly("sqs").create_queue(QueueName=name)
    ends = [f"arn:aws:sqs:us-east-1:{account}:{name}" for name in ("from", "to")]
    strictly("pipes").create_pipe(Name="p", Source=ends[0], Target=ends[1], RoleArn=role)
    settle(strictly("sqs"))
    pipe = strictly("pipes").describe_pipe(Name="p")
    assert pipe["CurrentState"] == "CREATE_FAILED"
    assert "pipes.amazonaws.com is not authorized to perform: sts:AssumeRole" in pipe["StateReason"]
    integration = {
        "type": "aws",
        "httpMethod": "POST",
        "uri": f"arn:aws:apigateway:us-east-1:sqs:path/{account}/to",
        "credentials": role,
        "requestParameters": {"integration.request.header.Content-Type": "'application/x-www-form-urlencoded'"},
        "requestTemplates": {"application/json": "Action=SendMessage&MessageBody=a"},
        "responses": {"default": {"statusCode": "200"}},
    }
    gateway = strictly("apigateway")
    api = gateway.import_rest_api(body=document(a={"post": {"x-amazon-apigateway-integration": integration}}))
    gateway.create_deployment(restApiId=api["id"], stageName="prod")
    address = f"{base(strict, api, 'prod')}/a"
    assert ask("POST", address, "{}").status == 500
    (lacking,) = Headwater(strict).permissions(role)
    assert sorted(lacking["sessions"]) == ["apigateway.amazonaws.com", "pipes.amazonaws.com"]
    assert (lacking["action"], lacking["resource"], lacking["refused"]) == ("sts:AssumeRole", role, True)


def test_who_may_take_a_role_on(strictly: Client, strict: str, account: str) -> None:
    sts = strictly("sts")

    def attempt(role: str, **more: Any) -> str:
        try:
            sts.assume_role(RoleArn=role, RoleSessionName="me", **more)
        except sts.exceptions.ClientError as error:
            text = f"User: arn:aws:iam::{account}:root is not authorized to perform: sts:AssumeRole on resource: {role}"
            assert (error.response["Error"]["Code"], error.response["Error"]["Message"]) == ("AccessDenied", text)
            return "refused"
        return "let in"

    root = {"AWS": f"arn:aws:iam::{account}:root"}
    external = {"Condition": {"StringEquals": {"sts:ExternalId": "secret"}}}
    assert attempt(_role(strictly, _service("lambda"), name="a")) == "refused"
    assert attempt(_role(strictly, root, name="b")) == "let in"
    assert attempt(_role(strictly, {"AWS": account}, name="c")) == "let in"
    assert attempt(_role(strictly, {"AWS": "arn:aws:iam::999999999999:root"}, name="d")) == "refused"
    assert attempt(_role(strictly, {"AWS": f"arn:aws:iam::{account}:user/alice"}, name="e")) == "let in", "perhaps"
    guarded = _role(strictly, root, name="f", **external)
    assert (attempt(guarded), attempt(guarded, ExternalId="other")) == ("refused", "refused")
    assert attempt(guarded, ExternalId="secret") == "let in"
    mfa = {"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}
    assert attempt(_role(strictly, root, name="g", **mfa)) == "let in", "whether there was one is not known"


def test_without_enforcement_it_is_told(aws: Client, endpoint: str, account: str) -> None:
    role = _role(aws, _service("ec2"))
    make(aws("lambda"), "f", SOURCE, Role=role)
    aws("sts").assume_role(RoleArn=role, RoleSessionName="me")
    headwater = Headwater(endpoint)
    (lacking,) = headwater.permissions(role)
    why = "because no role trust policy allows the sts:AssumeRole action"
    assert (lacking["sessions"], lacking["resource"], lacking["reason"], lacking["refused"]) == (
        ["lambda.amazonaws.com"],
        role,
        why,
        False,
    )
    (lacking,) = headwater.permissions(f"arn:aws:iam::{account}:root")
    assert (lacking["resource"], lacking["sessions"], lacking["reason"]) == (role, [], why)
