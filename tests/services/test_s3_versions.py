"""Versions, delete markers and multipart uploads."""

from __future__ import annotations

import base64
import hashlib
import zlib
from typing import Any

import pytest

from tests.services.test_s3_objects import bucket, fields, refusal, s3  # noqa: F401 - fixtures

MEGABYTE = 1024 * 1024


@pytest.fixture
def versioned(s3: Any, bucket: str) -> str:  # noqa: F811
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    return bucket


def put(s3: Any, bucket: str, key: str, body: bytes) -> str:  # noqa: F811
    version: str = s3.put_object(Bucket=bucket, Key=key, Body=body)["VersionId"]
    return version


def test_versions_stay(s3: Any, versioned: str) -> None:  # noqa: F811
    first, second = put(s3, versioned, "k", b"1"), put(s3, versioned, "k", b"2")
    get = {"Bucket": versioned, "Key": "k"}
    assert s3.get_object(**get)["Body"].read() == b"2"
    old = s3.get_object(**get, VersionId=first)
    assert (old["Body"].read(), old["VersionId"]) == (b"1", first)
    listed = s3.list_object_versions(Bucket=versioned)["Versions"]
    assert [(item["VersionId"], item["IsLatest"], item["Size"]) for item in listed] == [
        (second, True, 1),
        (first, False, 1),
    ]
    s3.delete_object(**get, VersionId=second)
    assert s3.get_object(**get)["VersionId"] == first
    error = refusal(s3.get_object, **get, VersionId=second)
    assert (error["Code"], error["VersionId"]) == ("NoSuchVersion", second)


def test_delete_markers(s3: Any, versioned: str) -> None:  # noqa: F811
    first = put(s3, versioned, "k", b"1")
    get = {"Bucket": versioned, "Key": "k"}
    deleted = s3.delete_object(**get)
    assert deleted["DeleteMarker"] is True
    marker = deleted["VersionId"]
    with pytest.raises(s3.exceptions.NoSuchKey) as caught:
        s3.get_object(**get)
    headers = caught.value.response["ResponseMetadata"]["HTTPHeaders"]
    assert (headers["x-amz-delete-marker"], headers["x-amz-version-id"]) == ("true", marker)
    error = refusal(s3.get_object, **get, VersionId=marker)
    assert (error["Code"], error["Status"], error["ResourceType"]) == ("MethodNotAllowed", 405, "DeleteMarker")
    assert "Contents" not in s3.list_objects_v2(Bucket=versioned)
    listing = s3.list_object_versions(Bucket=versioned)
    assert [(item["VersionId"], item["IsLatest"]) for item in listing["DeleteMarkers"]] == [(marker, True)]
    assert [item["VersionId"] for item in listing["Versions"]] == [first]
    assert s3.delete_object(**get, VersionId=marker)["DeleteMarker"] is True
    assert s3.get_object(**get)["VersionId"] == first
    assert refusal(s3.delete_bucket, Bucket=versioned)["Message"].endswith(
        "You must delete all versions in the bucket."
    )


def test_suspended_versioning_writes_the_null_version(s3: Any, bucket: str) -> None:  # noqa: F811
    s3.put_object(Bucket=bucket, Key="k", Body=b"before")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    kept = put(s3, bucket, "k", b"kept")
    assert s3.get_object(Bucket=bucket, Key="k", VersionId="null")["Body"].read() == b"before"
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    assert put(s3, bucket, "k", b"after") == "null"
    listed = s3.list_object_versions(Bucket=bucket)["Versions"]
    assert [(item["VersionId"], item["IsLatest"]) for item in listed] == [("null", True), (kept, False)]
    s3.delete_object(Bucket=bucket, Key="k")
    assert [item["VersionId"] for item in s3.list_object_versions(Bucket=bucket)["DeleteMarkers"]] == ["null"]
    s3.delete_object(Bucket=bucket, Key="k", VersionId="null")
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"kept"


@pytest.mark.parametrize("size", [1, 2, 3, 100])
@pytest.mark.parametrize("delimiter", ["", "/"])
def test_versions_page_by_page(s3: Any, versioned: str, size: int, delimiter: str) -> None:  # noqa: F811
    expected = []
    for key in ("a", "b/1", "b/2", "c"):
        mine = [put(s3, versioned, key, b"") for _ in range(3)]
        expected += [(key, version) for version in reversed(mine)]
    if delimiter:
        expected = [item for item in expected if "/" not in item[0]]
    request = {"Bucket": versioned, "Delimiter": delimiter, "PaginationConfig": {"PageSize": size}}
    found, groups = [], []
    for page in s3.get_paginator("list_object_versions").paginate(**request):
        found += [(item["Key"], item["VersionId"]) for item in page.get("Versions", [])]
        groups += [item["Prefix"] for item in page.get("CommonPrefixes", [])]
    assert found == expected
    assert groups == (["b/"] if delimiter else [])


def test_multipart(s3: Any, bucket: str) -> None:  # noqa: F811
    upload = s3.create_multipart_upload(
        Bucket=bucket, Key="big", ContentType="text/big", Metadata={"a": "b"}, ChecksumAlgorithm="CRC32"
    )
    assert (upload["ChecksumAlgorithm"], upload["ChecksumType"]) == ("CRC32", "COMPOSITE")
    this = {"Bucket": bucket, "Key": "big", "UploadId": upload["UploadId"]}
    bodies = [b"a" * (5 * MEGABYTE), b"b" * 10]
    parts = []
    for number, body in enumerate(bodies, 1):
        part = s3.upload_part(**this, PartNumber=number, Body=body, ChecksumAlgorithm="CRC32")
        parts.append({"PartNumber": number, "ETag": part["ETag"], "ChecksumCRC32": part["ChecksumCRC32"]})
    listed = s3.list_parts(**this)
    assert [(item["PartNumber"], item["Size"]) for item in listed["Parts"]] == [(1, 5 * MEGABYTE), (2, 10)]
    assert [item["Key"] for item in s3.list_multipart_uploads(Bucket=bucket)["Uploads"]] == ["big"]
    done = s3.complete_multipart_upload(**this, MultipartUpload={"Parts": parts})
    digests = b"".join(hashlib.md5(body).digest() for body in bodies)
    assert done["ETag"] == f'"{hashlib.md5(digests).hexdigest()}-2"'
    checksums = b"".join(zlib.crc32(body).to_bytes(4, "big") for body in bodies)
    whole = base64.b64encode(zlib.crc32(checksums).to_bytes(4, "big")).decode()
    assert (done["ChecksumCRC32"], done["ChecksumType"]) == (f"{whole}-2", "COMPOSITE")
    got = s3.get_object(Bucket=bucket, Key="big")
    assert got["Body"].read() == b"".join(bodies)
    assert (got["ContentType"], got["Metadata"]) == ("text/big", {"a": "b"})
    second = s3.get_object(Bucket=bucket, Key="big", PartNumber=2)
    assert (second["Body"].read(), second["PartsCount"]) == (bodies[1], 2)
    attributes = s3.get_object_attributes(Bucket=bucket, Key="big", ObjectAttributes=["ObjectParts"])["ObjectParts"]
    assert (attributes["TotalPartsCount"], [part["Size"] for part in attributes["Parts"]]) == (2, [5 * MEGABYTE, 10])
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)
    assert refusal(s3.list_parts, **this)["Code"] == "NoSuchUpload"


def test_what_completion_refuses(s3: Any, bucket: str) -> None:  # noqa: F811
    this = {"Bucket": bucket, "Key": "k"}
    this["UploadId"] = s3.create_multipart_upload(**this)["UploadId"]
    etags = [s3.upload_part(**this, PartNumber=number, Body=b"small")["ETag"] for number in (1, 2)]

    def code(*parts: tuple[int, str]) -> str:
        listed = [{"PartNumber": number, "ETag": etag} for number, etag in parts]
        return str(refusal(s3.complete_multipart_upload, **this, MultipartUpload={"Parts": listed})["Code"])

    assert code((1, etags[0]), (2, etags[1])) == "EntityTooSmall"
    assert code((2, etags[1]), (1, etags[0])) == "InvalidPartOrder"
    assert code((1, '"other"')) == "InvalidPart"
    assert code((3, etags[0])) == "InvalidPart"
    assert refusal(s3.upload_part, **this, PartNumber=10_001, Body=b"")["Code"] == "InvalidArgument"
    s3.abort_multipart_upload(**this)
    assert refusal(s3.upload_part, **this, PartNumber=1, Body=b"")["Code"] == "NoSuchUpload"


def test_parts_copied(s3: Any, bucket: str) -> None:  # noqa: F811
    s3.put_object(Bucket=bucket, Key="source", Body=b"0123456789" * 600_000)
    this = {"Bucket": bucket, "Key": "k"}
    this["UploadId"] = s3.create_multipart_upload(**this)["UploadId"]
    source = f"{bucket}/source"
    one = s3.upload_part_copy(**this, PartNumber=1, CopySource=source)["CopyPartResult"]
    two = s3.upload_part_copy(**this, PartNumber=2, CopySource=source, CopySourceRange="bytes=3-5")["CopyPartResult"]
    parts = [{"PartNumber": number, "ETag": part["ETag"]} for number, part in ((1, one), (2, two))]
    s3.complete_multipart_upload(**this, MultipartUpload={"Parts": parts})
    assert s3.get_object(Bucket=bucket, Key="k", Range="bytes=-4")["Body"].read() == b"9345"
    assert fields(s3.head_object(Bucket=bucket, Key="k"))["ContentLength"] == 6_000_003
