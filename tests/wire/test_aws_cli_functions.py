"""lambda, logs and stepfunctions by the AWS CLI, as the services' guides show it."""

from __future__ import annotations

import json
import time

from tests.services.lambda_lab import package
from tests.settling import settle
from tests.wire.aws_cli import Cli

ROLE = "arn:aws:iam::000000000000:role/function"
SOURCE = """
def handler(event, context):
    print("hello from", context.function_name)
    if event.get("fail"):
        raise ValueError("as asked")
    return {"got": event}
"""
CREATE = (
    "lambda create-function --function-name my-function --runtime python3.11 --handler app.handler "
    f"--role {ROLE} --zip-file fileb://function.zip"
)


def test_lambda(cli: Cli) -> None:
    cli.write("function.zip", package(SOURCE))
    arn = cli(f"{CREATE} --environment Variables={{AA=b}} --tags team=x --timeout 10 --memory-size 256")["FunctionArn"]
    cli("lambda wait function-active --function-name my-function")
    cli("lambda wait function-active-v2 --function-name my-function")
    invoke = "lambda invoke --function-name my-function"
    told = cli(f"{invoke} --log-type Tail out.json --payload", '{"key": "value"}')
    assert (told["StatusCode"], told["ExecutedVersion"]) == (200, "$LATEST")
    assert json.loads((cli.folder / "out.json").read_text()) == {"got": {"key": "value"}}
    log = cli(f"{invoke} --log-type Tail out.json --query LogResult --output text --payload", "{}")
    assert log.startswith("U1RBUlQgUmVxdWVzdElk")  # START RequestId, in base64
    failed = cli(f"{invoke} out.json --payload", '{"fail": true}')
    assert failed["FunctionError"] == "Unhandled"
    assert json.loads((cli.folder / "out.json").read_text())["errorMessage"] == "as asked"
    assert cli(f"{invoke} --invocation-type Event out.json --payload", "{}") == {"StatusCode": 202}
    cli.write("function.zip", package(SOURCE.replace('"got"', '"now"')))
    cli("lambda update-function-code --function-name my-function --zip-file fileb://function.zip --publish")
    cli("lambda wait function-updated --function-name my-function")
    cli("lambda update-function-configuration --function-name my-function --memory-size 512")
    cli("lambda create-alias --function-name my-function --name live --function-version 1")
    assert cli(f"{invoke} --qualifier live out.json --payload", '"x"') == {
        "StatusCode": 200,
        "FunctionError": "Unhandled",
        "ExecutedVersion": "1",
    }
    url = cli("lambda create-function-url-config --function-name my-function --auth-type NONE")["FunctionUrl"]
    assert url.startswith("http")
    cli(
        "lambda add-permission --function-name my-function --statement-id s --action lambda:InvokeFunction "
        "--principal s3.amazonaws.com"
    )
    assert json.loads(cli("lambda get-policy --function-name my-function")["Policy"])["Statement"][0]["Sid"] == "s"
    assert cli("lambda get-function --function-name my-function")["Tags"] == {"team": "x"}
    assert [function["FunctionArn"] for function in cli("lambda list-functions")["Functions"]] == [arn]
    cli("lambda delete-function --function-name my-function")
    assert cli.fails("lambda get-function --function-name my-function") == (
        "An error occurred (ResourceNotFoundException) when calling the GetFunction operation: "
        f"Function not found: {arn}"
    )


def test_lambda_reads_a_queue(cli: Cli) -> None:
    cli.write("function.zip", package(SOURCE))
    cli(CREATE)
    url = cli("sqs create-queue --queue-name source")["QueueUrl"]
    mapping = cli(
        "lambda create-event-source-mapping --function-name my-function --batch-size 5 "
        f"--event-source-arn arn:aws:sqs:us-east-1:{cli.account}:source"
    )
    listed = cli("lambda list-event-source-mappings --function-name my-function")["EventSourceMappings"]
    assert [entry["UUID"] for entry in listed] == [mapping["UUID"]]
    cli(f"sqs send-message --queue-url {url} --message-body x")
    settle(cli.endpoint)
    logged = "logs filter-log-events --log-group-name /aws/lambda/my-function --filter-pattern hello"
    assert cli(logged)["events"][0]["message"] == "hello from my-function"
    cli(f"lambda delete-event-source-mapping --uuid {mapping['UUID']}")


def test_layers(cli: Cli) -> None:
    cli.write("layer.zip", package("VALUE = 7", "python/shared.py"))
    layer = cli(
        "lambda publish-layer-version --layer-name my-layer --zip-file fileb://layer.zip "
        "--compatible-runtimes python3.11"
    )["LayerVersionArn"]
    cli.write("function.zip", package("import shared\ndef handler(event, context):\n    return shared.VALUE\n"))
    cli(f"{CREATE} --layers {layer}")
    cli("lambda invoke --function-name my-function out.json")
    assert (cli.folder / "out.json").read_text() == "7"
    assert cli("lambda list-layers")["Layers"][0]["LayerName"] == "my-layer"


def test_logs(cli: Cli) -> None:
    cli("logs create-log-group --log-group-name my-logs --tags a=b")
    cli("logs create-log-stream --log-group-name my-logs --log-stream-name 20150601")
    now = int(time.time() * 1000)
    events = [{"timestamp": now - 2, "message": "first"}, {"timestamp": now - 1, "message": "ERROR second"}]
    cli.write("events", json.dumps(events))
    cli("logs put-log-events --log-group-name my-logs --log-stream-name 20150601 --log-events file://events")
    told = cli("logs get-log-events --log-group-name my-logs --log-stream-name 20150601 --limit 10")["events"]
    assert [event["message"] for event in told] == ["first", "ERROR second"]
    found = cli("logs filter-log-events --log-group-name my-logs --filter-pattern ERROR")["events"]
    assert [event["message"] for event in found] == ["ERROR second"]
    since = f"--start-time {now - 3_600_000} --interleaved"  # what version 2's `logs tail --since 1h` asks for
    assert len(cli(f"logs filter-log-events --log-group-name my-logs {since}")["events"]) == 2
    cli("logs put-retention-policy --log-group-name my-logs --retention-in-days 5")
    (group,) = cli("logs describe-log-groups --log-group-name-prefix my")["logGroups"]
    assert group["retentionInDays"] == 5
    streams = cli("logs describe-log-streams --log-group-name my-logs --order-by LastEventTime --descending")
    assert [stream["logStreamName"] for stream in streams["logStreams"]] == ["20150601"]
    cli("logs delete-log-group --log-group-name my-logs")
    assert cli.fails("logs get-log-events --log-group-name my-logs --log-stream-name x") == (
        "An error occurred (ResourceNotFoundException) when calling the GetLogEvents operation: "
        "The specified log group does not exist."
    )


def test_stepfunctions(cli: Cli) -> None:
    definition = {"StartAt": "Hello", "States": {"Hello": {"Type": "Pass", "Result": "Hello!", "End": True}}}
    cli.write("definition.json", definition)
    create = f"stepfunctions create-state-machine --definition file://definition.json --role-arn {ROLE} --name"
    arn = cli(f"{create} hello")["stateMachineArn"]
    started = cli(f"stepfunctions start-execution --state-machine-arn {arn} --name one --input", '{"a": 1}')
    execution = started["executionArn"]
    describe = f"stepfunctions describe-execution --execution-arn {execution}"
    settle(cli.endpoint)
    told = cli(describe)
    assert (told["status"], told["output"]) == ("SUCCEEDED", '"Hello!"')
    history = cli(f"stepfunctions get-execution-history --execution-arn {execution} --max-items 3")
    assert [event["type"] for event in history["events"]] == [
        "ExecutionStarted",
        "PassStateEntered",
        "PassStateExited",
    ]
    listed = cli(f"stepfunctions list-executions --state-machine-arn {arn} --status-filter SUCCEEDED")
    assert [entry["name"] for entry in listed["executions"]] == ["one"]
    cli.write("definition.json", json.dumps(definition).replace("Hello!", "Bye"))
    update = f"stepfunctions update-state-machine --state-machine-arn {arn} --definition file://definition.json"
    cli(f"{update} --publish")
    assert len(cli(f"stepfunctions list-state-machine-versions --state-machine-arn {arn}")["stateMachineVersions"]) == 1
    express = cli(f"{create} quick --type EXPRESS")["stateMachineArn"]
    sync = cli(f"stepfunctions start-sync-execution --state-machine-arn {express} --input", "{}")
    assert (sync["status"], sync["output"]) == ("SUCCEEDED", '"Bye"')
    activity = cli("stepfunctions create-activity --name work")["activityArn"]
    assert cli("stepfunctions list-activities")["activities"][0]["activityArn"] == activity
    cli(f"stepfunctions delete-state-machine --state-machine-arn {arn}")
    cli.write("definition.json", {"StartAt": "X", "States": {}})
    refused = cli.fails(f"{create} bad")
    assert "An error occurred (InvalidDefinition) when calling the CreateStateMachine operation" in refused
    missing = f"arn:aws:states:us-east-1:{cli.account}:execution:hello:none"
    assert cli.fails(f"stepfunctions describe-execution --execution-arn {missing}") == (
        "An error occurred (ExecutionDoesNotExist) when calling the DescribeExecution operation: "
        f"Execution Does Not Exist: '{missing}'"
    )
