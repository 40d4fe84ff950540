"""Objects under keys that come with each request."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from tests.services.test_s3_objects import bucket, refusal, s3  # noqa: F401 - fixtures

AES = "AES256"
MINE = {"SSECustomerAlgorithm": AES, "SSECustomerKey": "k" * 32}
ENCODED = base64.b64encode(b"k" * 32).decode()
OTHERS = {"SSECustomerAlgorithm": AES, "SSECustomerKey": "o" * 32}
SOURCE = {f"CopySource{name}": value for name, value in MINE.items()}
STORED = "The object was stored using a form of Server Side Encryption."


def test_what_is_read_with_the_key_it_was_written_with(s3: Any, bucket: str) -> None:  # noqa: F811
    named = {"Bucket": bucket, "Key": "k"}
    put = s3.put_object(**named, Body=b"abc", **MINE)
    assert (put["SSECustomerAlgorithm"], "ServerSideEncryption" in put) == (AES, False)
    assert put["ETag"].strip('"') != hashlib.md5(b"abc").hexdigest()
    got = s3.get_object(**named, **MINE)
    assert (got["Body"].read(), got["SSECustomerKeyMD5"]) == (b"abc", put["SSECustomerKeyMD5"])
    assert "ServerSideEncryption" not in got
    error = refusal(s3.get_object, **named)
    assert (error["Code"], error["Message"][: len(STORED)], error["Status"]) == ("InvalidRequest", STORED, 400)
    error = refusal(s3.get_object, **named, **OTHERS)
    assert (error["Code"], error["Status"]) == ("AccessDenied", 403)
    assert error["Message"].endswith("must provide the correct secret key.")
    assert refusal(s3.head_object, **named)["Status"] == 400
    assert refusal(s3.get_object_attributes, **named, ObjectAttributes=["ETag"])["Code"] == "InvalidRequest"
    spelt = {**MINE, "SSECustomerKey": ENCODED, "SSECustomerKeyMD5": put["SSECustomerKeyMD5"]}  # as boto3 does not here
    assert s3.get_object_attributes(**named, ObjectAttributes=["ObjectSize"], **spelt)["ObjectSize"] == 3
    s3.put_object(**named, Body=b"abc")
    error = refusal(s3.get_object, **named, **MINE)
    assert error["Message"] == "The encryption parameters are not applicable to this object."


def test_keys_that_cannot_be(s3: Any, bucket: str) -> None:  # noqa: F811
    named = {"Bucket": bucket, "Key": "k"}
    short = refusal(s3.put_object, **named, SSECustomerAlgorithm=AES, SSECustomerKey="short")
    assert short["Message"] == "The secret key was invalid for the specified algorithm."
    assert refusal(s3.put_object, **named, SSECustomerAlgorithm=AES)["Message"].endswith("an appropriate secret key.")
    missing = refusal(s3.put_object, **named, SSECustomerKey="k" * 32)
    assert missing["Message"].endswith("must provide a valid encryption algorithm.")
    error = refusal(s3.put_object, **named, **{**MINE, "SSECustomerAlgorithm": "AES512"})
    assert error["Code"] == "InvalidEncryptionAlgorithmError"
    mismatched = {**MINE, "SSECustomerKey": ENCODED, "SSECustomerKeyMD5": "1B2M2Y8AsgTpgAmY7PhCfg=="}
    error = refusal(s3.put_object, **named, **mismatched)
    assert error["Message"] == "The calculated MD5 hash of the key did not match the hash that was provided."
    error = refusal(s3.put_object, **named, **MINE, ServerSideEncryption="aws:kms")
    assert (error["Code"], error["ArgumentValue"]) == ("InvalidArgument", "aws:kms")


def test_copies_from_and_to_keys(s3: Any, bucket: str) -> None:  # noqa: F811
    s3.put_object(Bucket=bucket, Key="k", Body=b"abc", **MINE)
    copy = {"Bucket": bucket, "Key": "copy", "CopySource": f"{bucket}/k"}
    assert refusal(s3.copy_object, **copy)["Message"].startswith(STORED)
    copied = s3.copy_object(**copy, **SOURCE)
    assert copied["ServerSideEncryption"] == AES
    assert copied["CopyObjectResult"]["ETag"].strip('"') == hashlib.md5(b"abc").hexdigest()
    assert s3.get_object(Bucket=bucket, Key="copy")["Body"].read() == b"abc"
    s3.copy_object(**{**copy, "Key": "k"}, **SOURCE, **OTHERS)  # to itself, under another key
    assert s3.get_object(Bucket=bucket, Key="k", **OTHERS)["Body"].read() == b"abc"


def test_parts_come_with_the_key_of_their_upload(s3: Any, bucket: str) -> None:  # noqa: F811
    named = {"Bucket": bucket, "Key": "k"}
    upload = {**named, "UploadId": s3.create_multipart_upload(**named, **MINE)["UploadId"]}
    part = {**upload, "PartNumber": 1, "Body": b"1"}
    assert refusal(s3.upload_part, **part)["Message"].startswith("The multipart upload initiate requested encryption.")
    assert refusal(s3.upload_part, **part, **OTHERS)["Message"].endswith("did not match the ones used originally.")
    etag = s3.upload_part(**part, **MINE)["ETag"]
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]})
    assert s3.get_object(**named, **MINE)["Body"].read() == b"1"
    assert refusal(s3.get_object, **named)["Code"] == "InvalidRequest"
    plain = {**named, "UploadId": s3.create_multipart_upload(**named)["UploadId"]}
    error = refusal(s3.upload_part, **{**part, **plain}, **MINE)
    assert error["Message"].startswith("The multipart upload initiate did not request encryption.")
