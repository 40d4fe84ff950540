"""Checksums that objects keep: given, asked for, or S3's own where nobody says anything."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.conftest import Client
from tests.services.test_s3_objects import bucket, refusal, s3  # noqa: F401 - fixtures

BODY = b"123456789"
# the check values of the catalogue of CRCs
CHECKS = {"CRC32": "cbf43926", "CRC32C": "e3069283", "CRC64NVME": "ae8b14860a799888"}


def text(algorithm: str) -> str:
    return base64.b64encode(bytes.fromhex(CHECKS[algorithm])).decode()


@pytest.fixture
def silent(aws: Client) -> Any:
    """A client that computes no checksums by itself."""
    return aws("s3", request_checksum_calculation="when_required", s3={"addressing_style": "path"})


@pytest.mark.parametrize("algorithm", CHECKS)
def test_given(silent: Any, bucket: str, algorithm: str) -> None:  # noqa: F811
    put = silent.put_object(Bucket=bucket, Key="k", Body=BODY, **{f"Checksum{algorithm}": text(algorithm)})
    assert (put[f"Checksum{algorithm}"], put["ChecksumType"]) == (text(algorithm), "FULL_OBJECT")
    zeros = base64.b64encode(bytes(len(CHECKS[algorithm]) // 2)).decode()
    wrong = refusal(silent.put_object, Bucket=bucket, Key="k", Body=BODY, **{f"Checksum{algorithm}": zeros})
    assert (wrong["Code"], wrong["Message"]) == (
        "BadDigest",
        f"The {algorithm} you specified did not match the calculated checksum.",
    )
    for broken in ("AAAA", "?"):
        error = refusal(silent.put_object, Bucket=bucket, Key="k", Body=BODY, **{f"Checksum{algorithm}": broken})
        assert error["Message"] == f"Value for x-amz-checksum-{algorithm.lower()} header is invalid."


def test_s3s_own(silent: Any, bucket: str) -> None:  # noqa: F811
    own = {"ChecksumCRC64NVME": text("CRC64NVME"), "ChecksumType": "FULL_OBJECT"}
    put = silent.put_object(Bucket=bucket, Key="k", Body=BODY)
    head = silent.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    got = silent.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    attributes = silent.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=["Checksum"])
    for answer in (put, head, got, attributes["Checksum"]):
        assert {name: answer[name] for name in own} == own
    assert "ChecksumCRC64NVME" not in silent.head_object(Bucket=bucket, Key="k")
    listed = silent.list_objects_v2(Bucket=bucket)["Contents"][0]
    assert (listed["ChecksumAlgorithm"], listed["ChecksumType"]) == (["CRC64NVME"], "FULL_OBJECT")


def test_copies_keep_theirs_or_get_another(silent: Any, bucket: str) -> None:  # noqa: F811
    silent.put_object(Bucket=bucket, Key="k", Body=BODY)
    source = {"Bucket": bucket, "Key": "k"}
    copied = silent.copy_object(Bucket=bucket, Key="same", CopySource=source)["CopyObjectResult"]
    assert copied["ChecksumCRC64NVME"] == text("CRC64NVME")
    other = silent.copy_object(Bucket=bucket, Key="other", CopySource=source, ChecksumAlgorithm="CRC32C")
    assert other["CopyObjectResult"]["ChecksumCRC32C"] == text("CRC32C")
    assert "ChecksumCRC64NVME" not in other["CopyObjectResult"]


def test_uploads_in_parts(silent: Any, bucket: str) -> None:  # noqa: F811
    """Where no algorithm is named the whole object gets S3's own; parts have none."""
    upload = silent.create_multipart_upload(Bucket=bucket, Key="k")
    assert "ChecksumAlgorithm" not in upload
    named = {"Bucket": bucket, "Key": "k", "UploadId": upload["UploadId"]}
    part = silent.upload_part(**named, PartNumber=1, Body=BODY)
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    done = silent.complete_multipart_upload(**named, MultipartUpload=parts)
    assert (done["ChecksumCRC64NVME"], done["ChecksumType"]) == (text("CRC64NVME"), "FULL_OBJECT")
