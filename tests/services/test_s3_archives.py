"""Archived objects: restored for some days, and what is told of it; configurations that a bucket keeps."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from tests.conftest import Client, client_factory
from tests.server import ServerThread
from tests.services.test_cloudformation import create
from tests.services.test_s3_objects import bucket, refusal, s3  # noqa: F401 - fixtures

DAY = 86_400_000


def told(error: dict[str, Any]) -> tuple[str, str, int]:
    return error["Code"], error["Message"], error["Status"]


def messages(sqs: Any, url: str, count: int) -> list[Any]:
    bodies: list[Any] = []
    while len(bodies) < count:
        answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=20)
        for message in answer["Messages"]:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            bodies.append(orjson.loads(message["Body"]))
    return bodies


@pytest.fixture
def archive(timed: ServerThread) -> tuple[Any, Any, str]:
    """S3 and SQS on a clock that stands, and the queue that hears of all restorations and changes of tags."""
    client = client_factory(timed.endpoint, "000000000000")
    s3, sqs = client("s3", s3={"addressing_style": "path"}), client("sqs")  # noqa: F811
    url = sqs.create_queue(QueueName="heard")["QueueUrl"]
    s3.create_bucket(Bucket="archive")
    configuration = {"QueueArn": "arn:aws:sqs:us-east-1:000000000000:heard"}
    configuration["Events"] = ["s3:ObjectRestore:*", "s3:ObjectTagging:*"]  # type: ignore[assignment]
    s3.put_bucket_notification_configuration(
        Bucket="archive", NotificationConfiguration={"QueueConfigurations": [configuration]}
    )
    assert messages(sqs, url, 1)[0]["Event"] == "s3:TestEvent"
    return s3, sqs, url


def test_a_restoration_from_beginning_to_end(timed: ServerThread, archive: tuple[Any, Any, str]) -> None:
    s3, sqs, url = archive  # noqa: F811
    named = {"Bucket": "archive", "Key": "k"}
    s3.put_object(**named, Body=b"cold", StorageClass="GLACIER")
    assert refusal(s3.get_object, **named)["Code"] == "InvalidObjectState"
    copy = {"Bucket": "archive", "Key": "copy", "CopySource": "archive/k"}
    assert told(refusal(s3.copy_object, **copy))[1] == "Operation is not valid for the source object's storage class"
    asked = {"RestoreRequest": {"Days": 2, "GlacierJobParameters": {"Tier": "Expedited"}}}
    assert s3.restore_object(**named, **asked)["ResponseMetadata"]["HTTPStatusCode"] == 202
    posted, completed = (body["Records"][0] for body in messages(sqs, url, 2))
    assert [posted["eventName"], completed["eventName"]] == ["ObjectRestore:Post", "ObjectRestore:Completed"]
    until = datetime(2026, 11, 21, tzinfo=UTC)  # two days after the 18th, at midnight
    restored = completed["glacierEventData"]["restoreEventData"]
    assert restored == {
        "lifecycleRestorationExpiryTime": "2026-11-21T00:00:00.000Z",
        "lifecycleRestoreStorageClass": "GLACIER",
    }
    assert (completed["s3"]["object"]["size"], completed["userIdentity"]["principalId"]) == (4, "s3.amazonaws.com")
    got = s3.get_object(**named)
    assert (got["Body"].read(), got["StorageClass"]) == (b"cold", "GLACIER")
    assert got["Restore"] == 'ongoing-request="false", expiry-date="Sat, 21 Nov 2026 00:00:00 GMT"'
    listed = s3.list_objects_v2(Bucket="archive", OptionalObjectAttributes=["RestoreStatus"])["Contents"][0]
    assert listed["RestoreStatus"] == {"IsRestoreInProgress": False, "RestoreExpiryDate": until}
    s3.copy_object(**copy)
    assert "Restore" not in s3.head_object(Bucket="archive", Key="copy")
    again = s3.restore_object(**named, RestoreRequest={"Days": 4})
    assert again["ResponseMetadata"]["HTTPStatusCode"] == 200
    timed.advance(3 * DAY)
    assert s3.get_object(**named)["Body"].read() == b"cold"
    timed.advance(2 * DAY)
    (ended,) = (body["Records"][0] for body in messages(sqs, url, 1))
    assert (ended["eventName"], ended["eventVersion"]) == ("ObjectRestore:Delete", "2.3")
    assert "Restore" not in s3.head_object(**named)
    assert refusal(s3.get_object, **named)["Code"] == "InvalidObjectState"


def test_restorations_that_cannot_be(s3: Any, bucket: str) -> None:  # noqa: F811
    named = {"Bucket": bucket, "Key": "k"}
    s3.put_object(**named)
    error = refusal(s3.restore_object, **named, RestoreRequest={"Days": 1})
    assert told(error) == ("InvalidObjectState", "Restore is not allowed for the object's current storage class", 403)
    assert error["StorageClass"] == "STANDARD"
    s3.put_object(**named, StorageClass="DEEP_ARCHIVE")
    expedited = {"Days": 1, "GlacierJobParameters": {"Tier": "Expedited"}}
    assert refusal(s3.restore_object, **named, RestoreRequest=expedited)["Code"] == "InvalidArgument"
    assert refusal(s3.restore_object, **named, RestoreRequest={})["Code"] == "MalformedXML"
    assert refusal(s3.restore_object, **named, RestoreRequest={"Days": 1, "Type": "SELECT"})["Status"] == 501


def test_what_changes_a_version_only_has_no_place_in_the_order(archive: tuple[Any, Any, str]) -> None:
    s3, sqs, url = archive  # noqa: F811
    s3.put_object(Bucket="archive", Key="k", Body=b"abc")
    s3.put_object_tagging(Bucket="archive", Key="k", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    (tagged,) = (body["Records"][0] for body in messages(sqs, url, 1))
    assert (tagged["eventName"], tagged["eventVersion"]) == ("ObjectTagging:Put", "2.3")
    assert tagged["s3"]["object"] == {"key": "k", "eTag": "900150983cd24fb0d6963f7d28e17f72"}


def test_a_list_on_the_bus(aws: Client, s3: Any, bucket: str) -> None:  # noqa: F811
    sqs, events = aws("sqs"), aws("events")
    url = sqs.create_queue(QueueName="heard")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(
        Name="acl", EventPattern=json.dumps({"source": ["aws.s3"], "detail-type": [{"prefix": "Object A"}]})
    )
    events.put_targets(Rule="acl", Targets=[{"Id": "q", "Arn": arn}])
    ownership = {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=ownership)
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}})
    s3.put_object(Bucket=bucket, Key="k", Body=b"abc")
    s3.put_object_acl(Bucket=bucket, Key="k", ACL="bucket-owner-read")
    (event,) = messages(sqs, url, 1)
    assert event["detail-type"] == "Object ACL Updated"
    assert event["detail"]["object"] == {"key": "k", "etag": "900150983cd24fb0d6963f7d28e17f72"}


INVENTORY = {
    "Id": "all",
    "IsEnabled": True,
    "IncludedObjectVersions": "Current",
    "Schedule": {"Frequency": "Daily"},
    "Destination": {"S3BucketDestination": {"Bucket": "arn:aws:s3:::reports", "Format": "CSV"}},
}
TIERINGS = [{"Days": 90, "AccessTier": "ARCHIVE_ACCESS"}]
CONFIGURATIONS: dict[str, dict[str, Any]] = {
    "analytics": {"Id": "all", "StorageClassAnalysis": {}},
    "intelligent_tiering": {
        "Id": "all",
        "Status": "Enabled",
        "Tierings": [{"Days": 90, "AccessTier": "ARCHIVE_ACCESS"}],
    },
    "inventory": INVENTORY,
    "metrics": {"Id": "all", "Filter": {"Prefix": "in/"}},
}


@pytest.mark.parametrize("kind", CONFIGURATIONS)
def test_named_configurations(s3: Any, bucket: str, kind: str) -> None:  # noqa: F811
    given = CONFIGURATIONS[kind]
    member = "".join(word.capitalize() for word in kind.split("_")) + "Configuration"
    put, get = getattr(s3, f"put_bucket_{kind}_configuration"), getattr(s3, f"get_bucket_{kind}_configuration")
    missing = refusal(get, Bucket=bucket, Id="all")
    assert told(missing) == ("NoSuchConfiguration", "The specified configuration does not exist.", 404)
    put(Bucket=bucket, Id="all", **{member: given})
    assert get(Bucket=bucket, Id="all")[member] == given
    put(Bucket=bucket, Id="more", **{member: {**given, "Id": "more"}})
    listed = getattr(s3, f"list_bucket_{kind}_configurations")(Bucket=bucket)
    assert [each["Id"] for each in listed[f"{member}List"]] == ["all", "more"]
    assert listed["IsTruncated"] is False
    assert refusal(put, Bucket=bucket, Id="other", **{member: given})["Code"] == "InvalidArgument"
    getattr(s3, f"delete_bucket_{kind}_configuration")(Bucket=bucket, Id="all")
    assert refusal(get, Bucket=bucket, Id="all")["Code"] == "NoSuchConfiguration"


def test_who_pays_and_what_is_faster(s3: Any, bucket: str) -> None:  # noqa: F811
    assert s3.get_bucket_request_payment(Bucket=bucket)["Payer"] == "BucketOwner"
    s3.put_bucket_request_payment(Bucket=bucket, RequestPaymentConfiguration={"Payer": "Requester"})
    assert s3.get_bucket_request_payment(Bucket=bucket)["Payer"] == "Requester"
    assert "Status" not in s3.get_bucket_accelerate_configuration(Bucket=bucket)
    s3.put_bucket_accelerate_configuration(Bucket=bucket, AccelerateConfiguration={"Status": "Enabled"})
    assert s3.get_bucket_accelerate_configuration(Bucket=bucket)["Status"] == "Enabled"
    s3.create_bucket(Bucket=f"{bucket}.dotted")
    error = refusal(
        s3.put_bucket_accelerate_configuration,
        Bucket=f"{bucket}.dotted",
        AccelerateConfiguration={"Status": "Enabled"},
    )
    assert error["Code"] == "InvalidRequest"


def test_a_template_names_configurations(aws: Client, s3: Any, account: str) -> None:  # noqa: F811
    name = f"named-{account}"
    properties = {
        "BucketName": name,
        "AccelerateConfiguration": {"AccelerationStatus": "Enabled"},
        "MetricsConfigurations": [{"Id": "in", "Prefix": "in/"}, {"Id": "all"}],
        "IntelligentTieringConfigurations": [
            {
                "Id": "old",
                "Status": "Enabled",
                "Prefix": "old/",
                "TagFilters": [{"Key": "a", "Value": "b"}],
                "Tierings": [{"Days": "90", "AccessTier": "ARCHIVE_ACCESS"}],
            }
        ],
        "InventoryConfigurations": [
            {
                "Id": "all",
                "Enabled": "true",
                "IncludedObjectVersions": "Current",
                "ScheduleFrequency": "Daily",
                "Destination": {"BucketArn": "arn:aws:s3:::reports", "Format": "CSV"},
            }
        ],
    }
    cloudformation = aws("cloudformation")
    template = {"Resources": {"Store": {"Type": "AWS::S3::Bucket", "Properties": properties}}}
    create(cloudformation, json.dumps(template))
    assert s3.get_bucket_inventory_configuration(Bucket=name, Id="all")["InventoryConfiguration"] == INVENTORY
    tiering = s3.get_bucket_intelligent_tiering_configuration(Bucket=name, Id="old")
    assert tiering["IntelligentTieringConfiguration"]["Filter"] == {
        "And": {"Prefix": "old/", "Tags": [{"Key": "a", "Value": "b"}]}
    }
    listed = s3.list_bucket_metrics_configurations(Bucket=name)["MetricsConfigurationList"]
    assert listed == [{"Id": "all"}, {"Id": "in", "Filter": {"Prefix": "in/"}}]


def test_what_was_uploaded_in_parts_is_as_old_as_its_upload(timed: ServerThread) -> None:
    s3 = client_factory(timed.endpoint, "000000000000")("s3", s3={"addressing_style": "path"})  # noqa: F811
    s3.create_bucket(Bucket="parts")
    rule = {"ID": "end", "Status": "Enabled", "Filter": {}, "Expiration": {"Days": 1}}
    s3.put_bucket_lifecycle_configuration(Bucket="parts", LifecycleConfiguration={"Rules": [rule]})
    named = {"Bucket": "parts", "Key": "k"}
    upload = {**named, "UploadId": s3.create_multipart_upload(**named)["UploadId"]}
    etag = s3.upload_part(**upload, PartNumber=1, Body=b"1")["ETag"]
    timed.advance(3_600_000)
    done = s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]})
    assert done["Expiration"] == 'expiry-date="Fri, 20 Nov 2026 00:00:00 GMT", rule-id="end"'
    assert s3.head_object(**named)["LastModified"] == datetime(2026, 11, 18, 11, 6, 40, tzinfo=UTC)
