"""The operations that are measured: what they need, and the request as boto3 sends it."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.awsrequest import AWSPreparedRequest
from botocore.config import Config

ROLE = "arn:aws:iam::000000000000:role/bench"
ITEM = {
    "pk": {"S": "order#1"},
    "sk": {"S": "line#1"},
    "data": {"S": "d" * 900},
    "amount": {"N": "1"},
    "tags": {"L": [{"S": "a"}, {"S": "b"}]},
    "n": {"N": "0"},
}
KEY = {"pk": {"S": "order#1"}, "sk": {"S": "line#1"}}
PASS_THREE = {
    "StartAt": "A",
    "States": {
        "A": {"Type": "Pass", "Next": "B"},
        "B": {"Type": "Pass", "Result": {"ok": True}, "ResultPath": "$.b", "Next": "C"},
        "C": {"Type": "Pass", "Parameters": {"id.$": "$.id", "b.$": "$.b"}, "End": True},
    },
}
Prepare = Callable[["Aws"], list[bytes]]


class _Captured(Exception):
    def __init__(self, request: AWSPreparedRequest) -> None:
        self.request = request


class Aws:
    """boto3 clients of one endpoint, and what they would send."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._clients: dict[str, Any] = {}

    def __call__(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = boto3.client(
                service,
                endpoint_url=self.endpoint,
                region_name="us-east-1",
                aws_access_key_id="test",
                aws_secret_access_key="test",
                config=Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"}),
            )
        return self._clients[service]

    def capture(self, service: str, operation: str, **parameters: Any) -> bytes:
        """The bytes of a request, which is not sent."""

        def stop(request: AWSPreparedRequest, **_: Any) -> None:
            raise _Captured(request)

        client = self(service)
        client.meta.events.register("before-send", stop, unique_id="capture")
        try:
            getattr(client, operation)(**parameters)
        except _Captured as captured:
            return _as_bytes(captured.request)
        finally:
            client.meta.events.unregister("before-send", stop, unique_id="capture")
        raise AssertionError("boto3 sent nothing")


def _as_bytes(request: AWSPreparedRequest) -> bytes:
    url = urlsplit(request.url)
    body = request.body or b""
    if hasattr(body, "read"):
        body.seek(0)
        body = body.read()
    if isinstance(body, str):
        body = body.encode()
    headers = {name: value.decode() if isinstance(value, bytes) else value for name, value in request.headers.items()}
    headers = {name: value for name, value in headers.items() if name.lower() not in ("expect", "transfer-encoding")}
    headers |= {"Host": url.netloc, "Content-Length": str(len(body))}
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"{request.method} {target} HTTP/1.1\r\n{lines}\r\n".encode() + bytes(body)


def _queue(aws: Aws, name: str) -> tuple[str, str]:
    url = aws("sqs").create_queue(QueueName=name)["QueueUrl"]
    arn = aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    return url, arn


def sqs_send(aws: Aws) -> list[bytes]:
    url, _ = _queue(aws, "bench-send")
    return [aws.capture("sqs", "send_message", QueueUrl=url, MessageBody="x" * 256)]


def sqs_receive(aws: Aws) -> list[bytes]:
    url, _ = _queue(aws, "bench-receive")
    entries = [{"Id": str(number), "MessageBody": "x" * 256} for number in range(10)]
    for _ in range(500):
        aws("sqs").send_message_batch(QueueUrl=url, Entries=entries)
    return [aws.capture("sqs", "receive_message", QueueUrl=url, MaxNumberOfMessages=1, VisibilityTimeout=0)]


def put_events(aws: Aws, rules: int = 1) -> list[bytes]:
    _, arn = _queue(aws, f"bench-events-{rules}")
    bus = f"bench-{rules}"
    aws("events").create_event_bus(Name=bus)
    for number in range(rules):
        prefix = "bench.order" if number == rules // 2 else f"bench.other{number}."
        pattern = {"source": [{"prefix": prefix}], "detail": {"amount": [{"numeric": [">", 100]}]}}
        aws("events").put_rule(Name=f"r{number}", EventBusName=bus, EventPattern=json.dumps(pattern))
        aws("events").put_targets(Rule=f"r{number}", EventBusName=bus, Targets=[{"Id": "q", "Arn": arn}])
    detail = json.dumps({"id": 1, "amount": 150, "note": "n" * 100})
    entry = {"Source": "bench.order.api", "DetailType": "OrderCreated", "EventBusName": bus, "Detail": detail}
    return [aws.capture("events", "put_events", Entries=[entry])]


def publish(aws: Aws) -> list[bytes]:
    topic = aws("sns").create_topic(Name="bench")["TopicArn"]
    for number in range(3):
        aws("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=_queue(aws, f"bench-topic-{number}")[1])
    return [aws.capture("sns", "publish", TopicArn=topic, Message="m" * 200)]


def _table(aws: Aws) -> None:
    if "bench" not in aws("dynamodb").list_tables()["TableNames"]:
        names = (("pk", "HASH"), ("sk", "RANGE"))
        aws("dynamodb").create_table(
            TableName="bench",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in names],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name, _ in names],
        )
        aws("dynamodb").put_item(TableName="bench", Item=ITEM)


def put_item(aws: Aws) -> list[bytes]:
    _table(aws)
    return [aws.capture("dynamodb", "put_item", TableName="bench", Item=ITEM)]


def get_item(aws: Aws) -> list[bytes]:
    _table(aws)
    return [aws.capture("dynamodb", "get_item", TableName="bench", Key=KEY)]


def update_item(aws: Aws) -> list[bytes]:
    _table(aws)
    values = {":a": {"N": "7"}, ":one": {"N": "1"}}
    more = {"UpdateExpression": "SET amount = :a ADD n :one", "ExpressionAttributeValues": values}
    return [aws.capture("dynamodb", "update_item", TableName="bench", Key=KEY, ReturnValues="UPDATED_NEW", **more)]


def _bucket(aws: Aws, size: int) -> dict[str, str]:
    aws("s3").create_bucket(Bucket=f"bench-{size}")
    aws("s3").put_object(Bucket=f"bench-{size}", Key="k", Body=b"o" * size)
    return {"Bucket": f"bench-{size}", "Key": "k"}


def put_object(aws: Aws, size: int = 4096) -> list[bytes]:
    return [aws.capture("s3", "put_object", Body=b"o" * size, **_bucket(aws, size))]


def get_object(aws: Aws, size: int = 4096) -> list[bytes]:
    return [aws.capture("s3", "get_object", **_bucket(aws, size))]


def _machine(aws: Aws, kind: str) -> str:
    definition = json.dumps(PASS_THREE)
    made = aws("stepfunctions").create_state_machine(
        name=f"bench-{kind}", definition=definition, type=kind, roleArn=ROLE
    )
    arn: str = made["stateMachineArn"]
    return arn


def start_standard(aws: Aws) -> list[bytes]:
    machine = _machine(aws, "STANDARD")
    return [aws.capture("stepfunctions", "start_execution", stateMachineArn=machine, input='{"id":0}')]


def start_sync(aws: Aws) -> list[bytes]:
    machine = _machine(aws, "EXPRESS")
    request = aws.capture("stepfunctions", "start_sync_execution", stateMachineArn=machine, input='{"id":0}')
    return [request.replace(b"Host: sync-", b"Host: ")]


def invoke(aws: Aws) -> list[bytes]:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("app.py", "def handler(event, context):\n    return event\n")
    aws("lambda").create_function(
        FunctionName="bench",
        Runtime="python3.12",
        Handler="app.handler",
        Role=ROLE,
        Code={"ZipFile": packed.getvalue()},
    )
    aws("lambda").get_waiter("function_active_v2").wait(FunctionName="bench", WaiterConfig={"Delay": 1})
    return [aws.capture("lambda", "invoke", FunctionName="bench", Payload=b'{"a": 1}')]


OPERATIONS: dict[str, Prepare] = {
    "sqs:SendMessage": sqs_send,
    "sqs:ReceiveMessage": sqs_receive,
    "events:PutEvents to a queue": put_events,
    "events:PutEvents with 100 rules": lambda aws: put_events(aws, 100),
    "sns:Publish to 3 queues": publish,
    "dynamodb:PutItem 1 KB": put_item,
    "dynamodb:GetItem": get_item,
    "dynamodb:UpdateItem": update_item,
    "s3:PutObject 4 KB": put_object,
    "s3:GetObject 4 KB": get_object,
    "s3:PutObject 1 MB": lambda aws: put_object(aws, 1 << 20),
    "s3:GetObject 1 MB": lambda aws: get_object(aws, 1 << 20),
    "states:StartExecution standard": start_standard,
    "states:StartSyncExecution": start_sync,
    "lambda:Invoke warm": invoke,
}
