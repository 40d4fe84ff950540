"""Encryption as S3 tells of it: objects with keys of KMS, and buckets whose default they are."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest

from tests.services.test_s3_objects import bucket, refusal, s3  # noqa: F401 - fixtures

KEY = "12345678-1234-1234-1234-123456789012"
MEMBERS = ("ServerSideEncryption", "SSEKMSKeyId", "BucketKeyEnabled")


def arn(account: str, key: str = KEY) -> str:
    return f"arn:aws:kms:us-east-1:{account}:key/{key}"


def said(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: answer[name] for name in MEMBERS if name in answer}


def encrypt(s3: Any, bucket: str, bucket_key: bool | None = None, **default: str) -> None:  # noqa: F811
    rule: dict[str, Any] = {"ApplyServerSideEncryptionByDefault": default}
    if bucket_key is not None:
        rule["BucketKeyEnabled"] = bucket_key
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})


def test_an_object_with_a_key(s3: Any, bucket: str, account: str) -> None:  # noqa: F811
    expected = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": arn(account), "BucketKeyEnabled": True}
    put = s3.put_object(
        Bucket=bucket,
        Key="k",
        Body=b"secret",
        ServerSideEncryption="aws:kms",
        SSEKMSKeyId=KEY,
        BucketKeyEnabled=True,
        ContentMD5=base64.b64encode(hashlib.md5(b"secret").digest()).decode(),
    )
    assert said(put) == expected
    assert put["ETag"].strip('"') != hashlib.md5(b"secret").hexdigest()
    got = s3.get_object(Bucket=bucket, Key="k")
    assert (got["Body"].read(), got["ETag"], said(got)) == (b"secret", put["ETag"], expected)
    assert said(s3.head_object(Bucket=bucket, Key="k")) == expected


@pytest.mark.parametrize(
    ("given", "shown"),
    [(KEY, arn("{}")), (arn("999999999999"), arn("999999999999")), ("mrk-" + "a" * 32, arn("{}", "mrk-" + "a" * 32))],
)
def test_names_of_keys(s3: Any, bucket: str, account: str, given: str, shown: str) -> None:  # noqa: F811
    put = s3.put_object(Bucket=bucket, Key="k", ServerSideEncryption="aws:kms", SSEKMSKeyId=given)
    assert said(put) == {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": shown.format(account)}


def test_an_alias_means_one_key(s3: Any, bucket: str, account: str) -> None:  # noqa: F811
    def key_of(**request: Any) -> str:
        answer = s3.put_object(Bucket=bucket, Key="k", ServerSideEncryption="aws:kms:dsse", **request)
        assert "BucketKeyEnabled" not in answer
        return str(answer["SSEKMSKeyId"])

    managed = key_of(BucketKeyEnabled=True)
    assert managed.startswith(f"arn:aws:kms:us-east-1:{account}:key/") and len(managed.rpartition("/")[2]) == 36
    assert key_of(SSEKMSKeyId="alias/aws/s3") == managed
    assert key_of(SSEKMSKeyId=f"arn:aws:kms:us-east-1:{account}:alias/aws/s3") == managed
    assert key_of(SSEKMSKeyId="alias/orders") not in (managed, key_of(SSEKMSKeyId="alias/other"))


def test_a_buckets_default(s3: Any, bucket: str, account: str) -> None:  # noqa: F811
    encrypt(s3, bucket, SSEAlgorithm="aws:kms", KMSMasterKeyID=arn(account), bucket_key=True)
    rule = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"][0]
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": arn(account)}
    assert rule == {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}
    expected = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": arn(account), "BucketKeyEnabled": True}
    assert said(s3.put_object(Bucket=bucket, Key="k", Body=b"x")) == expected
    plain = s3.put_object(Bucket=bucket, Key="plain", Body=b"x", ServerSideEncryption="AES256")
    assert said(plain) == {"ServerSideEncryption": "AES256"}
    # a request that asks for KMS and names no key gets S3's own, not the default's
    own = s3.put_object(Bucket=bucket, Key="own", ServerSideEncryption="aws:kms", BucketKeyEnabled=False)
    assert set(said(own)) == {"ServerSideEncryption", "SSEKMSKeyId"} and own["SSEKMSKeyId"] != arn(account)
    s3.delete_bucket_encryption(Bucket=bucket)
    assert said(s3.put_object(Bucket=bucket, Key="after")) == {"ServerSideEncryption": "AES256"}
    assert said(s3.head_object(Bucket=bucket, Key="k")) == expected


def test_copies_are_encrypted_as_their_own_bucket_says(s3: Any, bucket: str, account: str) -> None:  # noqa: F811
    source = {"Bucket": bucket, "Key": "k"}
    first = s3.put_object(Bucket=bucket, Key="k", Body=b"x", ServerSideEncryption="aws:kms", SSEKMSKeyId=KEY)
    plain = s3.copy_object(Bucket=bucket, Key="plain", CopySource=source)
    assert said(plain) == {"ServerSideEncryption": "AES256"}
    assert plain["CopyObjectResult"]["ETag"] == f'"{hashlib.md5(b"x").hexdigest()}"'
    assert refusal(s3.copy_object, Bucket=bucket, Key="k", CopySource=source)["Code"] == "InvalidRequest"
    encrypt(s3, bucket, SSEAlgorithm="aws:kms")
    again = s3.copy_object(Bucket=bucket, Key="k", CopySource=source)
    assert again["ServerSideEncryption"] == "aws:kms" and again["CopyObjectResult"]["ETag"] != first["ETag"]
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"


def test_uploads_in_parts(s3: Any, bucket: str, account: str) -> None:  # noqa: F811
    expected = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": arn(account)}
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k", ServerSideEncryption="aws:kms", SSEKMSKeyId=KEY)
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
        error = put(SSEKMSKeyId=KEY, **algorithm)
        assert error["Code"] == "InvalidArgument"
        assert error["Message"].endswith("requires HTTP header x-amz-server-side-encryption : aws:kms")
    assert put(ServerSideEncryption="aws:kms", SSEKMSKeyId="mine")["Code"] == "KMS.NotFoundException"
    elsewhere = f"arn:aws:kms:eu-west-1:000000000000:key/{KEY}"
    assert put(ServerSideEncryption="aws:kms", SSEKMSKeyId=elsewhere)["Message"] == "Invalid arn eu-west-1"
    customers = put(SSECustomerAlgorithm="AES256", SSECustomerKey="k" * 32)
    assert customers["Code"] == "NotImplemented"

    def configure(*rules: dict[str, Any]) -> str:
        given = {"Rules": list(rules)}
        answer = refusal(s3.put_bucket_encryption, Bucket=bucket, ServerSideEncryptionConfiguration=given)
        return str(answer["Code"])

    default = "ApplyServerSideEncryptionByDefault"
    assert configure() == configure({}, {}) == "MalformedXML"
    assert configure({default: {"SSEAlgorithm": "ROT13"}}) == "MalformedXML"
    assert configure({default: {"SSEAlgorithm": "AES256", "KMSMasterKeyID": KEY}}) == "InvalidArgument"
