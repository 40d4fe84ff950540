"""Objects of S3 through boto3: what is written comes back, with every field."""

from __future__ import annotations

import base64
import hashlib
import zlib
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import Client, client_factory
from tests.server import ServerThread
from tests.settling import settle


@pytest.fixture
def s3(aws: Client) -> Any:
    return aws("s3", s3={"addressing_style": "path"})


@pytest.fixture
def bucket(s3: Any, account: str) -> str:
    name = f"bucket-{account}"
    s3.create_bucket(Bucket=name)
    return name


def refusal(function: Any, **request: Any) -> dict[str, Any]:
    with pytest.raises(ClientError) as caught:
        function(**request)
    response: dict[str, Any] = caught.value.response
    return {**response["Error"], "Status": response["ResponseMetadata"]["HTTPStatusCode"]}


def fields(response: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in response.items() if name != "ResponseMetadata"}


def crc32(data: bytes) -> str:
    return base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()


def test_put_and_get(s3: Any, bucket: str) -> None:
    etag = f'"{hashlib.md5(b"hello").hexdigest()}"'
    put = s3.put_object(
        Bucket=bucket,
        Key="a/b c+ü",
        Body=b"hello",
        ContentType="text/plain",
        CacheControl="no-cache",
        Metadata={"who": "me"},
    )
    checksum = {"ChecksumCRC32": crc32(b"hello"), "ChecksumType": "FULL_OBJECT"}
    assert fields(put) == {"ETag": etag, "ServerSideEncryption": "AES256", **checksum}
    got = fields(s3.get_object(Bucket=bucket, Key="a/b c+ü"))
    assert got.pop("Body").read() == b"hello"
    modified = got.pop("LastModified")
    assert modified.microsecond == 0
    assert got == {
        "AcceptRanges": "bytes",
        "ContentLength": 5,
        "ETag": etag,
        "ContentType": "text/plain",
        "CacheControl": "no-cache",
        "Metadata": {"who": "me"},
        "ServerSideEncryption": "AES256",
        **checksum,
    }
    head = fields(s3.head_object(Bucket=bucket, Key="a/b c+ü", ChecksumMode="ENABLED"))
    assert head == {**got, "LastModified": modified}


def test_large_bodies_and_overwriting(s3: Any, bucket: str) -> None:
    for size in (32 * 1024, 32 * 1024 + 1, 3_000_000, 10):
        body = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
        s3.put_object(Bucket=bucket, Key="k", Body=body)
        assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == body
        assert s3.get_object(Bucket=bucket, Key="k", Range="bytes=5-9")["Body"].read() == body[5:10]


def test_the_same_content_twice_survives_the_deletion_of_one(s3: Any, bucket: str) -> None:
    body = b"z" * 100_000
    for key in ("a", "b"):
        s3.put_object(Bucket=bucket, Key=key, Body=body)
    s3.delete_object(Bucket=bucket, Key="a")
    assert s3.get_object(Bucket=bucket, Key="b")["Body"].read() == body


@pytest.mark.parametrize(
    ("asked", "body", "content_range"),
    [
        ("bytes=2-4", b"234", "bytes 2-4/10"),
        ("bytes=7-", b"789", "bytes 7-9/10"),
        ("bytes=-3", b"789", "bytes 7-9/10"),
        ("bytes=0-100", b"0123456789", "bytes 0-9/10"),
        ("bytes=-100", b"0123456789", "bytes 0-9/10"),
    ],
)
def test_ranges(s3: Any, bucket: str, asked: str, body: bytes, content_range: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")
    got = s3.get_object(Bucket=bucket, Key="k", Range=asked)
    assert got["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert (got["ContentRange"], got["ContentLength"], got["Body"].read()) == (content_range, len(body), body)


def test_ranges_that_do_not_fit(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")
    error = refusal(s3.get_object, Bucket=bucket, Key="k", Range="bytes=10-")
    assert (error["Code"], error["Status"], error["ActualObjectSize"]) == ("InvalidRange", 416, "10")
    for ignored in ("bytes=4-2", "lines=1-2", "bytes=0-1,3-4"):
        assert s3.get_object(Bucket=bucket, Key="k", Range=ignored)["Body"].read() == b"0123456789"


def test_conditional_reads(s3: Any, bucket: str) -> None:
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"1")["ETag"]
    modified = s3.head_object(Bucket=bucket, Key="k")["LastModified"]
    get = {"Bucket": bucket, "Key": "k"}
    assert s3.get_object(**get, IfMatch=etag)["ETag"] == etag
    error = refusal(s3.get_object, **get, IfMatch='"other"')
    assert (error["Code"], error["Status"], error["Condition"]) == ("PreconditionFailed", 412, "If-Match")
    with pytest.raises(ClientError) as caught:
        s3.get_object(**get, IfNoneMatch=etag)
    unchanged = caught.value.response["ResponseMetadata"]
    assert (unchanged["HTTPStatusCode"], unchanged["HTTPHeaders"]["etag"]) == (304, etag)
    assert refusal(s3.get_object, **get, IfModifiedSince=modified)["Status"] == 304
    assert s3.get_object(**get, IfUnmodifiedSince=modified)["ETag"] == etag
    assert s3.get_object(**get, IfNoneMatch='"other"')["ETag"] == etag


def test_conditional_writes(s3: Any, bucket: str) -> None:
    put = {"Bucket": bucket, "Key": "k", "Body": b"1"}
    etag = s3.put_object(**put, IfNoneMatch="*")["ETag"]
    assert refusal(s3.put_object, **put, IfNoneMatch="*")["Code"] == "PreconditionFailed"
    s3.put_object(Bucket=bucket, Key="k", Body=b"2", IfMatch=etag)
    assert refusal(s3.put_object, **put, IfMatch=etag)["Status"] == 412
    assert refusal(s3.put_object, Bucket=bucket, Key="none", Body=b"", IfMatch=etag)["Code"] == "NoSuchKey"
    lacking = refusal(s3.delete_object, Bucket=bucket, Key="k", IfMatchSize=1)
    assert (lacking["Code"], lacking["Header"]) == ("NotImplemented", "x-amz-if-match-size")
    deletion = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "k", "Size": 1}]})
    assert [error["Code"] for error in deletion["Errors"]] == ["NotImplemented"]
    assert s3.head_object(Bucket=bucket, Key="k")["ContentLength"] == 1
    s3.delete_object(Bucket=bucket, Key="k")
    s3.put_object(**put, IfNoneMatch="*")


def test_errors_name_what_is_missing(s3: Any, bucket: str) -> None:
    error = refusal(s3.get_object, Bucket=bucket, Key="none")
    assert error == {"Code": "NoSuchKey", "Message": "The specified key does not exist.", "Key": "none", "Status": 404}
    error = refusal(s3.get_object, Bucket="no-such-bucket-here", Key="none")
    assert error == {
        "Code": "NoSuchBucket",
        "Message": "The specified bucket does not exist",
        "BucketName": "no-such-bucket-here",
        "Status": 404,
    }
    assert refusal(s3.head_object, Bucket=bucket, Key="none")["Status"] == 404
    assert refusal(s3.put_object, Bucket=bucket, Key="x" * 1025)["Code"] == "KeyTooLongError"
    assert refusal(s3.put_object, Bucket=bucket, Key="x", Metadata={"a": "b" * 2048})["Code"] == "MetadataTooLarge"
    assert refusal(s3.put_object, Bucket=bucket, Key="x", StorageClass="COLD")["Code"] == "InvalidStorageClass"
    assert refusal(s3.put_object, Bucket=bucket, Key="x", ACL="public-read")["Code"] == "AccessControlListNotSupported"
    lacking = refusal(s3.put_object, Bucket=bucket, Key="x", ObjectLockEventHold="ON")
    assert (lacking["Code"], lacking["Status"]) == ("NotImplemented", 501)


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256"])
def test_checksums_asked_for(s3: Any, bucket: str, algorithm: str) -> None:
    put = s3.put_object(Bucket=bucket, Key="k", Body=b"abc", ChecksumAlgorithm=algorithm)
    head = s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert put[f"Checksum{algorithm}"] == head[f"Checksum{algorithm}"]
    attributes = s3.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=["Checksum", "ETag", "ObjectSize"])
    assert attributes["Checksum"] == {
        f"Checksum{algorithm}": put[f"Checksum{algorithm}"],
        "ChecksumType": "FULL_OBJECT",
    }
    assert attributes["ObjectSize"] == 3
    assert f'"{attributes["ETag"]}"' == put["ETag"]


def test_checksums_that_are_wrong(s3: Any, bucket: str) -> None:
    put = {"Bucket": bucket, "Key": "k", "Body": b"abc"}
    assert refusal(s3.put_object, **put, ChecksumCRC32=crc32(b"abd"))["Code"] == "BadDigest"
    assert refusal(s3.put_object, **put, ChecksumSHA256="!!")["Code"] == "InvalidRequest"
    assert s3.put_object(**put, ChecksumCRC32C="Nks/tw==")["ChecksumCRC32C"] == "Nks/tw=="
    assert s3.put_object(**put, ChecksumCRC64NVME="BeXKuz/B+us=")["ChecksumCRC64NVME"] == "BeXKuz/B+us="
    wrong = base64.b64encode(hashlib.md5(b"abd").digest()).decode()
    assert refusal(s3.put_object, **put, ContentMD5=wrong)["Code"] == "BadDigest"
    assert refusal(s3.put_object, **put, ContentMD5="xx")["Code"] == "InvalidDigest"


def test_copies(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="a b", Body=b"abc", Metadata={"x": "1"}, ContentType="text/x", Tagging="t=1")
    source = {"Bucket": bucket, "Key": "a b"}
    copied = s3.copy_object(Bucket=bucket, Key="c", CopySource=source)
    assert copied["CopyObjectResult"]["ETag"] == f'"{hashlib.md5(b"abc").hexdigest()}"'
    head = s3.head_object(Bucket=bucket, Key="c")
    assert (head["Metadata"], head["ContentType"]) == ({"x": "1"}, "text/x")
    assert s3.get_object_tagging(Bucket=bucket, Key="c")["TagSet"] == [{"Key": "t", "Value": "1"}]
    s3.copy_object(Bucket=bucket, Key="c", CopySource=source, MetadataDirective="REPLACE", Metadata={"y": "2"})
    assert s3.head_object(Bucket=bucket, Key="c")["Metadata"] == {"y": "2"}
    assert refusal(s3.copy_object, Bucket=bucket, Key="a b", CopySource=source)["Code"] == "InvalidRequest"
    assert refusal(s3.copy_object, **{**source, "Key": "d"}, CopySource=source, CopySourceIfMatch="x")["Status"] == 412
    assert refusal(s3.copy_object, Bucket=bucket, Key="d", CopySource=f"{bucket}/none")["Code"] == "NoSuchKey"


def test_object_tags(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"", Tagging="a=1&b=")
    assert s3.head_object(Bucket=bucket, Key="k")["TagCount"] == 2
    s3.put_object_tagging(Bucket=bucket, Key="k", Tagging={"TagSet": [{"Key": "c", "Value": "3"}]})
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == [{"Key": "c", "Value": "3"}]
    s3.delete_object_tagging(Bucket=bucket, Key="k")
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == []
    many = {"TagSet": [{"Key": f"k{i}", "Value": ""} for i in range(11)]}
    assert refusal(s3.put_object_tagging, Bucket=bucket, Key="k", Tagging=many)["Code"] == "BadRequest"
    for strange in ("a=%01", "a=1%2C2", "a%2C=1"):  # what XML cannot hold, and what AWS takes for no part of a tag
        assert refusal(s3.put_object, Bucket=bucket, Key="k", Tagging=strange)["Code"] == "InvalidTag"
    s3.put_object(Bucket=bucket, Key="k", Tagging="a+%2B=%C3%B6_.%3A%2F%3D-%40")
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == [{"Key": "a +", "Value": "ö_.:/=-@"}]


def test_deleting_many(s3: Any, bucket: str) -> None:
    for key in "abc":
        s3.put_object(Bucket=bucket, Key=key, Body=b"")
    objects = [{"Key": key} for key in ("a", "b", "none")]
    deleted = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects})["Deleted"]
    assert [item["Key"] for item in deleted] == ["a", "b", "none"]
    assert [item["Key"] for item in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["c"]
    assert "Deleted" not in s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "c"}], "Quiet": True})
    assert refusal(s3.delete_objects, Bucket=bucket, Delete={"Objects": []})["Code"] == "MalformedXML"


def expected_page(keys: list[str], prefix: str, delimiter: str) -> tuple[list[str], list[str]]:
    """A listing as its definition says."""
    found, groups = [], []
    for key in sorted(keys, key=lambda key: key.encode()):
        if not key.startswith(prefix):
            continue
        cut = key.find(delimiter, len(prefix)) if delimiter else -1
        if cut < 0:
            found.append(key)
        elif key[: cut + len(delimiter)] not in groups:
            groups.append(key[: cut + len(delimiter)])
    return found, groups


def test_listings_page_by_page(s3: Any, bucket: str) -> None:
    keys = ["a", "a/", "a/b", "a/b/c", "a/d", "b//x", "b/x", "c\x7f", "ü/1", "ü/2", "漢", "😀/x", "+ &<", "a%2Fb"]
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=b"")

    @settings(max_examples=60)
    @given(st.sampled_from(["", "a", "a/", "b/", "ü", "x"]), st.sampled_from(["", "/", "b"]), st.integers(1, 5))
    def check(prefix: str, delimiter: str, limit: int) -> None:
        request = {"Bucket": bucket, "Prefix": prefix, "Delimiter": delimiter, "PaginationConfig": {"PageSize": limit}}
        for operation in ("list_objects_v2", "list_objects"):
            found, groups = [], []
            for page in s3.get_paginator(operation).paginate(**request):
                assert len(page.get("Contents", [])) + len(page.get("CommonPrefixes", [])) <= limit
                found += [item["Key"] for item in page.get("Contents", [])]
                groups += [item["Prefix"] for item in page.get("CommonPrefixes", [])]
            assert (found, groups) == expected_page(keys, prefix, delimiter)

    check()
    after = s3.list_objects_v2(Bucket=bucket, StartAfter="a/d", MaxKeys=2)
    assert [item["Key"] for item in after["Contents"]] == ["b//x", "b/x"]
    assert (after["KeyCount"], after["IsTruncated"], after["StartAfter"]) == (2, True, "a/d")
    assert s3.list_objects_v2(Bucket=bucket, MaxKeys=0)["KeyCount"] == 0
    bad = refusal(s3.list_objects_v2, Bucket=bucket, ContinuationToken="!")
    assert (bad["Code"], bad["ArgumentName"]) == ("InvalidArgument", "continuation-token")


def test_folders_larger_than_a_batch(s3: Any, bucket: str) -> None:
    for number in range(300):
        s3.put_object(Bucket=bucket, Key=f"big/{number:03d}", Body=b"")
    s3.put_object(Bucket=bucket, Key="small", Body=b"")
    page = s3.list_objects_v2(Bucket=bucket, Delimiter="/")
    assert ([g["Prefix"] for g in page["CommonPrefixes"]], [o["Key"] for o in page["Contents"]]) == (
        ["big/"],
        ["small"],
    )
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 301


def test_reading_while_others_write(s3: Any, bucket: str) -> None:
    """An answer under way keeps its body, whatever becomes of the object."""
    bodies = [bytes([number]) * 2_000_000 for number in range(4)]
    s3.put_object(Bucket=bucket, Key="k", Body=bodies[0])
    reader = s3.get_object(Bucket=bucket, Key="k", ChecksumMode="DISABLED")["Body"]
    start = reader.read(10)
    for body in bodies[1:]:
        s3.put_object(Bucket=bucket, Key="k", Body=body)
    s3.delete_object(Bucket=bucket, Key="k")
    assert start + reader.read() == bodies[0]


def test_files_that_no_row_names_go_at_the_next_start(tmp_path: Path) -> None:
    with ServerThread(data=tmp_path) as first:
        client = client_factory(first.endpoint, "000000000000")("s3", s3={"addressing_style": "path"})
        client.create_bucket(Bucket="bodies")
        client.put_object(Bucket="bodies", Key="k", Body=b"x" * 100_000)
        kept = set(first.cloud.engine.blobs.digests())
        first.cloud.engine.blobs.write(b"lost", "-s3")
        foreign = first.cloud.engine.blobs.write(b"foreign")
    with ServerThread(data=tmp_path) as second:
        client = client_factory(second.endpoint, "000000000000")("s3", s3={"addressing_style": "path"})
        assert len(client.get_object(Bucket="bodies", Key="k")["Body"].read()) == 100_000
        settle(second.endpoint)
        assert set(second.cloud.engine.blobs.digests()) == kept | {foreign}
        client.delete_object(Bucket="bodies", Key="k")
        assert set(second.cloud.engine.blobs.digests()) == {foreign}
