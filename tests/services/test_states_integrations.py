"""Step Functions calling every other service: names, casing, results, errors; and its CloudFormation types."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.conftest import Client, client_factory
from tests.server import ServerThread
from tests.services.states import ROLE, ended, events, make_machine, one_state, run, settle
from tests.settling import wait_for


@pytest.fixture
def states(aws: Client) -> Any:
    return aws("stepfunctions", inject_host_prefix=False)


def task(resource: str, **parameters: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Parameters": parameters}


def chain(*tasks: dict[str, Any]) -> dict[str, Any]:
    """Tasks one after the other, each result at $.tN."""
    states = {}
    for number, state in enumerate(tasks):
        following = {"Next": f"T{number + 1}"} if number + 1 < len(tasks) else {"End": True}
        states[f"T{number}"] = {"ResultPath": f"$.t{number}", **state, **following}
    return {"StartAt": "T0", "States": states}


def output(described: dict[str, Any]) -> Any:
    assert described["status"] == "SUCCEEDED", described
    return json.loads(described["output"])


@pytest.fixture
def table(aws: Client) -> str:
    aws("dynamodb").create_table(
        TableName="orders",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    wait_for(aws("dynamodb"), "table_exists", TableName="orders")
    return "orders"


def test_dynamodb_items(states: Any, table: str) -> None:
    key = {"id": {"S.$": "$.order"}}
    result = output(
        run(
            states,
            chain(
                task("dynamodb:putItem", TableName=table, Item={**key, "n": {"N": "1"}, "raw": {"B": "AAE="}}),
                task(
                    "dynamodb:updateItem",
                    TableName=table,
                    Key=key,
                    UpdateExpression="SET n = n + :one",
                    ExpressionAttributeValues={":one": {"N": "1"}},
                    ReturnValues="ALL_NEW",
                ),
                task("dynamodb:getItem", TableName=table, Key=key),
                task("aws-sdk:dynamodb:query", TableName=table, KeyConditionExpression="id = :id",
                     ExpressionAttributeValues={":id": {"S.$": "$.order"}}),
                task("dynamodb:deleteItem", TableName=table, Key=key),
            ),
            {"order": "o-1"},
        )
    )  # fmt: skip
    item = {"id": {"S": "o-1"}, "n": {"N": "2"}, "raw": {"B": "AAE="}}
    assert result["t1"]["Attributes"] == item
    assert (result["t2"]["Item"], result["t2"]["SdkHttpMetadata"]["HttpStatusCode"]) == (item, 200)
    assert (result["t3"]["Items"], result["t3"]["Count"]) == ([item], 1)
    assert "SdkHttpMetadata" not in result["t3"]


def test_a_text_alone_is_a_value_to_the_optimised_integration(states: Any, table: str) -> None:
    item = {"id.$": "$.order", "done": {"BOOL": "false"}, "steps": {"L": ["first", {"N": "2"}]}, "left_out": None}
    put = task("dynamodb:putItem", TableName=table, Item=item)
    get = task("dynamodb:getItem", TableName=table, Key={"id": "o-2"})
    result = output(run(states, chain(put, get), {"order": "o-2"}))
    steps = {"L": [{"S": "first"}, {"N": "2"}]}
    assert result["t1"]["Item"] == {"id": {"S": "o-2"}, "done": {"BOOL": False}, "steps": steps}
    described = run(states, chain(task("aws-sdk:dynamodb:getItem", TableName=table, Key={"id": "o-2"})), name="sdk")
    assert described["cause"].endswith("[The value for the field 'id' must be an OBJECT]")


def test_a_condition_that_fails_is_caught(states: Any, table: str) -> None:
    put = task("dynamodb:putItem", TableName=table, Item={"id": {"S": "x"}}, ConditionExpression="attribute_exists(id)")
    put["Catch"] = [{"ErrorEquals": ["DynamoDB.ConditionalCheckFailedException"], "Next": "Caught"}]
    caught = output(run(states, one_state(put)))
    assert caught["Error"] == "DynamoDB.ConditionalCheckFailedException"
    assert caught["Cause"].startswith(
        "The conditional request failed (Service: AmazonDynamoDBv2; Status Code: 400; "
        "Error Code: ConditionalCheckFailedException; Request ID: "
    )
    sdk = task("aws-sdk:dynamodb:putItem", **put["Parameters"])
    described = run(states, one_state(sdk), name="sdk")
    assert described["error"] == "DynamoDb.ConditionalCheckFailedException"


def test_an_error_that_no_model_knows_is_the_services_own(states: Any, table: str) -> None:
    """As AWS's sample of a distributed semaphore catches it, where the lock's item is not there yet:
    https://github.com/aws-samples/aws-stepfunctions-examples (sam/app-control-concurrency-with-dynamodb)."""
    update = {"TableName": table, "Key": {"id": {"S": "x"}}, "UpdateExpression": "SET n = n + :one"}
    update["ExpressionAttributeValues"] = {":one": {"N": "1"}}
    named = {}
    for resource in ("dynamodb:updateItem", "aws-sdk:dynamodb:updateItem"):
        described = run(states, one_state(task(resource, **update)), name=resource.replace(":", "-"))
        named[resource] = described["error"]
        assert described["cause"].startswith("The provided expression refers to an attribute that does not exist")
    assert named["dynamodb:updateItem"] == "DynamoDB.AmazonDynamoDBException"
    assert named["aws-sdk:dynamodb:updateItem"] == "DynamoDb.DynamoDbException"


def test_errors_read_as_the_sdk_puts_them(states: Any) -> None:
    """An answer without a message is null to it; of Amazon S3 it tells a second id."""
    described = run(states, one_state(task("aws-sdk:ssm:getParameter", Name="/nowhere")), name="ssm")
    assert described["error"] == "Ssm.ParameterNotFoundException"
    assert described["cause"].startswith("null (Service: Ssm, Status Code: 400, Request ID: ")
    described = run(states, one_state(task("aws-sdk:s3:getObject", Bucket="nowhere-to-be-found", Key="k")), name="s3")
    assert described["error"] == "S3.NoSuchBucketException"
    assert ", Request ID: " in described["cause"] and ", Extended Request ID: " in described["cause"]
    described = run(states, one_state(task("aws-sdk:s3:headBucket", Bucket="nowhere-to-be-found")), name="head")
    assert described["error"] == "S3.NoSuchBucketException"
    assert described["cause"].startswith("null (Service: S3, Status Code: 404, Request ID: ")


def test_events_are_put(aws: Client, states: Any) -> None:
    sqs = aws("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    aws("events").put_rule(Name="orders", EventPattern='{"source": ["orders"]}')
    aws("events").put_targets(Rule="orders", Targets=[{"Id": "q", "Arn": arn}])
    entry = {"Source": "orders", "DetailType": "OrderPlaced", "Detail": {"order.$": "$.order"}}
    result = output(run(states, one_state(task("events:putEvents", Entries=[entry])), {"order": 7}))
    assert (result["FailedEntryCount"], len(result["Entries"])) == (0, 1)
    (message,) = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]
    assert json.loads(message["Body"])["detail"] == {"order": 7}


def test_topics_and_objects(aws: Client, states: Any) -> None:
    topic = aws("sns").create_topic(Name="orders")["TopicArn"]
    aws("s3").create_bucket(Bucket="receipts-of-states")
    result = output(
        run(
            states,
            chain(
                task("sns:publish", TopicArn=topic, Message={"order": 7}),
                task("aws-sdk:s3:putObject", Bucket="receipts-of-states", Key="o/7.json", Body={"total": 9.5}),
                task("aws-sdk:s3:getObject", Bucket="receipts-of-states", Key="o/7.json"),
                task("aws-sdk:s3:listObjectsV2", Bucket="receipts-of-states"),
            ),
        )
    )
    assert result["t0"]["MessageId"]
    assert json.loads(result["t2"]["Body"]) == {"total": 9.5} and result["t2"]["Metadata"] == {}
    assert [item["Key"] for item in result["t3"]["Contents"]] == ["o/7.json"]


def test_machines_start_machines(aws: Client, states: Any) -> None:
    child = states.create_state_machine(
        name="child", roleArn=ROLE, definition=json.dumps(one_state({"Type": "Pass", "Result": 1}))
    )["stateMachineArn"]  # fmt: skip
    result = output(
        run(
            states,
            chain(
                task("states:startExecution", StateMachineArn=child, Input={"a": 1}, Name="once"),
                task("aws-sdk:sfn:describeExecution", **{"ExecutionArn.$": "$.t0.ExecutionArn"}),
            ),
            name="parent",
        )
    )
    assert result["t0"]["ExecutionArn"].endswith(":execution:child:once")
    assert (result["t1"]["Status"], result["t1"]["Input"]) == ("RUNNING", '{"a":1}')
    assert result["t1"]["StartDate"].endswith("Z")
    assert output(ended(states, result["t0"]["ExecutionArn"])) == 1


def test_a_stack_makes_a_machine(aws: Client, states: Any) -> None:
    definition = {"StartAt": "${First}", "States": {"Go": {"Type": "Pass", "Result": "${Word}", "End": True}}}
    template = {
        "Resources": {
            "Orders": {
                "Type": "AWS::StepFunctions::StateMachine",
                "Properties": {
                    "RoleArn": ROLE,
                    "DefinitionString": json.dumps(definition),
                    "DefinitionSubstitutions": {"First": "Go", "Word": "hello"},
                    "StateMachineType": "STANDARD",
                    "Tags": [{"Key": "team", "Value": "orders"}],
                },
            },
            "Pack": {"Type": "AWS::StepFunctions::Activity", "Properties": {"Name": "pack"}},
        },
        "Outputs": {
            "Arn": {"Value": {"Ref": "Orders"}},
            "Name": {"Value": {"Fn::GetAtt": ["Orders", "Name"]}},
            "Pack": {"Value": {"Ref": "Pack"}},
        },
    }
    cloudformation = aws("cloudformation")
    cloudformation.create_stack(StackName="orders", TemplateBody=json.dumps(template))
    wait_for(cloudformation, "stack_create_complete", StackName="orders")
    (stack,) = cloudformation.describe_stacks(StackName="orders")["Stacks"]
    outputs = {item["OutputKey"]: item["OutputValue"] for item in stack["Outputs"]}
    assert outputs["Arn"].endswith(f":stateMachine:{outputs['Name']}")
    assert outputs["Pack"].endswith(":activity:pack")
    assert {"key": "team", "value": "orders"} in states.list_tags_for_resource(resourceArn=outputs["Arn"])["tags"]
    started = states.start_execution(stateMachineArn=outputs["Arn"])["executionArn"]
    assert output(ended(states, started)) == "hello"
    assert events(states, started)[0]["type"] == "ExecutionStarted"
    cloudformation.delete_stack(StackName="orders")
    wait_for(cloudformation, "stack_delete_complete", StackName="orders")
    assert states.list_state_machines()["stateMachines"] == []


@pytest.mark.parametrize(("pattern", "end"), [("", "TaskFailed"), (".sync:2", "TaskSubmitFailed")])
def test_a_call_that_fails_is_a_submission_that_failed(states: Any, pattern: str, end: str) -> None:
    """Where the task would have waited for more than the call's answer."""
    missing = "arn:aws:states:us-east-1:000000000000:stateMachine:missing"
    failed = run(states, chain(task(f"states:startExecution{pattern}", StateMachineArn=missing)))
    told = events(states, failed["executionArn"])
    assert [event["type"] for event in told[1:]] == [
        "TaskStateEntered", "TaskScheduled", "TaskStarted", end, "ExecutionFailed",
    ]  # fmt: skip
    details = told[4][f"{end[0].lower()}{end[1:]}EventDetails"]
    assert details["resource"] == f"startExecution{pattern}"
    assert details["error"] == "StepFunctions.StateMachineDoesNotExistException"


@pytest.mark.parametrize("how", ["stopped", "failed beside", "done"])
def test_a_task_that_is_aborted_stops_what_it_waits_for(aws: Client, states: Any, how: str) -> None:
    """An execution started with `.sync` is stopped with its parent, or where a branch beside it fails."""
    waits = one_state({"Type": "Wait", "Seconds": 3600} if how != "done" else {"Type": "Pass"})
    child = make_machine(states, waits, "waits")
    calls = {"StartAt": "Call", "States": {"Call": {**task("states:startExecution.sync", StateMachineArn=child)}}}
    calls["States"]["Call"]["End"] = True
    queue = aws("sqs").create_queue(QueueName="gone")["QueueUrl"]
    aws("sqs").delete_queue(QueueUrl=queue)
    beside = task("sqs:sendMessage", QueueUrl=queue, MessageBody="x") if how == "failed beside" else {"Type": "Pass"}
    branches = [calls, {"StartAt": "Beside", "States": {"Beside": {**beside, "End": True}}}]
    parent = make_machine(states, one_state({"Type": "Parallel", "Branches": branches}), "parent")
    started = states.start_execution(stateMachineArn=parent)["executionArn"]
    if how == "stopped":
        settle(states)
        states.stop_execution(executionArn=started)
    settle(states)
    expected = {"stopped": "ABORTED", "failed beside": "FAILED", "done": "SUCCEEDED"}
    assert states.describe_execution(executionArn=started)["status"] == expected[how]
    (run_,) = states.list_executions(stateMachineArn=child)["executions"]
    assert run_["status"] == ("SUCCEEDED" if how == "done" else "ABORTED")
    described = states.describe_execution(executionArn=run_["executionArn"])
    cause = f"The Task state in AWS Step Functions execution [{started}] which was managing this resource was aborted"
    assert described.get("cause") == (None if how == "done" else cause)


def test_two_tasks_may_wait_for_the_same_execution(timed: ServerThread) -> None:
    """One that runs already, under the same name with the same input, is waited for as if it had been started."""
    states = client_factory(timed.endpoint, "111111111111")("stepfunctions")
    child = make_machine(states, one_state({"Type": "Wait", "Seconds": 60}), "shared")
    call = task("states:startExecution.sync:2", StateMachineArn=child, Name="once", Input={})
    branches = [{"StartAt": name, "States": {name: {**call, "End": True}}} for name in ("Left", "Right")]
    pair = make_machine(states, one_state({"Type": "Parallel", "Branches": branches}), "pair")
    started = states.start_execution(stateMachineArn=pair)["executionArn"]
    timed.advance(60_000)
    done = json.loads(ended(states, started)["output"])
    assert [each["Name"] for each in done] == ["once", "once"]


def test_what_kms_has_encrypted_is_decrypted_again(aws: Client, states: Any) -> None:
    kms = aws("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    found = output(
        run(
            states,
            chain(
                task("aws-sdk:kms:encrypt", KeyId=key, Plaintext="password"),
                task("aws-sdk:kms:decrypt", **{"CiphertextBlob.$": "$.t0.CiphertextBlob"}),
            ),
        )
    )
    assert found["t1"]["Plaintext"] == "password"
    blob = base64.b64decode(found["t0"]["CiphertextBlob"])
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"password"
    described = run(states, chain(task("aws-sdk:kms:decrypt", CiphertextBlob="no such")), name="refused")
    assert described["error"] == "Kms.InvalidCiphertextException"
