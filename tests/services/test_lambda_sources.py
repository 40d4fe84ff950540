"""Event source mappings: queues and streams that feed functions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import Client, client_factory
from tests.server import ServerThread
from tests.services.lambda_lab import Gate, make, package, receive
from tests.settling import settle

FORWARD = """
import boto3, json, os
sqs = boto3.client("sqs")
def handler(event, context):
    sqs.send_message(QueueUrl=os.environ["OUT"], MessageBody=json.dumps(event))
"""
PICKY = (
    FORWARD
    + """
    return {"batchItemFailures": [{"itemIdentifier": r["messageId"]} for r in event["Records"] if r["body"] == "bad"]}
"""
)


def queue(sqs: Any, name: str, **attributes: str) -> tuple[str, str]:
    url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return url, found["Attributes"]["QueueArn"]


def fed(aws: Client, source: str = FORWARD, **mapping: Any) -> tuple[Any, str, str, str]:
    """A queue that feeds a function, which forwards its events to another: client, both URLs, mapping's id."""
    sqs, lambda_ = aws("sqs"), aws("lambda")
    url, arn = queue(sqs, "in")
    out, _ = queue(sqs, "out")
    make(lambda_, source=source, Environment={"Variables": {"OUT": out}})
    made = lambda_.create_event_source_mapping(EventSourceArn=arn, FunctionName="f", **mapping)
    return sqs, url, out, made["UUID"]


def records(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [record for message in messages for record in json.loads(message["Body"])["Records"]]


def is_empty(sqs: Any, url: str) -> bool:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return set(counts.values()) == {"0"}


def test_messages_arrive_as_functions_know_them_and_are_deleted(aws: Client, account: str) -> None:
    sqs, url, out, _ = fed(aws)
    attributes = {
        "kind": {"DataType": "String", "StringValue": "x"},
        "raw": {"DataType": "Binary", "BinaryValue": b"b"},
    }
    sent = sqs.send_message(QueueUrl=url, MessageBody="hello", MessageAttributes=attributes)
    record = records(receive(sqs, out))[0]
    assert record["messageId"] == sent["MessageId"]
    assert (record["body"], record["md5OfBody"]) == ("hello", sent["MD5OfMessageBody"])
    assert record["messageAttributes"]["kind"] == {
        "stringValue": "x",
        "stringListValues": [],
        "binaryListValues": [],
        "dataType": "String",
    }
    assert record["messageAttributes"]["raw"]["binaryValue"] == "Yg=="
    assert record["md5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert (record["eventSource"], record["awsRegion"]) == ("aws:sqs", "us-east-1")
    assert record["eventSourceARN"] == f"arn:aws:sqs:us-east-1:{account}:in"
    settle(sqs)
    assert is_empty(sqs, url)


def test_a_batch_is_as_large_as_it_may_be(aws: Client) -> None:
    sqs, url, out, identity = fed(aws, BatchSize=4, Enabled=False)
    for first in (0, 5):
        entries = [{"Id": str(n), "MessageBody": str(n)} for n in range(first, first + 5)]
        sqs.send_message_batch(QueueUrl=url, Entries=entries)
    aws("lambda").update_event_source_mapping(UUID=identity, Enabled=True)
    sizes = sorted(len(json.loads(m["Body"])["Records"]) for m in receive(sqs, out, 3))
    assert sizes == [2, 4, 4]
    settle(sqs)
    assert is_empty(sqs, url)


def test_a_window_gathers_messages(aws: Client) -> None:
    sqs, url, out, _ = fed(aws, BatchSize=3, MaximumBatchingWindowInSeconds=10)
    for n in range(3):
        sqs.send_message(QueueUrl=url, MessageBody=str(n))
    assert [record["body"] for record in records(receive(sqs, out))] == ["0", "1", "2"]


def test_only_the_failures_of_a_batch_come_again(timed: ServerThread, account: str) -> None:
    aws = client_factory(timed.endpoint, account)
    sqs, url, out, _ = fed(aws, PICKY, FunctionResponseTypes=["ReportBatchItemFailures"])
    entries = [{"Id": body, "MessageBody": body} for body in ("good", "bad")]
    sqs.send_message_batch(QueueUrl=url, Entries=entries)
    settle(sqs)
    assert sorted(record["body"] for record in records(receive(sqs, out))) == ["bad", "good"]
    timed.advance(30_000)  # the queue's visibility timeout
    again = records(receive(sqs, out))
    assert [(record["body"], record["attributes"]["ApproximateReceiveCount"]) for record in again] == [("bad", "2")]


def test_filtered_messages_are_deleted_unseen(aws: Client) -> None:
    pattern = {"body": {"kind": ["order"], "total": [{"numeric": [">", 10]}]}}
    sqs, url, out, _ = fed(aws, FilterCriteria={"Filters": [{"Pattern": json.dumps(pattern)}]})
    for body in ('{"kind": "order", "total": 5}', "no json", '{"kind": "order", "total": 50}'):
        sqs.send_message(QueueUrl=url, MessageBody=body)
    assert [record["body"] for record in records(receive(sqs, out))] == ['{"kind": "order", "total": 50}']
    settle(sqs)
    assert is_empty(sqs, url)


def test_a_fifo_queue_keeps_the_order_of_each_group(aws: Client) -> None:
    sqs, lambda_ = aws("sqs"), aws("lambda")
    url, arn = queue(sqs, "in.fifo", FifoQueue="true", ContentBasedDeduplication="true")
    out, _ = queue(sqs, "out.fifo", FifoQueue="true", ContentBasedDeduplication="true")
    source = FORWARD.replace("MessageBody=json.dumps(event)", 'MessageBody=json.dumps(event), MessageGroupId="g"')
    make(lambda_, source=source, Environment={"Variables": {"OUT": out}})
    for n in range(12):
        sqs.send_message(QueueUrl=url, MessageBody=f"{n % 2}-{n:02d}", MessageGroupId=str(n % 2))
    lambda_.create_event_source_mapping(EventSourceArn=arn, FunctionName="f", BatchSize=2)
    seen: list[str] = []
    while len(seen) < 12:
        seen.extend(record["body"] for record in records(receive(sqs, out)))
    for group in "01":
        own = [body for body in seen if body[0] == group]
        assert own == sorted(own) and len(own) == 6


def test_errors_of_mappings(aws: Client, account: str) -> None:
    sqs, _, _, identity = fed(aws)
    lambda_ = aws("lambda")
    arn = f"arn:aws:sqs:us-east-1:{account}:in"

    def refused(**request: Any) -> tuple[str, str]:
        with pytest.raises(ClientError) as caught:
            lambda_.create_event_source_mapping(**{"FunctionName": "f", "EventSourceArn": arn} | request)
        error = caught.value.response["Error"]
        return error["Code"], error["Message"]

    code, message = refused()
    assert code == "ResourceConflictException" and identity in message
    _, other = queue(sqs, "other")
    assert refused(EventSourceArn=other, FunctionName="gone")[0] == "ResourceNotFoundException"
    assert "NonExistentQueue" in refused(EventSourceArn=arn + "-gone")[1]
    assert refused(EventSourceArn=other, BatchSize=11)[1].startswith("Maximum batch window in seconds must be greater")
    assert refused(EventSourceArn=other, BisectBatchOnFunctionError=True)[0] == "InvalidParameterValueException"
    bad = {"Filters": [{"Pattern": '{"body": "text"}'}]}
    assert refused(EventSourceArn=other, FilterCriteria=bad) == (
        "InvalidParameterValueException",
        "Invalid filter pattern definition.",
    )
    _, short = queue(sqs, "short", VisibilityTimeout="5")
    assert refused(EventSourceArn=short)[1] == (
        "Queue visibility timeout: 5 seconds is less than Function timeout: 10 seconds"
    )
    listed = lambda_.list_event_source_mappings(FunctionName="f")["EventSourceMappings"]
    assert [(each["UUID"], each["State"]) for each in listed] == [(identity, "Enabled")]
    assert lambda_.delete_event_source_mapping(UUID=identity)["State"] == "Deleting"
    with pytest.raises(ClientError, match="does not exist"):
        lambda_.get_event_source_mapping(UUID=identity)


def test_a_throttled_function_loses_no_message(aws: Client) -> None:
    sqs, url, out, _ = fed(aws)
    lambda_ = aws("lambda")
    lambda_.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=0)
    sqs.send_message(QueueUrl=url, MessageBody="patience")
    lambda_.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=1)
    assert records(receive(sqs, out))[0]["body"] == "patience"


def test_messages_are_handled_after_a_restart(tmp_path: Path) -> None:
    with ServerThread(data=tmp_path) as server:
        aws = client_factory(server.endpoint, "123456789012")
        sqs, url, out, identity = fed(aws, Enabled=False)
        sqs.send_message(QueueUrl=url, MessageBody="later")
        aws("lambda").update_event_source_mapping(UUID=identity, Enabled=True, BatchSize=1)
        receive(sqs, out)
        settle(sqs)  # else "later" may come again
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "1"})
        sqs.send_message(QueueUrl=url, MessageBody="after")
    with ServerThread(data=tmp_path) as server:
        aws = client_factory(server.endpoint, "123456789012")
        source = FORWARD.replace('os.environ["OUT"]', 'os.environ["AWS_ENDPOINT_URL"] + "/123456789012/out"')
        aws("lambda").update_function_code(FunctionName="f", ZipFile=package(source))
        out = aws("sqs").get_queue_url(QueueName="out")["QueueUrl"]
        assert records(receive(aws("sqs"), out))[0]["body"] == "after"


def stream(aws: Client) -> tuple[Any, str]:
    dynamodb = aws("dynamodb")
    table = dynamodb.create_table(
        TableName="table",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )["TableDescription"]
    return dynamodb, table["LatestStreamArn"]


def put(dynamodb: Any, key: str, **values: str) -> None:
    item = {name: {"S": value} for name, value in values.items()}
    dynamodb.put_item(TableName="table", Item={"pk": {"S": key}} | item)


def test_a_stream_feeds_a_function_in_order(aws: Client) -> None:
    dynamodb, arn = stream(aws)
    sqs, lambda_ = aws("sqs"), aws("lambda")
    out, _ = queue(sqs, "out")
    make(lambda_, source=FORWARD, Environment={"Variables": {"OUT": out}})
    put(dynamodb, "a", v="1")
    made = lambda_.create_event_source_mapping(
        EventSourceArn=arn, FunctionName="f", StartingPosition="TRIM_HORIZON", BatchSize=2
    )
    assert (made["MaximumRetryAttempts"], made["ParallelizationFactor"]) == (-1, 1)
    for n in range(2, 6):
        put(dynamodb, "a", v=str(n))
    seen: list[dict[str, Any]] = []
    while len(seen) < 5:
        seen.extend(records(receive(sqs, out)))
    assert [record["dynamodb"]["NewImage"]["v"]["S"] for record in seen] == ["1", "2", "3", "4", "5"]
    first = seen[0]
    assert (first["eventName"], first["eventSource"], first["eventSourceARN"]) == ("INSERT", "aws:dynamodb", arn)
    assert first["dynamodb"]["ApproximateCreationDateTime"] < 10_000_000_000
    assert "Cause" not in first
    settle(lambda_)
    assert lambda_.get_event_source_mapping(UUID=made["UUID"])["LastProcessingResult"] == "OK"


def test_latest_begins_with_what_comes_next(aws: Client) -> None:
    dynamodb, arn = stream(aws)
    sqs, lambda_ = aws("sqs"), aws("lambda")
    out, _ = queue(sqs, "out")
    make(lambda_, source=FORWARD, Environment={"Variables": {"OUT": out}})
    put(dynamodb, "before")
    pattern = {"Filters": [{"Pattern": json.dumps({"dynamodb": {"Keys": {"pk": {"S": [{"prefix": "w"}]}}}})}]}
    lambda_.create_event_source_mapping(
        EventSourceArn=arn, FunctionName="f", StartingPosition="LATEST", FilterCriteria=pattern
    )
    put(dynamodb, "unwanted-not")
    put(dynamodb, "x")
    put(dynamodb, "wanted")
    assert [r["dynamodb"]["Keys"]["pk"]["S"] for r in records(receive(sqs, out))] == ["wanted"]


def test_a_poisonous_record_is_found_by_halving_and_told_of(aws: Client) -> None:
    dynamodb, arn = stream(aws)
    sqs, lambda_ = aws("sqs"), aws("lambda")
    out, _ = queue(sqs, "out")
    letters, letters_arn = queue(sqs, "letters")
    source = FORWARD.replace(
        "def handler(event, context):\n",
        "def handler(event, context):\n    assert not any('bad' in json.dumps(r['dynamodb']['Keys']) "
        "for r in event['Records'])\n",
    )
    make(lambda_, source=source, Environment={"Variables": {"OUT": out}})
    for key in ("a", "b", "bad", "c"):
        put(dynamodb, key)
    lambda_.create_event_source_mapping(
        EventSourceArn=arn,
        FunctionName="f",
        StartingPosition="TRIM_HORIZON",
        BisectBatchOnFunctionError=True,
        MaximumRetryAttempts=0 + 1,
        DestinationConfig={"OnFailure": {"Destination": letters_arn}},
    )
    letter = json.loads(receive(sqs, letters)[0]["Body"])
    assert letter["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert letter["DDBStreamBatchInfo"]["batchSize"] == 1
    assert letter["DDBStreamBatchInfo"]["streamArn"] == arn
    seen: list[str] = []
    while len(seen) < 3:
        seen.extend(r["dynamodb"]["Keys"]["pk"]["S"] for r in records(receive(sqs, out)))
    assert seen == ["a", "b", "c"]


def test_a_bucket_gets_the_whole_batch_that_failed(aws: Client, account: str) -> None:
    dynamodb, arn = stream(aws)
    lambda_, s3, bucket = aws("lambda"), aws("s3"), f"batches-{account}"
    s3.create_bucket(Bucket=bucket)
    make(lambda_, source="def handler(event, context):\n    raise ValueError('no')\n")
    put(dynamodb, "a")
    put(dynamodb, "b")
    asked = {"EventSourceArn": arn, "FunctionName": "f", "StartingPosition": "TRIM_HORIZON"}
    with pytest.raises(ClientError, match=r"The destination ARN .*event-bus/b is invalid"):
        bus = f"arn:aws:events:us-east-1:{account}:event-bus/b"
        lambda_.create_event_source_mapping(**asked, DestinationConfig={"OnFailure": {"Destination": bus}})
    mapping = lambda_.create_event_source_mapping(
        **asked,
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": f"arn:aws:s3:::{bucket}"}},
    )["UUID"]
    settle(lambda_)
    (listed,) = s3.list_objects_v2(Bucket=bucket)["Contents"]
    record = json.loads(s3.get_object(Bucket=bucket, Key=listed["Key"])["Body"].read())
    batch, time = record["DDBStreamBatchInfo"], record["timestamp"]
    folder, _, name = listed["Key"].rpartition("/")
    assert folder == f"aws/lambda/{mapping}/{batch['shardId']}/{time[:10].replace('-', '/')}"
    assert name.startswith(f"{time[:19].replace(':', '.')}-")
    keys = [each["dynamodb"]["Keys"]["pk"]["S"] for each in record["payload"]["Records"]]
    assert (batch["batchSize"], keys) == (2, ["a", "b"])
    assert record["requestContext"]["condition"] == "RetryAttemptsExhausted"


def test_each_record_of_a_batch_tells_where_it_was_handled(aws: Client, server: ServerThread) -> None:
    sqs, url, out, _ = fed(aws, BatchSize=3, MaximumBatchingWindowInSeconds=10)
    for n in range(3):
        sqs.send_message(QueueUrl=url, MessageBody=str(n))
    receive(sqs, out)

    def joined() -> list[Any]:
        select = "SELECT count(DISTINCT trace), count(DISTINCT notes) FROM spans WHERE name = 'lambda:JoinBatch'"
        account = url.split("/")[3]
        return server.cloud.engine.store.all(f"{select} AND account = ?", (account,))

    assert server.call(joined) == [(2, 1)]


def test_what_a_killed_process_had_in_hand_comes_again_at_once(tmp_path: Path) -> None:
    gate = Gate()
    source = f"""{gate.source}
import boto3, os
def handler(event, context):
    pass_gate()
    count = event["Records"][0]["attributes"]["ApproximateReceiveCount"]
    boto3.client("sqs").send_message(QueueUrl=os.environ["AWS_ENDPOINT_URL"] + "/123456789012/out", MessageBody=count)
"""
    with gate:  # to the end: a number that is free could be another's port by then
        with ServerThread(data=tmp_path) as server:
            aws = client_factory(server.endpoint, "123456789012")
            sqs, url, _, _ = fed(aws, source)
            sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "3600"})
            sqs.send_message(QueueUrl=url, MessageBody="held")
            held = gate.arrival()
        held.close()
        with ServerThread(data=tmp_path) as server:
            gate.arrival().close()
            sqs = client_factory(server.endpoint, "123456789012")("sqs")
            message = receive(sqs, sqs.get_queue_url(QueueName="out")["QueueUrl"])[0]
        assert message["Body"] == "1"  # the receive that came to nothing does not count
