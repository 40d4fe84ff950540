"""Large bodies beside whatever else happens: put at once, or made of others by completions and copies."""

from __future__ import annotations

import base64
import hashlib
import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import Client, client_factory
from tests.server import ServerThread

BODY = random.Random(7).randbytes(5 * 1024 * 1024 + 17)
BUCKET = "assembling"


@pytest.fixture(scope="module")
def server() -> Any:
    with ServerThread() as running:
        aws: Client = client_factory(running.endpoint, "000000000000")
        aws("s3").create_bucket(Bucket=BUCKET)
        yield running


@pytest.fixture
def s3(server: ServerThread) -> Any:
    return client_factory(server.endpoint, "000000000000")("s3", request_checksum_calculation="when_required")


def begin(s3: Any, key: str, *bodies: bytes, **more: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """An upload, and what completes it."""
    named = {"Bucket": BUCKET, "Key": key}
    named["UploadId"] = s3.create_multipart_upload(**named, **more)["UploadId"]
    parts = [
        {"PartNumber": number, "ETag": s3.upload_part(**named, PartNumber=number, Body=body)["ETag"]}
        for number, body in enumerate(bodies, 1)
    ]
    return named, {**named, "MultipartUpload": {"Parts": parts}}


def body_of(s3: Any, key: str) -> bytes:
    found: bytes = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    return found


def files(server: ServerThread) -> set[str]:
    return {name for name in server.cloud.engine.blobs.digests() if name.endswith("-s3")}


def test_parts_are_joined_copied_and_digested(s3: Any) -> None:
    _, whole = begin(s3, "joined", BODY, b"end")
    done = s3.complete_multipart_upload(**whole)
    assert s3.complete_multipart_upload(**whole)["ETag"] == done["ETag"]  # the answer was not heard
    assert body_of(s3, "joined") == BODY + b"end"
    source = {"Bucket": BUCKET, "CopySource": f"{BUCKET}/joined"}
    copied = s3.copy_object(**source, Key="copy", ChecksumAlgorithm="SHA256")["CopyObjectResult"]
    assert copied["ETag"].strip('"') == hashlib.md5(BODY + b"end").hexdigest()
    assert base64.b64decode(copied["ChecksumSHA256"]) == hashlib.sha256(BODY + b"end").digest()
    again = s3.copy_object(Bucket=BUCKET, CopySource=f"{BUCKET}/copy", Key="again")["CopyObjectResult"]
    assert (again["ETag"], again["ChecksumSHA256"]) == (copied["ETag"], copied["ChecksumSHA256"])
    named, _ = begin(s3, "sliced", ChecksumAlgorithm="CRC32C")
    slices = ("bytes=0-5242896", "bytes=100-200", "bytes=5242897-5242899")
    parts = []
    for number, asked in enumerate(slices, 1):
        part = {**named, "CopySource": f"{BUCKET}/copy", "CopySourceRange": asked}
        answer = s3.upload_part_copy(**part, PartNumber=number)["CopyPartResult"]
        parts.append({"PartNumber": number, "ETag": answer["ETag"], "ChecksumCRC32C": answer["ChecksumCRC32C"]})
    with pytest.raises(ClientError, match="EntityTooSmall"):
        s3.complete_multipart_upload(**named, MultipartUpload={"Parts": parts})
    del parts[1]
    assert parts[0]["ETag"].strip('"') == hashlib.md5(BODY).hexdigest()
    s3.complete_multipart_upload(**named, MultipartUpload={"Parts": parts})
    assert body_of(s3, "sliced") == BODY + b"end"


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA256"])
def test_a_large_body_is_digested_as_a_small_one(server: ServerThread, s3: Any, algorithm: str) -> None:
    """With the checksum that it comes with, and S3's own; what does not fit leaves no file."""
    put = {"Bucket": BUCKET, "Key": f"large-{algorithm}", "Body": BODY}
    plain = s3.put_object(**put)
    assert plain["ETag"] == f'"{hashlib.md5(BODY).hexdigest()}"'
    asked = s3.put_object(**put, ChecksumAlgorithm=algorithm)
    member = f"Checksum{algorithm}"
    assert s3.put_object(**put, **{member: asked[member]})[member] == asked[member]
    named, _ = begin(s3, put["Key"], ChecksumAlgorithm=algorithm)
    part = s3.upload_part(**named, PartNumber=1, Body=BODY)
    assert (part["ETag"], part[member]) == (plain["ETag"], asked[member])
    before = files(server)
    wrong = {member: base64.b64encode(bytes(len(base64.b64decode(asked[member])))).decode()}
    for refused in (s3.put_object, lambda **request: s3.upload_part(**request | named, PartNumber=2)):
        with pytest.raises(ClientError, match="BadDigest"):
            refused(**put, **wrong)
        with pytest.raises(ClientError, match="BadDigest"):
            refused(**put, ContentMD5=base64.b64encode(bytes(16)).decode())
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put_object(**put, IfNoneMatch="*")
    assert files(server) == before
    s3.abort_multipart_upload(**named)
    assert body_of(s3, put["Key"]) == BODY


def test_what_happens_to_an_upload_meanwhile_decides(server: ServerThread, s3: Any) -> None:
    """It is completed, or aborted, or a part of it is another: never something between, and no file is left."""
    before = files(server)

    def outcome(function: Any, **request: Any) -> str:
        try:
            function(**request)
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return "done"

    with ThreadPoolExecutor(3) as threads:
        for turn in range(6):
            key = f"raced-{turn}"
            named, whole = begin(s3, key, BODY)
            racing = [
                threads.submit(outcome, s3.complete_multipart_upload, **whole),
                threads.submit(outcome, s3.complete_multipart_upload, **whole),
                threads.submit(outcome, s3.abort_multipart_upload, **named)
                if turn % 2
                else threads.submit(outcome, s3.upload_part, **named, PartNumber=1, Body=b"other"),
            ]
            first, second, _ = [each.result() for each in racing]
            assert {first, second} <= {"done", "NoSuchUpload", "InvalidPart"}
            keys = [found["Key"] for found in s3.list_objects_v2(Bucket=BUCKET, Prefix=key).get("Contents", [])]
            assert (keys == [key]) == ("done" in (first, second))
            if keys:
                assert body_of(s3, key) == BODY
                s3.delete_object(Bucket=BUCKET, Key=key)
            outcome(s3.abort_multipart_upload, **named)
    assert files(server) == before


def test_the_source_of_a_copy_may_change_meanwhile(s3: Any) -> None:
    """What is copied is one or the other, with its own digests."""
    others = {hashlib.md5(body).hexdigest(): body for body in (BODY, BODY[::-1])}
    _, whole = begin(s3, "changing", BODY)
    s3.complete_multipart_upload(**whole)
    with ThreadPoolExecutor(2) as threads:
        for turn in range(4):
            source = {"Bucket": BUCKET, "Key": "copied", "CopySource": f"{BUCKET}/changing"}
            copying = threads.submit(s3.copy_object, **source, ChecksumAlgorithm="SHA1")
            threads.submit(s3.put_object, Bucket=BUCKET, Key="changing", Body=list(others.values())[turn % 2]).result()
            copied = copying.result()["CopyObjectResult"]
            body = others[copied["ETag"].strip('"')]
            assert body_of(s3, "copied") == body
            assert base64.b64decode(copied["ChecksumSHA1"]) == hashlib.sha1(body).digest()
