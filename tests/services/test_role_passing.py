"""Who may hand a role to a service, and what is done in it or weighed by what a text says."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from headwater.client import Headwater
from tests.conftest import Client
from tests.services.lambda_lab import make
from tests.services.test_role_permissions import PASS, _refused
from tests.services.test_user_permissions import Actor, _policy, _user
from tests.settling import settle

_SERVICES = ("lambda", "states", "events", "scheduler", "pipes", "firehose")
SOURCE = "def handler(event, context):\n    return 1\n"


def _role(aws: Client, *services: str, policy: str | None = None) -> str:
    principal = {"Service": [f"{name}.amazonaws.com" for name in services]}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    arn: str = aws("iam").create_role(RoleName="passed", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    if policy:
        aws("iam").put_role_policy(RoleName="passed", PolicyName="p", PolicyDocument=policy)
    return arn


def _attempts(alice: Actor, role: str, account: str) -> dict[str, tuple[int, Callable[[], Any]]]:
    queue = f"arn:aws:sqs:us-east-1:{account}:q"
    machine = {"Id": "1", "Arn": f"arn:aws:states:us-east-1:{account}:stateMachine:m", "RoleArn": role}
    destination = {"RoleARN": role, "BucketARN": "arn:aws:s3:::b"}
    return {
        "lambda": (403, lambda: make(alice("lambda"), "f", SOURCE, Role=role)),
        "states": (400, lambda: alice("stepfunctions").create_state_machine(name="m", roleArn=role, definition=PASS)),
        "events": (400, lambda: alice("events").put_targets(Rule="r", Targets=[machine])),
        "scheduler": (403, lambda: alice("scheduler").create_schedule(
            Name="s", ScheduleExpression="rate(1 day)", FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": queue, "RoleArn": role})),
        "pipes": (403, lambda: alice("pipes").create_pipe(Name="p", Source=queue, Target=queue + "2", RoleArn=role)),
        "firehose": (400, lambda: alice("firehose").create_delivery_stream(
            DeliveryStreamName="d", ExtendedS3DestinationConfiguration=destination)),
    }  # fmt: skip


def test_a_role_is_passed_by_those_who_may(strictly: Client, strict: str, account: str) -> None:
    alice = _user(strictly, strict, policy=_policy(*(f"{name}:*" for name in _SERVICES)))
    for name in ("q", "q2"):
        strictly("sqs").create_queue(QueueName=name)
    strictly("events").put_rule(Name="r", EventPattern='{"source": ["shop"]}')
    made_up = f"arn:aws:iam::{account}:role/made-up"
    _attempts(alice, made_up, account)["states"][1]()
    strictly("stepfunctions").delete_state_machine(stateMachineArn=f"arn:aws:states:us-east-1:{account}:stateMachine:m")
    settle(strictly("sqs"))
    attempts = _attempts(alice, role := _role(strictly, *_SERVICES), account)
    text = (
        f"User: arn:aws:iam::{account}:user/alice is not authorized to perform: iam:PassRole on resource: {role} "
        "because no identity-based policy allows the iam:PassRole action"
    )
    for status, attempt in attempts.values():
        assert _refused(attempt) == ("AccessDeniedException", status, text)
    only = {"Condition": {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}}
    may = _policy("iam:PassRole", resource=role, **only)
    strictly("iam").put_user_policy(UserName="alice", PolicyName="pass", PolicyDocument=may)
    attempts["lambda"][1]()
    assert _refused(attempts["states"][1])[2] == text
    any_service = _policy("iam:PassRole", resource=role)
    strictly("iam").put_user_policy(UserName="alice", PolicyName="pass", PolicyDocument=any_service)
    for name, (_, attempt) in attempts.items():
        if name != "lambda":
            attempt()


def test_all_that_one_request_lacks_is_told(aws: Client, endpoint: str, account: str) -> None:
    alice, role = _user(aws, endpoint), _role(aws, "lambda")
    alice("stepfunctions").create_state_machine(name="m", roleArn=role, definition=PASS)
    headwater = Headwater(endpoint)
    lacking = headwater.permissions(f"arn:aws:iam::{account}:user/alice")
    assert {(each["action"], each["times"]) for each in lacking} == {
        ("states:CreateStateMachine", 1),
        ("iam:PassRole", 1),
    }
    assert [each["sessions"] for each in headwater.permissions(role)] == [["states.amazonaws.com"]]


def test_statements_of_partiql_are_weighed_by_table(strictly: Client, strict: str, account: str) -> None:
    tables = f"arn:aws:dynamodb:us-east-1:{account}:table"
    may = _policy("dynamodb:PartiQLSelect", "dynamodb:PartiQLInsert", resource=f"{tables}/one")
    db = _user(strictly, strict, policy=may)("dynamodb")
    for name in ("one", "two"):
        strictly("dynamodb").create_table(
            TableName=name,
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
    insert = "INSERT INTO \"one\" VALUE {'pk': 'a'}"
    db.execute_statement(Statement=insert)
    select = {name: f"SELECT * FROM \"{name}\" WHERE pk = 'a'" for name in ("one", "two")}
    assert len(db.execute_statement(Statement=select["one"])["Items"]) == 1

    def lacked(action: str, table: str, attempt: Callable[[], Any]) -> None:
        code, status, message = _refused(attempt)
        assert (code, status) == ("AccessDeniedException", 400)
        assert f"perform: dynamodb:{action} on resource: {tables}/{table} because" in message

    lacked("PartiQLSelect", "two", lambda: db.execute_statement(Statement=select["two"]))
    lacked("PartiQLDelete", "one", lambda: db.execute_statement(Statement="DELETE FROM one WHERE pk = 'a'"))
    both = [{"Statement": select["one"]}, {"Statement": select["two"]}]
    lacked("PartiQLSelect", "two", lambda: db.batch_execute_statement(Statements=both))
    lacked("PartiQLSelect", "two", lambda: db.execute_transaction(TransactStatements=both))
    assert _refused(lambda: db.execute_statement(Statement="SELECT"))[0] == "ValidationException"


def test_firehose_writes_in_its_role(aws: Client, endpoint: str, account: str) -> None:
    role = _role(aws, "firehose", policy=_policy("s3:GetBucketLocation"))
    bucket = f"firehose-{account}"
    aws("s3").create_bucket(Bucket=bucket)
    hints = {"SizeInMBs": 1, "IntervalInSeconds": 0}
    aws("firehose").create_delivery_stream(
        DeliveryStreamName="d",
        ExtendedS3DestinationConfiguration={
            "RoleARN": role,
            "BucketARN": f"arn:aws:s3:::{bucket}",
            "BufferingHints": hints,
        },
    )
    settle(aws("sqs"))
    aws("firehose").put_record(DeliveryStreamName="d", Record={"Data": b"a"})
    settle(aws("sqs"))
    assert aws("s3").list_objects_v2(Bucket=bucket)["KeyCount"] == 1
    (lacking,) = Headwater(endpoint).permissions(role)
    assert (lacking["action"], lacking["sessions"]) == ("s3:PutObject", ["d"])
