"""Answers of S3 of which its model says nothing: statuses, headers, repeated requests, what is malformed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.services.test_s3_objects import bucket, refusal, s3  # noqa: F401 - fixtures


def complete(s3: Any, upload: dict[str, Any], etag: str) -> dict[str, Any]:  # noqa: F811
    parts = [{"PartNumber": 1, "ETag": etag}]
    answer: dict[str, Any] = s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts}, IfNoneMatch="*")
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def test_an_upload_may_be_completed_again(s3: Any, bucket: str) -> None:  # noqa: F811
    upload = {"Bucket": bucket, "Key": "k"}
    upload["UploadId"] = s3.create_multipart_upload(**upload, ChecksumAlgorithm="SHA256")["UploadId"]
    part = s3.upload_part(**upload, PartNumber=1, Body=b"text", ChecksumAlgorithm="SHA256")
    first = complete(s3, upload, part["ETag"])
    assert complete(s3, upload, part["ETag"]) == first
    assert refusal(complete, s3=s3, upload=upload, etag='"0123"')["Code"] == "NoSuchUpload"
    assert first["ChecksumSHA256"].endswith("-1")
    named = {"Bucket": bucket, "Key": "k"}
    checksum = s3.get_object_attributes(**named, ObjectAttributes=["Checksum"])["Checksum"]
    assert checksum == {"ChecksumSHA256": first["ChecksumSHA256"][:-2], "ChecksumType": "COMPOSITE"}
    s3.put_object(**named, Body=b"another")
    assert refusal(complete, s3=s3, upload=upload, etag=part["ETag"])["Code"] == "NoSuchUpload"


def test_statuses_and_headers(s3: Any, bucket: str) -> None:  # noqa: F811
    tagged = s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    assert tagged["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert s3.head_bucket(Bucket=bucket)["ResponseMetadata"]["HTTPHeaders"]["content-type"] == "application/xml"
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    marker = s3.delete_object(Bucket=bucket, Key="k")["VersionId"]
    with pytest.raises(s3.exceptions.ClientError) as raised:
        s3.head_object(Bucket=bucket, Key="k", VersionId=marker)
    answer = raised.value.response["ResponseMetadata"]
    assert (answer["HTTPStatusCode"], answer["HTTPHeaders"]["allow"]) == (405, "DELETE")


def test_what_is_malformed(s3: Any, bucket: str) -> None:  # noqa: F811
    named = {"Bucket": bucket, "Key": "k"}
    s3.put_object(**named)
    for operation in (s3.get_object, s3.delete_object):
        refused = refusal(operation, **named, VersionId="none")
        assert (refused["Code"], refused["Message"]) == ("InvalidArgument", "Invalid version id specified")
    refused = refusal(s3.put_object, **named, Tagging="aws:name=value")
    assert (refused["Code"], refused["Message"]) == ("InvalidTag", "Your TagKey cannot be prefixed with aws:")
    rule = {
        "Status": "Enabled",
        "Expiration": {"Days": 1},
        "Filter": {"Prefix": "a", "Tag": {"Key": "a", "Value": "b"}},
    }
    rules = {"Rules": [rule]}
    refused = refusal(s3.put_bucket_lifecycle_configuration, Bucket=bucket, LifecycleConfiguration=rules)
    assert refused["Code"] == "MalformedXML"
    rules = {"Rules": [{"ID": "r" * 256, "Status": "Enabled", "Expiration": {"Days": 1}, "Filter": {"Prefix": "a"}}]}
    refused = refusal(s3.put_bucket_lifecycle_configuration, Bucket=bucket, LifecycleConfiguration=rules)
    assert refused["Code"] == "InvalidArgument"
