"""Event notifications of S3 to queues, topics and the event bus, and its CloudFormation types."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from tests.conftest import Client, client_factory
from tests.server import ServerThread
from tests.services.test_s3_objects import bucket, refusal, s3  # noqa: F401 - fixtures


@pytest.fixture
def queue(aws: Client) -> tuple[str, str]:
    sqs = aws("sqs")
    url = sqs.create_queue(QueueName="events")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    return url, arn


def received(aws: Client, url: str, count: int) -> list[Any]:
    """As many bodies as are asked for; fewer where no more come."""
    bodies: list[Any] = []
    while len(bodies) < count:
        answer = aws("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=20)
        if "Messages" not in answer:
            break
        for message in answer["Messages"]:
            aws("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            bodies.append(orjson.loads(message["Body"]))
    return bodies


def test_to_a_queue(aws: Client, s3: Any, bucket: str, queue: tuple[str, str]) -> None:  # noqa: F811
    url, arn = queue
    rules = [{"Name": "prefix", "Value": "in/"}, {"Name": "suffix", "Value": ".txt"}]
    configuration = {
        "Id": "mine",
        "QueueArn": arn,
        "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:Delete"],
        "Filter": {"Key": {"FilterRules": rules}},
    }
    s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"QueueConfigurations": [configuration]}
    )
    named = [{**rule, "Name": rule["Name"].capitalize()} for rule in rules]  # as S3 tells them
    kept = {**configuration, "Filter": {"Key": {"FilterRules": named}}}
    assert s3.get_bucket_notification_configuration(Bucket=bucket)["QueueConfigurations"] == [kept]
    test = received(aws, url, 1)[0]
    assert (test["Event"], test["Bucket"]) == ("s3:TestEvent", bucket)
    s3.put_object(Bucket=bucket, Key="in/a b.txt", Body=b"abc")
    s3.put_object(Bucket=bucket, Key="out/a.txt", Body=b"abc")
    s3.put_object(Bucket=bucket, Key="in/a.png", Body=b"abc")
    s3.delete_object(Bucket=bucket, Key="in/a b.txt")
    created, removed = (body["Records"][0] for body in received(aws, url, 2))
    assert (created["eventName"], removed["eventName"]) == ("ObjectCreated:Put", "ObjectRemoved:Delete")
    described = created["s3"]["object"]
    sequencer = described.pop("sequencer")
    assert described == {"key": "in/a+b.txt", "size": 3, "eTag": "900150983cd24fb0d6963f7d28e17f72"}
    assert created["s3"]["bucket"]["name"] == bucket
    assert created["s3"]["configurationId"] == "mine"
    assert (created["eventVersion"], created["eventSource"], created["awsRegion"]) == ("2.1", "aws:s3", "us-east-1")
    assert removed["s3"]["object"]["sequencer"] > sequencer


def test_to_the_event_bus(aws: Client, s3: Any, bucket: str, queue: tuple[str, str]) -> None:  # noqa: F811
    url, arn = queue
    events = aws("events")
    pattern = {"source": ["aws.s3"], "detail": {"bucket": {"name": [bucket]}}}
    events.put_rule(Name="objects", EventPattern=orjson.dumps(pattern).decode())
    events.put_targets(Rule="objects", Targets=[{"Id": "1", "Arn": arn}])
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}})
    assert s3.get_bucket_notification_configuration(Bucket=bucket)["EventBridgeConfiguration"] == {}
    s3.put_object(Bucket=bucket, Key="a b", Body=b"abc")
    s3.delete_object(Bucket=bucket, Key="a b")
    created, deleted = received(aws, url, 2)
    assert (created["detail-type"], deleted["detail-type"]) == ("Object Created", "Object Deleted")
    assert created["resources"] == [f"arn:aws:s3:::{bucket}"]
    detail = created["detail"]
    assert detail["object"] | {"sequencer": ""} == {
        "key": "a b",
        "size": 3,
        "etag": "900150983cd24fb0d6963f7d28e17f72",
        "sequencer": "",
    }
    assert (detail["reason"], detail["version"]) == ("PutObject", "0")
    assert deleted["detail"]["deletion-type"] == "Permanently Deleted"


def test_destinations_are_checked(s3: Any, bucket: str) -> None:  # noqa: F811
    def code(**configuration: Any) -> tuple[str, str]:
        settings = {"QueueConfigurations": [{"Events": ["s3:ObjectCreated:*"], **configuration}]}
        error = refusal(s3.put_bucket_notification_configuration, Bucket=bucket, NotificationConfiguration=settings)
        return error["Code"], error["Message"]

    missing = "arn:aws:sqs:us-east-1:123456789012:none"
    assert code(QueueArn=missing) == ("InvalidArgument", "Unable to validate the following destination configurations")
    assert code(QueueArn="nonsense") == ("InvalidArgument", "The ARN could not be parsed")
    assert code(QueueArn=missing, Events=["s3:Nothing"])[0] == "InvalidArgument"


DAY = 86_400_000


def test_lifecycle(timed: ServerThread) -> None:
    s3 = client_factory(timed.endpoint, "000000000000")("s3", s3={"addressing_style": "path"})  # noqa: F811
    s3.create_bucket(Bucket="aging")
    assert refusal(s3.get_bucket_lifecycle_configuration, Bucket="aging")["Code"] == "NoSuchLifecycleConfiguration"
    rules = [
        {"ID": "logs", "Status": "Enabled", "Filter": {"Prefix": "logs/"}, "Expiration": {"Days": 2}},
        {
            "ID": "uploads",
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
        },
    ]
    s3.put_bucket_lifecycle_configuration(Bucket="aging", LifecycleConfiguration={"Rules": rules})
    assert s3.get_bucket_lifecycle_configuration(Bucket="aging")["Rules"] == rules
    s3.create_multipart_upload(Bucket="aging", Key="x")
    put = s3.put_object(Bucket="aging", Key="logs/1", Body=b"")
    assert put["Expiration"].endswith('GMT", rule-id="logs"')
    s3.put_object(Bucket="aging", Key="kept", Body=b"")
    timed.advance(2 * DAY)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket="aging")
    assert s3.list_objects_v2(Bucket="aging")["KeyCount"] == 2
    timed.advance(DAY)
    assert [item["Key"] for item in s3.list_objects_v2(Bucket="aging")["Contents"]] == ["kept"]


def test_lifecycle_of_versions(timed: ServerThread) -> None:
    s3 = client_factory(timed.endpoint, "000000000000")("s3", s3={"addressing_style": "path"})  # noqa: F811
    s3.create_bucket(Bucket="aging")
    s3.put_bucket_versioning(Bucket="aging", VersioningConfiguration={"Status": "Enabled"})
    rule = {
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "Expiration": {"ExpiredObjectDeleteMarker": True},
        "NoncurrentVersionExpiration": {"NoncurrentDays": 1, "NewerNoncurrentVersions": 1},
    }
    s3.put_bucket_lifecycle_configuration(Bucket="aging", LifecycleConfiguration={"Rules": [rule]})
    versions = [s3.put_object(Bucket="aging", Key="k", Body=b"")["VersionId"] for _ in range(3)]
    s3.delete_object(Bucket="aging", Key="alone")
    timed.advance(3 * DAY)
    listing = s3.list_object_versions(Bucket="aging")
    assert [item["VersionId"] for item in listing["Versions"]] == [versions[2], versions[1]]
    assert "DeleteMarkers" not in listing


def test_transitions_between_storage_classes(timed: ServerThread) -> None:
    client = client_factory(timed.endpoint, "000000000000")
    s3, sqs = client("s3", s3={"addressing_style": "path"}), client("sqs")  # noqa: F811
    s3.create_bucket(Bucket="cooling")
    s3.put_bucket_versioning(Bucket="cooling", VersioningConfiguration={"Status": "Enabled"})
    queue = sqs.create_queue(QueueName="moved")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    wanted = {"QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:LifecycleTransition"]}]}
    s3.put_bucket_notification_configuration(Bucket="cooling", NotificationConfiguration=wanted)
    rule = {
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "Transitions": [{"Days": 30, "StorageClass": "STANDARD_IA"}, {"Days": 60, "StorageClass": "GLACIER"}],
        "NoncurrentVersionTransitions": [{"NoncurrentDays": 1, "StorageClass": "GLACIER_IR"}],
    }
    s3.put_bucket_lifecycle_configuration(Bucket="cooling", LifecycleConfiguration={"Rules": [rule]})
    body = b"x" * 128 * 1024
    versions = [s3.put_object(Bucket="cooling", Key="large", Body=body)["VersionId"] for _ in range(2)]
    s3.put_object(Bucket="cooling", Key="small", Body=b"x")

    def classes() -> dict[str, str]:
        listed = s3.list_object_versions(Bucket="cooling")["Versions"]
        names = {versions[0]: "older", versions[1]: "newer"}
        return {names.get(each["VersionId"], "small"): each["StorageClass"] for each in listed}

    assert set(classes().values()) == {"STANDARD"}
    timed.advance(3 * DAY)
    assert classes() == {"older": "GLACIER_IR", "newer": "STANDARD", "small": "STANDARD"}
    timed.advance(30 * DAY)
    assert classes()["newer"] == "STANDARD_IA"
    timed.advance(30 * DAY)
    assert classes() == {"older": "GLACIER_IR", "newer": "GLACIER", "small": "STANDARD"}
    assert refusal(s3.get_object, Bucket="cooling", Key="large")["Code"] == "InvalidObjectState"
    received = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    assert ["LifecycleTransition" in one["Body"] for one in received] == [True]  # the others were too old for a queue


def test_bad_lifecycles(s3: Any, bucket: str) -> None:  # noqa: F811
    def code(**rule: Any) -> str:
        configuration = {"Rules": [{"Status": "Enabled", "Filter": {"Prefix": ""}, **rule}]}
        error = refusal(s3.put_bucket_lifecycle_configuration, Bucket=bucket, LifecycleConfiguration=configuration)
        return str(error["Code"])

    assert code() == "InvalidRequest"
    assert code(Expiration={"Days": 0}) == "InvalidArgument"
    assert code(Expiration={"Days": 1, "ExpiredObjectDeleteMarker": True}) == "MalformedXML"
    assert code(Transitions=[{"Days": 1, "StorageClass": "STANDARD_IA"}]) == "InvalidArgument"
    assert code(Transitions=[{"StorageClass": "GLACIER"}]) == "MalformedXML"


def wanting(arn: str, *events: str, identity: str = "", **affixes: str) -> dict[str, Any]:
    rules = [{"Name": name, "Value": value} for name, value in affixes.items()]
    configuration: dict[str, Any] = {"QueueArn": arn, "Events": [f"s3:{event}" for event in events]}
    if identity:
        configuration["Id"] = identity
    return {**configuration, "Filter": {"Key": {"FilterRules": rules}}} if rules else configuration


def test_configurations_that_overlap(s3: Any, bucket: str, queue: tuple[str, str]) -> None:  # noqa: F811
    arn = queue[1]

    def put(*configurations: dict[str, Any]) -> None:
        wanted = {"QueueConfigurations": list(configurations)}
        s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=wanted)

    def refused(*configurations: dict[str, Any]) -> str:
        wanted = {"QueueConfigurations": list(configurations)}
        error = refusal(s3.put_bucket_notification_configuration, Bucket=bucket, NotificationConfiguration=wanted)
        assert error["Code"] == "InvalidArgument"
        return str(error["Message"])

    every, put_only = wanting(arn, "ObjectCreated:*"), wanting(arn, "ObjectCreated:Put")
    assert refused(every, put_only).startswith("Configurations overlap.")
    assert refused(put_only, put_only).startswith("Configurations overlap.")
    ambiguous = "Configuration is ambiguously defined."
    assert refused(every, wanting(arn, "ObjectCreated:Copy", prefix="in/")).startswith(ambiguous)
    mine = wanting(arn, "ObjectCreated:*", prefix="in/", suffix=".png")
    assert refused(mine, wanting(arn, "ObjectCreated:*", prefix="in/a", suffix="g")).startswith(ambiguous)
    same = (wanting(arn, "ObjectCreated:*", identity="a"), wanting(arn, "ObjectRemoved:*", identity="a"))
    assert refused(*same) == "Same ID used for multiple configurations. IDs must be unique."
    twice = wanting(arn, "ObjectCreated:*", prefix="a", Prefix="b")
    assert refused(twice) == "Cannot specify more than one prefix rule in a filter."
    put(mine, wanting(arn, "ObjectCreated:*", prefix="in/", suffix=".jpg"), wanting(arn, "ObjectRemoved:*"))
    put(mine, wanting(arn, "ObjectCreated:*", prefix="out/"), wanting(arn, "ObjectTagging:*"))
