"""Object Lock: retention, legal holds and defaults, and what may be deleted when."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.conftest import Client, client_factory
from tests.server import ServerThread
from tests.services.http import ask
from tests.services.test_cloudformation import create
from tests.services.test_s3_objects import bucket, refusal, s3  # noqa: F401 - fixtures

DAY = 86_400_000
LOCKED = ("AccessDenied", "Access Denied because object protected by object lock.", 403)
Object = dict[str, str]


def told(error: dict[str, Any]) -> tuple[str, str, int]:
    return error["Code"], error["Message"], error["Status"]


@pytest.fixture
def locking(s3: Any, account: str) -> str:  # noqa: F811
    name = f"locking-{account}"
    s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    return name


def put(s3: Any, bucket: str, key: str = "k", **members: Any) -> Object:  # noqa: F811
    version = s3.put_object(Bucket=bucket, Key=key, Body=b"kept", **members)["VersionId"]
    return {"Bucket": bucket, "Key": key, "VersionId": version}


def ahead(days: int = 1) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) + timedelta(days=days)


def retention(mode: str, until: datetime) -> dict[str, Any]:
    return {"Mode": mode, "RetainUntilDate": until}


def test_a_locking_bucket_has_versions_for_good(s3: Any, locking: str) -> None:  # noqa: F811
    assert s3.get_bucket_versioning(Bucket=locking)["Status"] == "Enabled"
    assert s3.get_object_lock_configuration(Bucket=locking)["ObjectLockConfiguration"] == {
        "ObjectLockEnabled": "Enabled"
    }
    error = refusal(s3.put_bucket_versioning, Bucket=locking, VersioningConfiguration={"Status": "Suspended"})
    assert told(error) == (
        "InvalidBucketState",
        "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.",
        409,
    )
    s3.put_bucket_versioning(Bucket=locking, VersioningConfiguration={"Status": "Enabled"})


def test_a_bucket_with_versions_can_be_made_to_lock(s3: Any, bucket: str) -> None:  # noqa: F811
    enabled = {"ObjectLockEnabled": "Enabled"}
    error = refusal(s3.put_object_lock_configuration, Bucket=bucket, ObjectLockConfiguration=enabled)
    assert (error["Code"], error["Status"]) == ("InvalidBucketState", 409)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    assert refusal(s3.get_object_lock_configuration, Bucket=bucket)["Code"] == "ObjectLockConfigurationNotFoundError"
    default = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}
    s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration={**enabled, "Rule": default})
    assert s3.get_object_lock_configuration(Bucket=bucket)["ObjectLockConfiguration"] == {**enabled, "Rule": default}
    s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration=enabled)
    assert "Rule" not in s3.get_object_lock_configuration(Bucket=bucket)["ObjectLockConfiguration"]


@pytest.mark.parametrize(
    ("default", "code"),
    [
        ({"Mode": "GOVERNANCE", "Days": 1, "Years": 1}, "MalformedXML"),
        ({"Mode": "GOVERNANCE"}, "MalformedXML"),
        ({"Mode": "FOREVER", "Days": 1}, "MalformedXML"),
        ({"Mode": "COMPLIANCE", "Days": 0}, "InvalidArgument"),
        ({"Mode": "COMPLIANCE", "Years": 101}, "InvalidArgument"),
    ],
)
def test_defaults_that_cannot_be(s3: Any, locking: str, default: dict[str, Any], code: str) -> None:  # noqa: F811
    configuration = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": default}}
    error = refusal(s3.put_object_lock_configuration, Bucket=locking, ObjectLockConfiguration=configuration)
    assert error["Code"] == code


def test_without_a_lock_nothing_is_retained(s3: Any, bucket: str) -> None:  # noqa: F811
    s3.put_object(Bucket=bucket, Key="k")
    named = {"Bucket": bucket, "Key": "k"}
    missing = ("InvalidRequest", "Bucket is missing Object Lock Configuration", 400)
    assert told(refusal(s3.get_object_retention, **named)) == missing
    assert told(refusal(s3.get_object_legal_hold, **named)) == missing
    assert told(refusal(s3.put_object_legal_hold, **named, LegalHold={"Status": "ON"})) == missing
    error = refusal(s3.put_object, **named, ObjectLockLegalHoldStatus="ON")
    assert told(error) == ("InvalidRequest", "Bucket is missing ObjectLockConfiguration", 400)
    error = refusal(s3.delete_object, **named, BypassGovernanceRetention=True)
    assert (error["Code"], error["ArgumentName"]) == ("InvalidArgument", "x-amz-bypass-governance-retention")


def test_governance_holds_all_but_who_bypasses_it(s3: Any, locking: str) -> None:  # noqa: F811
    until = ahead(2)
    kept = put(s3, locking, ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=until)
    head = s3.head_object(**kept)
    assert (head["ObjectLockMode"], head["ObjectLockRetainUntilDate"]) == ("GOVERNANCE", until)
    assert "ObjectLockLegalHoldStatus" not in head
    assert s3.get_object_retention(**kept)["Retention"] == retention("GOVERNANCE", until)
    assert told(refusal(s3.delete_object, **kept)) == LOCKED
    assert told(refusal(s3.put_object_retention, **kept, Retention=retention("GOVERNANCE", ahead(1)))) == LOCKED
    assert told(refusal(s3.put_object_retention, **kept, Retention=retention("COMPLIANCE", ahead(3)))) == LOCKED
    assert told(refusal(s3.put_object_retention, **kept, Retention={})) == LOCKED
    s3.put_object_retention(**kept, Retention=retention("GOVERNANCE", ahead(3)))
    s3.put_object_retention(**kept, Retention=retention("GOVERNANCE", ahead(1)), BypassGovernanceRetention=True)
    s3.put_object_retention(**kept, Retention={}, BypassGovernanceRetention=True)
    assert refusal(s3.get_object_retention, **kept)["Code"] == "NoSuchObjectLockConfiguration"
    s3.put_object_retention(**kept, Retention=retention("GOVERNANCE", until))
    s3.delete_object(**kept, BypassGovernanceRetention=True)
    assert refusal(s3.head_object, **kept)["Status"] == 404


def test_compliance_can_only_grow(s3: Any, locking: str) -> None:  # noqa: F811
    kept = put(s3, locking, ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=ahead(2))
    anyhow = {**kept, "BypassGovernanceRetention": True}
    for worse in (retention("COMPLIANCE", ahead(1)), retention("GOVERNANCE", ahead(3)), {}):
        assert told(refusal(s3.put_object_retention, **anyhow, Retention=worse)) == LOCKED
    assert told(refusal(s3.delete_object, **anyhow)) == LOCKED
    longer = retention("COMPLIANCE", ahead(3))
    s3.put_object_retention(**kept, Retention=longer)
    assert s3.get_object_retention(**kept)["Retention"] == longer


def test_a_legal_hold_ends_when_it_is_taken_away(s3: Any, locking: str) -> None:  # noqa: F811
    kept = put(s3, locking)
    assert refusal(s3.get_object_legal_hold, **kept)["Code"] == "NoSuchObjectLockConfiguration"
    s3.put_object_legal_hold(**kept, LegalHold={"Status": "ON"})
    assert s3.get_object_legal_hold(**kept)["LegalHold"] == {"Status": "ON"}
    assert told(refusal(s3.delete_object, **kept, BypassGovernanceRetention=True)) == LOCKED
    deletion = s3.delete_objects(
        Bucket=locking, Delete={"Objects": [{"Key": "k", "VersionId": kept["VersionId"]}, {"Key": "other"}]}
    )
    assert [(error["Code"], error["Message"]) for error in deletion["Errors"]] == [LOCKED[:2]]
    assert [item["Key"] for item in deletion["Deleted"]] == ["other"]
    marker = s3.delete_object(Bucket=locking, Key="k")["VersionId"]  # hides the version, which stays
    error = refusal(s3.put_object_legal_hold, **{**kept, "VersionId": marker}, LegalHold={"Status": "ON"})
    assert error["Code"] == "MethodNotAllowed"
    s3.put_object_legal_hold(**kept, LegalHold={"Status": "OFF"})
    assert s3.head_object(**kept)["ObjectLockLegalHoldStatus"] == "OFF"
    s3.delete_object(**kept)


def test_what_cannot_be_asked_for(s3: Any, locking: str) -> None:  # noqa: F811
    named = {"Bucket": locking, "Key": "k"}
    error = refusal(s3.put_object, **named, ObjectLockMode="GOVERNANCE")
    assert "must both be supplied" in error["Message"]
    error = refusal(s3.put_object, **named, ObjectLockMode="SOME", ObjectLockRetainUntilDate=ahead())
    assert (error["Message"], error["ArgumentValue"]) == ("Unknown wormMode directive.", "SOME")
    past = datetime(2020, 1, 1, tzinfo=UTC)
    error = refusal(s3.put_object, **named, ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=past)
    assert error["Message"] == "The retain until date must be in the future!"
    assert refusal(s3.put_object, **named, ObjectLockLegalHoldStatus="MAYBE")["Code"] == "InvalidArgument"
    put(s3, locking)
    error = refusal(s3.put_object_retention, **named, Retention=retention("GOVERNANCE", past))
    assert error["ArgumentValue"] == "Tue Dec 31 16:00:00 PST 2019"
    assert refusal(s3.put_object_retention, **named, Retention={"Mode": "GOVERNANCE"})["Code"] == "MalformedXML"
    assert refusal(s3.put_object_retention, **named, Retention=retention("SOME", ahead()))["Code"] == "MalformedXML"
    assert refusal(s3.put_object_legal_hold, **named, LegalHold={"Status": "MAYBE"})["Code"] == "MalformedXML"


def test_what_is_retained_comes_with_a_checksum(aws: Client, s3: Any, locking: str) -> None:  # noqa: F811
    plain = aws("s3", s3={"addressing_style": "path"}, request_checksum_calculation="when_required")
    hold = {"ObjectLockLegalHoldStatus": "ON"}
    error = refusal(plain.put_object, Bucket=locking, Key="k", **hold)
    assert error["Code"] == "InvalidRequest"
    assert error["Message"].endswith("is required for Put Object requests with Object Lock parameters")
    plain.put_object(Bucket=locking, Key="k", ContentMD5="1B2M2Y8AsgTpgAmY7PhCfg==", **hold)
    plain.put_object(Bucket=locking, Key="free")
    upload = plain.create_multipart_upload(Bucket=locking, Key="k", **hold)["UploadId"]
    error = refusal(plain.upload_part, Bucket=locking, Key="k", UploadId=upload, PartNumber=1, Body=b"1")
    assert "Put Part requests" in error["Message"]


def test_documents_about_what_stays_come_with_a_checksum(locking: str, endpoint: str, account: str) -> None:
    signed = (
        f"AWS4-HMAC-SHA256 Credential={account}/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"
    )
    hold = b"<LegalHold><Status>ON</Status></LegalHold>"
    answer = ask("PUT", f"{endpoint}/{locking}/k?legal-hold", hold, authorization=signed)
    assert answer.status == 400
    assert b"Missing required header for this request: Content-MD5 OR x-amz-checksum-*" in answer.body


def test_copies_and_uploads_in_parts_are_locked_anew(s3: Any, locking: str) -> None:  # noqa: F811
    put(s3, locking, ObjectLockLegalHoldStatus="ON")
    source = {"Bucket": locking, "Key": "copy", "CopySource": f"{locking}/k"}
    s3.copy_object(**source)
    assert "ObjectLockLegalHoldStatus" not in s3.head_object(Bucket=locking, Key="copy")
    until = ahead()
    s3.copy_object(**source, ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=until)
    assert s3.head_object(Bucket=locking, Key="copy")["ObjectLockRetainUntilDate"] == until
    parts = {"Bucket": locking, "Key": "parts"}
    parts["UploadId"] = s3.create_multipart_upload(
        **parts, ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=until, ObjectLockLegalHoldStatus="OFF"
    )["UploadId"]
    etag = s3.upload_part(**parts, PartNumber=1, Body=b"1")["ETag"]
    s3.complete_multipart_upload(**parts, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]})
    got = s3.get_object(Bucket=locking, Key="parts")
    assert (got["ObjectLockMode"], got["ObjectLockRetainUntilDate"]) == ("COMPLIANCE", until)
    assert got["ObjectLockLegalHoldStatus"] == "OFF"


@pytest.fixture
def timed_s3(timed: ServerThread) -> Any:
    return client_factory(timed.endpoint, "000000000000")("s3", s3={"addressing_style": "path"})


def test_retention_ends_when_the_clock_says_so(timed: ServerThread, timed_s3: Any) -> None:
    s3 = timed_s3  # noqa: F811
    s3.create_bucket(Bucket="vault", ObjectLockEnabledForBucket=True)
    default = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 30}}
    s3.put_object_lock_configuration(
        Bucket="vault", ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": default}
    )
    rule = {"ID": "old", "Status": "Enabled", "Filter": {}, "NoncurrentVersionExpiration": {"NoncurrentDays": 1}}
    s3.put_bucket_lifecycle_configuration(Bucket="vault", LifecycleConfiguration={"Rules": [rule]})
    kept, swept = put(s3, "vault"), put(s3, "vault", "swept")
    made = s3.head_object(**kept)
    assert made["ObjectLockRetainUntilDate"] - made["LastModified"] < timedelta(days=30, seconds=1)
    s3.delete_object(Bucket="vault", Key="swept")
    timed.advance(29 * DAY)
    assert told(refusal(s3.delete_object, **kept)) == LOCKED
    assert s3.head_object(**swept)["ObjectLockMode"] == "COMPLIANCE"  # rules spare what is locked
    timed.advance(2 * DAY)
    assert refusal(s3.head_object, **swept)["Status"] == 404
    assert s3.get_object_retention(**kept)["Retention"]["Mode"] == "COMPLIANCE"
    s3.delete_object(**kept)
    assert refusal(s3.head_object, **kept)["Status"] == 404


def test_a_template_locks(aws: Client, s3: Any, account: str) -> None:  # noqa: F811
    name = f"template-{account}"
    properties = {
        "BucketName": name,
        "ObjectLockEnabled": True,
        "ObjectLockConfiguration": {
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Years": "1"}},
        },
    }
    template = {"Resources": {"Vault": {"Type": "AWS::S3::Bucket", "Properties": properties}}}
    create(aws("cloudformation"), json.dumps(template))
    configuration = s3.get_object_lock_configuration(Bucket=name)["ObjectLockConfiguration"]
    assert configuration["Rule"]["DefaultRetention"] == {"Mode": "GOVERNANCE", "Years": 1}
    s3.put_object(Bucket=name, Key="k")
    head = s3.head_object(Bucket=name, Key="k")
    assert (head["ObjectLockRetainUntilDate"] - head["LastModified"]).days == 365
