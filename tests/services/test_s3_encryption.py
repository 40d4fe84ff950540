"""Encryption as S3 tells of it: objects with keys of KMS, and buckets whose default they are."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest

from tests.conftest import Client, client_factory
from tests.services.test_s3_objects import bucket, refusal, s3  # noqa: F401 - fixtures

MISSING = "12345678-1234-1234-1234-123456789012"
MEMBERS = ("ServerSideEncryption", "SSEKMSKeyId", "BucketKeyEnabled")


@pytest.fixture
def key(aws: Client) -> str:
    """The ARN of a key."""
    return str(aws("kms").create_key()["KeyMetadata"]["Arn"])


def said(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: answer[name] for name in MEMBERS if name in answer}


def encrypt(s3: Any, bucket: str, bucket_key: bool | None = None, **default: str) -> None:  # noqa: F811
    rule: dict[str, Any] = {"ApplyServerSideEncryptionByDefault": default}
    if bucket_key is not None:
        rule["BucketKeyEnabled"] = bucket_key
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})


def test_an_object_with_a_key(s3: Any, bucket: str, key: str) -> None:  # noqa: F811
    expected = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key, "BucketKeyEnabled": True}
    put = s3.put_object(
        Bucket=bucket,
        Key="k",
        Body=b"secret",
        ServerSideEncryption="aws:kms",
        SSEKMSKeyId=key,
        BucketKeyEnabled=True,
        ContentMD5=base64.b64encode(hashlib.md5(b"secret").digest()).decode(),
    )
    assert said(put) == expected
    assert put["ETag"].strip('"') != hashlib.md5(b"secret").hexdigest()
    got = s3.get_object(Bucket=bucket, Key="k")
    assert (got["Body"].read(), got["ETag"], said(got)) == (b"secret", put["ETag"], expected)
    assert said(s3.head_object(Bucket=bucket, Key="k")) == expected


def test_names_of_keys(s3: Any, bucket: str, key: str, aws: Client) -> None:  # noqa: F811
    kms = aws("kms")

    def key_of(**request: Any) -> str:
        answer = s3.put_object(Bucket=bucket, Key="k", ServerSideEncryption="aws:kms:dsse", **request)
        assert "BucketKeyEnabled" not in answer
        return str(answer["SSEKMSKeyId"])

    multi_region = kms.create_key(MultiRegion=True)["KeyMetadata"]
    kms.create_alias(AliasName="alias/orders", TargetKeyId=key)
    assert key_of(SSEKMSKeyId=multi_region["KeyId"]) == multi_region["Arn"]
    assert key_of(SSEKMSKeyId="alias/orders") == key_of(SSEKMSKeyId=key) == key
    managed = key_of(BucketKeyEnabled=True)
    assert managed == kms.describe_key(KeyId="alias/aws/s3")["KeyMetadata"]["Arn"]
    assert key_of(SSEKMSKeyId="alias/aws/s3") == managed
    alias = managed.partition(":key/")[0] + ":alias/aws/s3"
    assert key_of(SSEKMSKeyId=alias) == managed


def test_a_key_of_another_account(s3: Any, bucket: str, account: str, endpoint: str) -> None:  # noqa: F811
    kms = client_factory(endpoint, "888888888888")("kms")
    theirs = kms.create_key()["KeyMetadata"]["Arn"]
    request = {"Bucket": bucket, "Key": "k", "ServerSideEncryption": "aws:kms", "SSEKMSKeyId": theirs}
    assert refusal(s3.put_object, **request)["Code"] == "AccessDenied"
    policy = json.loads(kms.get_key_policy(KeyId=theirs)["Policy"])
    guest = {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "kms:GenerateDataKey", "Resource": "*"}
    policy["Statement"].append(guest)
    kms.put_key_policy(KeyId=theirs, Policy=json.dumps(policy))
    assert s3.put_object(**request)["SSEKMSKeyId"] == theirs


def test_a_key_that_cannot_be_used(s3: Any, bucket: str, key: str, aws: Client) -> None:  # noqa: F811
    encrypt(s3, bucket, SSEAlgorithm="aws:kms", KMSMasterKeyID=key)
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    aws("kms").disable_key(KeyId=key)
    for operation in (s3.get_object, s3.put_object):
        error = refusal(operation, Bucket=bucket, Key="k")
        assert (error["Code"], error["Message"]) == ("KMS.DisabledException", f"{key} is disabled.")
    aws("kms").schedule_key_deletion(KeyId=key)
    assert refusal(s3.get_object, Bucket=bucket, Key="k")["Code"] == "KMS.KMSInvalidStateException"
    pair = aws("kms").create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
    request = {"Bucket": bucket, "Key": "p", "ServerSideEncryption": "aws:kms", "SSEKMSKeyId": pair}
    assert refusal(s3.put_object, **request)["Code"] == "KMS.UnsupportedOperationException"


def test_a_buckets_default(s3: Any, bucket: str, key: str) -> None:  # noqa: F811
    encrypt(s3, bucket, SSEAlgorithm="aws:kms", KMSMasterKeyID=key, bucket_key=True)
    rule = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"][0]
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    assert rule == {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}
    expected = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key, "BucketKeyEnabled": True}
    assert said(s3.put_object(Bucket=bucket, Key="k", Body=b"x")) == expected
    plain = s3.put_object(Bucket=bucket, Key="plain", Body=b"x", ServerSideEncryption="AES256")
    assert said(plain) == {"ServerSideEncryption": "AES256"}
    # a request that asks for KMS and names no key gets S3's own, not the default's
    own = s3.put_object(Bucket=bucket, Key="own", ServerSideEncryption="aws:kms", BucketKeyEnabled=False)
    assert set(said(own)) == {"ServerSideEncryption", "SSEKMSKeyId"} and own["SSEKMSKeyId"] != key
    s3.delete_bucket_encryption(Bucket=bucket)
    assert said(s3.put_object(Bucket=bucket, Key="after")) == {"ServerSideEncryption": "AES256"}
    assert said(s3.head_object(Bucket=bucket, Key="k")) == expected


def test_copies_are_encrypted_as_their_own_bucket_says(s3: Any, bucket: str, key: str) -> None:  # noqa: F811
    source = {"Bucket": bucket, "Key": "k"}
    first = s3.put_object(Bucket=bucket, Key="k", Body=b"x", ServerSideEncryption="aws:kms", SSEKMSKeyId=key)
    plain = s3.copy_object(Bucket=bucket, Key="plain", CopySource=source)
    assert said(plain) == {"ServerSideEncryption": "AES256"}
    assert plain["CopyObjectResult"]["ETag"] == f'"{hashlib.md5(b"x").hexdigest()}"'
    assert refusal(s3.copy_object, Bucket=bucket, Key="k", CopySource=source)["Code"] == "InvalidRequest"
    encrypt(s3, bucket, SSEAlgorithm="aws:kms")
    again = s3.copy_object(Bucket=bucket, Key="k", CopySource=source)
    assert again["ServerSideEncryption"] == "aws:kms" and again["CopyObjectResult"]["ETag"] != first["ETag"]
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"


def test_uploads_in_parts(s3: Any, bucket: str, key: str) -> None:  # noqa: F811
    expected = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key}
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k", ServerSideEncryption="aws:kms", SSEKMSKeyId=key)
    named = {"Bucket": bucket, "Key": "k", "UploadId": upload["UploadId"]}
    part = s3.upload_part(**named, PartNumber=1, Body=b"x")
    copied = s3.upload_part_copy(**{**named, "PartNumber": 2, "CopySource": put_plain(s3, bucket)})
    etags = [{"PartNumber": 1, "ETag": part["ETag"]}]
    done = s3.complete_multipart_upload(**named, MultipartUpload={"Parts": etags})
    for answer in (upload, part, copied, done, s3.head_object(Bucket=bucket, Key="k")):
        assert said(answer) == expected
    assert part["ETag"].strip('"') != hashlib.md5(b"x").hexdigest()


def put_plain(s3: Any, bucket: str) -> dict[str, str]:  # noqa: F811
    s3.put_object(Bucket=bucket, Key="plain", Body=b"y")
    return {"Bucket": bucket, "Key": "plain"}


def test_what_is_refused(s3: Any, bucket: str) -> None:  # noqa: F811
    def put(**request: str) -> dict[str, Any]:
        return refusal(s3.put_object, Bucket=bucket, Key="k", **request)

    unknown = put(ServerSideEncryption="AES512")
    assert (unknown["Code"], unknown["Message"]) == (
        "InvalidArgument",
        "The encryption method specified is not supported",
    )
    for algorithm in ({}, {"ServerSideEncryption": "AES256"}):
        error = put(SSEKMSKeyId=MISSING, **algorithm)
        assert error["Code"] == "InvalidArgument"
        assert error["Message"].endswith("requires HTTP header x-amz-server-side-encryption : aws:kms")
    for name in (MISSING, "mine"):
        assert put(ServerSideEncryption="aws:kms", SSEKMSKeyId=name)["Code"] == "KMS.NotFoundException"
    elsewhere = f"arn:aws:kms:eu-west-1:000000000000:key/{MISSING}"
    assert put(ServerSideEncryption="aws:kms", SSEKMSKeyId=elsewhere)["Message"] == "Invalid arn eu-west-1"

    def configure(*rules: dict[str, Any]) -> str:
        given = {"Rules": list(rules)}
        answer = refusal(s3.put_bucket_encryption, Bucket=bucket, ServerSideEncryptionConfiguration=given)
        return str(answer["Code"])

    default = "ApplyServerSideEncryptionByDefault"
    assert configure() == configure({}, {}) == "MalformedXML"
    assert configure({default: {"SSEAlgorithm": "ROT13"}}) == "MalformedXML"
    assert configure({default: {"SSEAlgorithm": "AES256", "KMSMasterKeyID": MISSING}}) == "InvalidArgument"
