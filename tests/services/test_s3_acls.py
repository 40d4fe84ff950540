"""Access control lists of buckets and objects, who owns them, and server access logs on the clock."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conftest import Client, client_factory
from tests.server import ServerThread
from tests.services.test_s3_objects import bucket, refusal, s3  # noqa: F401 - fixtures
from tests.settling import wait_for

ALL = "http://acs.amazonaws.com/groups/global/AllUsers"
LOGS = "http://acs.amazonaws.com/groups/s3/LogDelivery"
HOUR = 3_600_000


@pytest.fixture
def open_bucket(s3: Any, bucket: str) -> str:  # noqa: F811
    """A bucket with access control lists, public ones too."""
    s3.put_bucket_ownership_controls(
        Bucket=bucket, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}
    )
    s3.delete_public_access_block(Bucket=bucket)
    return bucket


def granted(answer: dict[str, Any]) -> list[tuple[str, str]]:
    """Who has what: the id or group of each grant, the owner as ``owner``."""
    owner = answer["Owner"]["ID"]
    named = [(each["Grantee"].get("ID") or each["Grantee"]["URI"], each["Permission"]) for each in answer["Grants"]]
    return [("owner" if who == owner else who, permission) for who, permission in named]


def test_a_bucket_whose_owner_owns_all_has_no_lists(s3: Any, bucket: str, account: str) -> None:  # noqa: F811
    not_supported = "AccessControlListNotSupported"
    assert granted(s3.get_bucket_acl(Bucket=bucket)) == [("owner", "FULL_CONTROL")]
    error = refusal(s3.put_bucket_acl, Bucket=bucket, ACL="public-read")
    assert (error["Code"], error["Message"]) == (not_supported, "The bucket does not allow ACLs")
    assert refusal(s3.put_object, Bucket=bucket, Key="k", GrantRead=f"uri={ALL}")["Code"] == not_supported
    assert refusal(s3.create_multipart_upload, Bucket=bucket, Key="k", ACL="public-read")["Code"] == not_supported
    s3.put_object(Bucket=bucket, Key="k", ACL="bucket-owner-full-control")
    assert granted(s3.get_object_acl(Bucket=bucket, Key="k")) == [("owner", "FULL_CONTROL")]
    assert refusal(s3.put_object_acl, Bucket=bucket, Key="k", ACL="private")["Code"] == not_supported
    assert refusal(s3.get_object_acl, Bucket=bucket, Key="none")["Code"] == "NoSuchKey"


def test_canned_lists(s3: Any, open_bucket: str) -> None:  # noqa: F811
    named = {"Bucket": open_bucket}
    s3.put_bucket_acl(**named, ACL="public-read-write")
    assert granted(s3.get_bucket_acl(**named)) == [("owner", "FULL_CONTROL"), (ALL, "READ"), (ALL, "WRITE")]
    s3.put_bucket_acl(**named, ACL="log-delivery-write")
    assert granted(s3.get_bucket_acl(**named))[1:] == [(LOGS, "WRITE"), (LOGS, "READ_ACP")]
    s3.put_object(**named, Key="k", Body=b"x", ACL="public-read")
    assert granted(s3.get_object_acl(**named, Key="k"))[1:] == [(ALL, "READ")]
    s3.copy_object(**named, Key="copy", CopySource=f"{open_bucket}/k")
    assert granted(s3.get_object_acl(**named, Key="copy")) == [("owner", "FULL_CONTROL")]
    s3.put_object_acl(**named, Key="k", ACL="authenticated-read")
    assert granted(s3.get_object_acl(**named, Key="k"))[1][0].endswith("/AuthenticatedUsers")
    assert s3.get_object(**named, Key="k")["Body"].read() == b"x"
    assert refusal(s3.put_bucket_acl, **named, ACL="public")["Code"] == "InvalidArgument"
    enforced = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    error = refusal(s3.put_bucket_ownership_controls, **named, OwnershipControls=enforced)
    assert error["Code"] == "InvalidBucketAclWithObjectOwnership"


def test_lists_by_header_and_by_document(s3: Any, open_bucket: str) -> None:  # noqa: F811
    named = {"Bucket": open_bucket, "Key": "k"}
    friend = "ab" * 32
    s3.put_object(**named, GrantRead=f'uri="{ALL}", id="{friend}"', GrantFullControl=f"id={friend}")
    read = s3.get_object_acl(**named)
    assert granted(read) == [(friend, "FULL_CONTROL"), (ALL, "READ"), (friend, "READ")]
    policy = {"Owner": read["Owner"], "Grants": read["Grants"][1:2]}
    s3.put_object_acl(**named, AccessControlPolicy=policy)
    assert s3.get_object_acl(**named)["Grants"] == [{"Grantee": {"URI": ALL, "Type": "Group"}, "Permission": "READ"}]
    both = refusal(s3.put_object_acl, **named, ACL="private", GrantRead=f"id={friend}")
    assert (both["Code"], both["Message"]) == (
        "InvalidRequest",
        "Specifying both Canned ACLs and Header Grants is not allowed",
    )
    assert refusal(s3.put_object_acl, **named)["Code"] == "MissingSecurityHeader"
    assert refusal(s3.put_object_acl, **named, ACL="private", AccessControlPolicy=policy)["Code"] == "UnexpectedContent"
    assert refusal(s3.put_object_acl, **named, AccessControlPolicy={"Grants": []})["Code"] == "MalformedACLError"
    assert refusal(s3.put_object_acl, **named, GrantRead="uri=nobody")["Message"] == "Invalid group uri"
    assert refusal(s3.put_object_acl, **named, GrantRead="friend")["Message"] == "Argument format not recognized"
    by_mail = refusal(s3.put_object_acl, **named, GrantRead="emailAddress=a@b.example")
    assert by_mail["Code"] == "UnresolvableGrantByEmailAddress"


def test_public_lists_are_blocked(s3: Any, open_bucket: str) -> None:  # noqa: F811
    blocked = {"BlockPublicAcls": True}
    s3.put_public_access_block(Bucket=open_bucket, PublicAccessBlockConfiguration=blocked)
    for operation, more in ((s3.put_bucket_acl, {}), (s3.put_object, {"Key": "k"})):
        error = refusal(operation, Bucket=open_bucket, ACL="public-read", **more)
        assert error["Code"] == "AccessDenied"
        assert error["Message"].endswith("are prevented by the BlockPublicAcls setting in S3 Block Public Access.")
    s3.put_bucket_acl(Bucket=open_bucket, ACL="log-delivery-write")


def test_lists_of_new_buckets(s3: Any, account: str) -> None:  # noqa: F811
    named = {"Bucket": f"made-with-{account}"}
    assert refusal(s3.create_bucket, **named, ACL="public-read")["Code"] == "InvalidBucketAclWithObjectOwnership"
    owned = {**named, "ObjectOwnership": "ObjectWriter"}
    blocked = refusal(s3.create_bucket, **owned, ACL="public-read")
    assert blocked["Code"] == "InvalidBucketAclWithBlockPublicAccessError"
    s3.create_bucket(**owned, ACL="log-delivery-write")
    assert granted(s3.get_bucket_acl(**named))[1:] == [(LOGS, "WRITE"), (LOGS, "READ_ACP")]


def test_writers_of_other_accounts_own_what_they_write(s3: Any, open_bucket: str, endpoint: str) -> None:  # noqa: F811
    guest = client_factory(endpoint, "666666666666")("s3")
    named = {"Bucket": open_bucket}
    guest.put_object(**named, Key="mine")
    assert s3.get_object_acl(**named, Key="mine")["Owner"]["ID"].endswith("666666666666")
    guest.put_object(**named, Key="given", ACL="bucket-owner-full-control")
    assert s3.get_object_acl(**named, Key="given")["Owner"] == s3.get_bucket_acl(**named)["Owner"]
    guest.put_object(**named, Key="read", ACL="bucket-owner-read")
    assert [permission for _, permission in granted(s3.get_object_acl(**named, Key="read"))] == ["FULL_CONTROL", "READ"]


def test_lists_and_logging_of_templates(aws: Client, s3: Any, account: str) -> None:  # noqa: F811
    logs: dict[str, Any] = {
        "AccessControl": "LogDeliveryWrite",
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "ObjectWriter"}]},
    }
    source = {"LoggingConfiguration": {"DestinationBucketName": {"Ref": "Logs"}, "LogFilePrefix": "of-source/"}}
    resources = {"Logs": ("Logs", logs), "Source": ("Source", source), "Plain": ("Plain", {"AccessControl": "Private"})}
    template = {
        "Resources": {
            name: {"Type": "AWS::S3::Bucket", "Properties": properties} for name, properties in resources.values()
        },
        "Outputs": {name: {"Value": {"Ref": name}} for name in resources},
    }
    cloudformation = aws("cloudformation")
    cloudformation.create_stack(StackName="logged", TemplateBody=json.dumps(template))
    wait_for(cloudformation, "stack_create_complete", StackName="logged")
    (stack,) = cloudformation.describe_stacks(StackName="logged")["Stacks"]
    told = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
    assert granted(s3.get_bucket_acl(Bucket=told["Logs"]))[1:] == [(LOGS, "WRITE"), (LOGS, "READ_ACP")]
    assert s3.get_bucket_logging(Bucket=told["Source"])["LoggingEnabled"] == {
        "TargetBucket": told["Logs"],
        "TargetPrefix": "of-source/",
    }
    source.clear()
    cloudformation.update_stack(StackName="logged", TemplateBody=json.dumps(template))
    wait_for(cloudformation, "stack_update_complete", StackName="logged")
    assert "LoggingEnabled" not in s3.get_bucket_logging(Bucket=told["Source"])


def test_access_logs_are_written_by_the_hour(timed: ServerThread) -> None:
    s3 = client_factory(timed.endpoint, "000000000000")("s3")  # noqa: F811
    for name in ("source", "logs-of-source"):
        s3.create_bucket(Bucket=name)
    wanted = {"TargetBucket": "logs-of-source", "TargetPrefix": "p/"}
    missing = {"LoggingEnabled": {**wanted, "TargetBucket": "no-such-bucket"}}
    assert refusal(s3.put_bucket_logging, Bucket="source", BucketLoggingStatus=missing)["Code"] == (
        "InvalidTargetBucketForLogging"
    )
    s3.put_bucket_logging(Bucket="source", BucketLoggingStatus={"LoggingEnabled": wanted})
    s3.put_object(Bucket="source", Key="a b", Body=b"x")
    assert refusal(s3.get_object, Bucket="source", Key="none")["Code"] == "NoSuchKey"
    timed.advance(HOUR)
    (written,) = s3.list_objects_v2(Bucket="logs-of-source")["Contents"]
    assert written["Key"].startswith("p/2026-")
    lines = s3.get_object(Bucket="logs-of-source", Key=written["Key"])["Body"].read().decode().splitlines()
    put, got = (line.split() for line in lines if ".OBJECT " in line)
    assert (put[1], put[7:9], put[10]) == ("source", ["REST.PUT.OBJECT", "a%20b"], "200")
    assert (got[7:9], got[10:12]) == (["REST.GET.OBJECT", "none"], ["404", "NoSuchKey"])
    timed.advance(3 * HOUR)
    assert len(s3.list_objects_v2(Bucket="logs-of-source")["Contents"]) == 1
    s3.put_bucket_logging(Bucket="source", BucketLoggingStatus={})
    s3.put_object(Bucket="source", Key="unseen")
    timed.advance(2 * HOUR)
    assert len(s3.list_objects_v2(Bucket="logs-of-source")["Contents"]) == 1


def test_a_bucket_made_anew_has_one_access_log(timed: ServerThread) -> None:
    s3 = client_factory(timed.endpoint, "000000000000")("s3")  # noqa: F811
    s3.create_bucket(Bucket="logs-of-source")
    wanted = {"LoggingEnabled": {"TargetBucket": "logs-of-source", "TargetPrefix": ""}}
    for again in (False, True):
        if again:
            s3.delete_bucket(Bucket="source")
        s3.create_bucket(Bucket="source")
        s3.put_bucket_logging(Bucket="source", BucketLoggingStatus=wanted)
    timed.advance(HOUR)
    assert len(s3.list_objects_v2(Bucket="logs-of-source")["Contents"]) == 1
