"""Invoking functions: answers, errors, limits, events with retries and destinations, URLs."""

from __future__ import annotations

import base64
import json
import threading
import urllib.error
import urllib.request
from typing import Any

import pytest
from botocore.exceptions import ClientError

from headwater.client import Headwater
from tests.conftest import Client, client_factory
from tests.server import ServerThread
from tests.services.lambda_lab import Gate, make, package, receive
from tests.settling import settle

FAIL = "def handler(event, context):\n    raise ValueError('no ' + event['id'])\n"


def queue(sqs: Any, name: str) -> tuple[str, str]:
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return url, found["Attributes"]["QueueArn"]


def test_an_answer_with_its_log(aws: Client) -> None:
    lambda_ = aws("lambda")
    make(lambda_, source="def handler(event, context):\n    print('seen', event)\n    return {'ok': event}\n")
    context = base64.b64encode(json.dumps({"custom": {"a": 1}}).encode()).decode()
    result = lambda_.invoke(FunctionName="f", Payload=b'{"x": 1}', LogType="Tail", ClientContext=context)
    assert (result["StatusCode"], result["ExecutedVersion"]) == (200, "$LATEST")
    assert json.loads(result["Payload"].read()) == {"ok": {"x": 1}}
    lines = base64.b64decode(result["LogResult"]).decode().splitlines()
    assert lines[0].startswith("START RequestId: ") and lines[1] == "seen {'x': 1}"
    assert "LogResult" not in lambda_.invoke(FunctionName="f")


def test_the_log_group_is_there_when_the_first_answer_is(aws: Client) -> None:
    """A template may invoke a function by a custom resource, then subscribe to its log group."""
    make(aws("lambda"))
    aws("lambda").invoke(FunctionName="f")
    streams = aws("logs").describe_log_streams(logGroupName="/aws/lambda/f")["logStreams"]
    assert len(streams) == 1


def test_a_function_error(aws: Client) -> None:
    lambda_ = aws("lambda")
    make(lambda_, source=FAIL)
    result = lambda_.invoke(FunctionName="f", Payload=b'{"id": "7"}')
    assert (result["StatusCode"], result["FunctionError"]) == (200, "Unhandled")
    error = json.loads(result["Payload"].read())
    assert (error["errorType"], error["errorMessage"]) == ("ValueError", "no 7")


def test_nothing_is_the_empty_event_and_dry_runs_run_nothing(aws: Client) -> None:
    lambda_ = aws("lambda")
    make(lambda_)
    assert lambda_.invoke(FunctionName="f")["Payload"].read() == b"{}"
    assert lambda_.invoke(FunctionName="f", InvocationType="DryRun")["StatusCode"] == 204


@pytest.mark.parametrize(
    ("request_", "code", "status"),
    [
        ({"Payload": b"{nonsense"}, "InvalidRequestContentException", 400),
        ({"Payload": b'"' + b"x" * 6_300_000 + b'"'}, "RequestTooLargeException", 413),
        ({"Payload": b'"' + b"x" * 1_100_000 + b'"', "InvocationType": "Event"}, "RequestTooLargeException", 413),
        ({"ClientContext": "not base64"}, "InvalidParameterValueException", 400),
        ({"FunctionName": "gone"}, "ResourceNotFoundException", 404),
    ],
)
def test_what_invoke_refuses(aws: Client, request_: dict[str, Any], code: str, status: int) -> None:
    lambda_ = aws("lambda")
    make(lambda_)
    with pytest.raises(ClientError) as caught:
        lambda_.invoke(**{"FunctionName": "f"} | request_)
    response = caught.value.response
    assert (response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]) == (code, status)


def test_reserved_concurrency_throttles(aws: Client) -> None:
    lambda_ = aws("lambda")
    gate = Gate()
    make(lambda_, source=f"{gate.source}\ndef handler(event, context):\n    if event: pass_gate()\n    return 1\n")
    lambda_.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=0)
    with pytest.raises(ClientError) as caught:
        lambda_.invoke(FunctionName="f", Payload=b"0")
    response: Any = caught.value.response
    assert (response["Error"]["Code"], response["Error"]["Message"]) == ("TooManyRequestsException", "Rate Exceeded.")
    assert response["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 429
    lambda_.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=1)
    thread = threading.Thread(target=lambda: lambda_.invoke(FunctionName="f", Payload=b"1"))
    thread.start()
    with gate, gate.arrival(), pytest.raises(ClientError, match="Rate Exceeded"):
        lambda_.invoke(FunctionName="f", Payload=b"0")
    thread.join()
    assert lambda_.invoke(FunctionName="f", Payload=b"0")["Payload"].read() == b"1"


def test_an_event_reaches_its_destination(aws: Client) -> None:
    lambda_, sqs = aws("lambda"), aws("sqs")
    url, arn = queue(sqs, "results")
    function = make(lambda_, source="def handler(event, context):\n    return {'did': event}\n")
    lambda_.put_function_event_invoke_config(
        FunctionName="f", DestinationConfig={"OnSuccess": {"Destination": arn}}, MaximumRetryAttempts=0
    )
    assert lambda_.invoke(FunctionName="f", InvocationType="Event", Payload=b'{"n": 1}')["StatusCode"] == 202
    record = json.loads(receive(sqs, url)[0]["Body"])
    assert record["version"] == "1.0"
    assert record["requestContext"]["functionArn"] == f"{function}:$LATEST"
    assert record["requestContext"]["condition"] == "Success"
    assert record["requestContext"]["approximateInvokeCount"] == 1
    assert (record["requestPayload"], record["responsePayload"]) == ({"n": 1}, {"did": {"n": 1}})
    assert record["responseContext"] == {"statusCode": 200, "executedVersion": "$LATEST"}


def test_an_event_follows_the_settings_of_its_time(aws: Client) -> None:
    lambda_, sqs = aws("lambda"), aws("sqs")
    one, two = queue(sqs, "one"), queue(sqs, "two")
    make(lambda_, source="def handler(event, context):\n    return {'did': event}\n")
    for number, (url, arn) in enumerate((one, two, one)):
        lambda_.put_function_event_invoke_config(
            FunctionName="f", DestinationConfig={"OnSuccess": {"Destination": arn}}
        )
        lambda_.invoke(FunctionName="f", InvocationType="Event", Payload=str(number).encode())
        message = receive(sqs, url)[0]
        assert json.loads(message["Body"])["requestPayload"] == number
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    lambda_.delete_function_event_invoke_config(FunctionName="f")
    lambda_.invoke(FunctionName="f", InvocationType="Event", Payload=b"3")
    settle(lambda_)
    for url, _ in (one, two):
        assert "Messages" not in sqs.receive_message(QueueUrl=url)


def test_a_failed_event_goes_to_both_kinds_of_dead_letters(aws: Client, endpoint: str) -> None:
    lambda_, sqs = aws("lambda"), aws("sqs")
    failures, failures_arn = queue(sqs, "failures")
    letters, letters_arn = queue(sqs, "letters")
    make(lambda_, source=FAIL, DeadLetterConfig={"TargetArn": letters_arn})
    lambda_.put_function_event_invoke_config(
        FunctionName="f", DestinationConfig={"OnFailure": {"Destination": failures_arn}}, MaximumRetryAttempts=0
    )
    lambda_.invoke(FunctionName="f", InvocationType="Event", Payload=b'{"id": "9"}')
    record = json.loads(receive(sqs, failures)[0]["Body"])
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["responseContext"]["functionError"] == "Unhandled"
    assert record["responsePayload"]["errorMessage"] == "no 9"
    letter = receive(sqs, letters)[0]
    assert json.loads(letter["Body"]) == {"id": "9"}
    attributes = {name: value["StringValue"] for name, value in letter["MessageAttributes"].items()}
    assert (attributes["ErrorCode"], attributes["ErrorMessage"]) == ("200", "no 9")
    assert attributes["RequestID"] == record["requestContext"]["requestId"]
    (invoked,) = Headwater(endpoint).trace(attributes["RequestID"])["spans"]
    (last,) = invoked["children"]
    assert (last["outcome"], last["notes"]["given up"]) == ("ValueError", "RetriesExhausted"), "it did not go well"


def test_an_event_is_tried_three_times_over_three_minutes(timed: ServerThread) -> None:
    aws = client_factory(timed.endpoint, "123456789012")
    lambda_, sqs, logs = aws("lambda"), aws("sqs"), aws("logs")
    url, arn = queue(sqs, "failures")
    make(lambda_, source=FAIL)
    lambda_.put_function_event_invoke_config(FunctionName="f", DestinationConfig={"OnFailure": {"Destination": arn}})
    lambda_.invoke(FunctionName="f", InvocationType="Event", Payload=b'{"id": "9"}')

    def attempts() -> int:
        try:
            events = logs.filter_log_events(logGroupName="/aws/lambda/f", filterPattern="START")["events"]
        except logs.exceptions.ResourceNotFoundException:
            return 0
        return sum(event["message"].startswith("START") for event in events)

    settle(lambda_)
    assert attempts() == 1
    # a minute after the first failure, and two after the second
    for first, count in ((59_990, 2), (119_980, 3)):
        timed.advance(first)
        assert attempts() == count - 1
        timed.advance(20)
        assert attempts() == count
    record = json.loads(receive(sqs, url)[0]["Body"])
    assert record["requestContext"]["approximateInvokeCount"] == 3


def test_event_settings(aws: Client) -> None:
    lambda_ = aws("lambda")
    arn = make(lambda_)
    put = lambda_.put_function_event_invoke_config(FunctionName="f", MaximumEventAgeInSeconds=60)
    assert put["FunctionArn"] == f"{arn}:$LATEST"
    lambda_.update_function_event_invoke_config(FunctionName="f", MaximumRetryAttempts=1)
    found = lambda_.get_function_event_invoke_config(FunctionName="f")
    assert (found["MaximumEventAgeInSeconds"], found["MaximumRetryAttempts"]) == (60, 1)
    lambda_.delete_function_event_invoke_config(FunctionName="f")
    with pytest.raises(ClientError, match="doesn't have an EventInvokeConfig"):
        lambda_.get_function_event_invoke_config(FunctionName="f")
    with pytest.raises(ClientError, match="at least one of error handling"):
        lambda_.put_function_event_invoke_config(FunctionName="f")


def test_a_function_calls_us_back_under_the_same_trace(aws: Client, server: ServerThread) -> None:
    lambda_, sqs = aws("lambda"), aws("sqs")
    url, _ = queue(sqs, "out")
    source = """
import boto3, os
def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl=event, MessageBody=os.environ["_X_AMZN_TRACE_ID"])
"""
    make(lambda_, source=source)
    lambda_.invoke(FunctionName="f", Payload=json.dumps(url))
    trace = receive(sqs, url)[0]["Body"].split(";")[0].removeprefix("Root=")
    rows = server.call(
        lambda: server.cloud.engine.store.all("SELECT id, parent, name FROM spans WHERE trace = ?", (trace,))
    )
    spans = {name: (identity, parent) for identity, parent, name in rows}
    assert spans["sqs:SendMessage"][1] == spans["lambda:Invoke"][0]


def test_a_function_url_answers(aws: Client) -> None:
    lambda_ = aws("lambda")
    source = """
def handler(event, context):
    http = event["requestContext"]["http"]
    return {"statusCode": 201, "headers": {"X-Path": event["rawPath"]}, "cookies": ["a=1"],
            "body": http["method"] + " " + event["queryStringParameters"]["q"] + " " + event["body"]}
"""
    make(lambda_, source=source)
    url = lambda_.create_function_url_config(FunctionName="f", AuthType="NONE")["FunctionUrl"]
    request = urllib.request.Request(f"{url}a/b?q=1&q=2", b"hello", {"Content-Type": "text/plain"})
    with urllib.request.urlopen(request) as response:
        assert (response.status, response.read()) == (201, b"POST 1,2 hello")
        assert (response.headers["X-Path"], response.headers["Set-Cookie"]) == ("/a/b", "a=1")
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(url.replace("lambda-url/", "lambda-url/no"))
    caught.value.close()
    assert caught.value.code == 404


def test_a_package_can_be_fetched(aws: Client) -> None:
    make(aws("lambda"))
    location = aws("lambda").get_function(FunctionName="f")["Code"]["Location"]
    with urllib.request.urlopen(location) as response:
        assert response.read() == package()
