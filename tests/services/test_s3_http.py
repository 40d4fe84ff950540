"""What browsers and SDKs do to S3 over HTTP beyond its API: hosts, framing, signed URLs, forms, CORS, websites."""

from __future__ import annotations

import base64
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.gateway.s3_bodies import decode
from headwater.spine.errors import AwsError
from tests.conftest import Client
from tests.server import ServerThread
from tests.services.http import Answer, ask
from tests.services.test_s3_objects import bucket, refusal, s3  # noqa: F401 - fixtures

SIGNED = "AWS4-HMAC-SHA256 Credential=000000000000/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"


def test_virtual_hosts(s3: Any, bucket: str, endpoint: str) -> None:  # noqa: F811
    s3.put_object(Bucket=bucket, Key="a/b", Body=b"x")
    for host in ("s3.amazonaws.com", "s3.us-east-1.amazonaws.com", "s3.localhost.localstack.cloud:4566", "localhost:1"):
        answer = ask("GET", f"{endpoint}/a/b", Host=f"{bucket}.{host}", Authorization=SIGNED)
        assert (answer.status, answer.body) == (200, b"x"), host
    assert ask("GET", f"{endpoint}/a/b", Host=f"{bucket}.s3.amazonaws.com").body == b"x"


def test_objects_are_deleted_by_a_virtual_host(s3: Any, bucket: str, endpoint: str) -> None:  # noqa: F811
    s3.put_object(Bucket=bucket, Key="a", Body=b"x")
    body = b"<Delete><Object><Key>a</Key></Object></Delete>"
    checksum = base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode()
    signed = {"Host": f"{bucket}.s3.localhost", "Authorization": SIGNED, "x_amz_checksum_crc32": checksum}
    assert ask("POST", f"{endpoint}/?delete=", body, **signed).status == 200
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)


def framed(body: bytes, size: int, trailers: str = "") -> bytes:
    chunks = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + f"0\r\n{trailers}\r\n".encode()


def test_framed_uploads_with_trailers(s3: Any, bucket: str, endpoint: str) -> None:  # noqa: F811
    body = b"0123456789" * 100
    checksum = base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode()
    headers = {
        "Authorization": SIGNED,
        "x_amz_content_sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "content_encoding": "aws-chunked",
        "x_amz_decoded_content_length": "1000",
        "x_amz_trailer": "x-amz-checksum-crc32",
    }
    url = f"{endpoint}/{bucket}/k"
    answer = ask("PUT", url, framed(body, 64, f"x-amz-checksum-crc32:{checksum}\r\n"), **headers)
    assert (answer.status, answer.headers["x-amz-checksum-crc32"]) == (200, checksum)
    got = s3.get_object(Bucket=bucket, Key="k")
    assert got["Body"].read() == body
    assert "ContentEncoding" not in got
    wrong = ask("PUT", url, framed(body, 64, "x-amz-checksum-crc32:AAAAAA==\r\n"), **headers)
    assert (wrong.status, b"<Code>BadDigest</Code>" in wrong.body) == (400, True)
    for broken in (framed(body, 64)[:500], b"zz\r\n", b""):
        assert b"<Code>IncompleteBody</Code>" in ask("PUT", url, broken, **headers).body


@given(st.binary(max_size=200), st.integers(1, 50))
def test_framing_round_trip(body: bytes, size: int) -> None:
    assert decode(framed(body, size, "A: b\r\n")) == (body, {"a": "b"})


@given(st.binary(max_size=100))
def test_bad_framing_is_an_aws_error(body: bytes) -> None:
    try:
        decode(body)
    except AwsError as error:
        assert error.code == "IncompleteBody"


def test_signed_urls(s3: Any, bucket: str) -> None:  # noqa: F811
    put = s3.generate_presigned_url("put_object", {"Bucket": bucket, "Key": "k", "Metadata": {"a": "b"}})
    assert ask("PUT", put, b"signed", x_amz_meta_a="b").status == 200
    get = {"Bucket": bucket, "Key": "k", "ResponseContentType": "text/y"}
    answer = ask("GET", s3.generate_presigned_url("get_object", get))
    assert (answer.body, answer.headers["content-type"], answer.headers["x-amz-meta-a"]) == (b"signed", "text/y", "b")


def test_signed_urls_end(timed: ServerThread) -> None:
    url = f"{timed.endpoint}/b/k?X-Amz-Credential=1%2F20200101%2Fus-east-1%2Fs3%2Faws4_request"
    answer = ask("GET", f"{url}&X-Amz-Date=20200101T000000Z&X-Amz-Expires=60&X-Amz-Signature=0")
    assert (answer.status, b"<Message>Request has expired</Message>" in answer.body) == (403, True)


@pytest.fixture
def cors(s3: Any, bucket: str) -> str:  # noqa: F811
    rule = {
        "AllowedMethods": ["GET", "PUT"],
        "AllowedOrigins": ["https://*.example.com"],
        "AllowedHeaders": ["x-*"],
        "ExposeHeaders": ["ETag"],
        "MaxAgeSeconds": 60,
    }
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [rule]})
    return bucket


def preflight(url: str, origin: str, method: str, headers: str = "") -> Answer:
    asked = {"Origin": origin, "Access_Control_Request_Method": method}
    return ask("OPTIONS", url, **asked, **({"Access_Control_Request_Headers": headers} if headers else {}))


def test_cors(s3: Any, cors: str, endpoint: str) -> None:  # noqa: F811
    s3.put_object(Bucket=cors, Key="k", Body=b"x")
    url, origin = f"{endpoint}/{cors}/k", "https://www.example.com"
    allowed = preflight(url, origin, "PUT", "X-One, x-two")
    assert allowed.status == 200
    assert allowed.headers["access-control-allow-origin"] == origin
    assert allowed.headers["access-control-allow-headers"] == "x-one, x-two"
    assert allowed.headers["access-control-max-age"] == "60"
    for refused in (("https://other.com", "GET", ""), (origin, "DELETE", ""), (origin, "GET", "authorization")):
        answer = preflight(url, *refused)
        assert (answer.status, b"AccessForbidden" in answer.body) == (403, True)
    got = ask("GET", url, Origin=origin)
    assert (got.status, got.headers["access-control-expose-headers"]) == (200, "ETag")
    assert "access-control-allow-origin" not in ask("GET", url, Origin="https://other.com").headers


def test_cors_of_no_bucket_is_everybodys(endpoint: str) -> None:
    answer = preflight(f"{endpoint}/2015-03-31/functions", "https://a.b", "GET")
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (200, "*")


@pytest.fixture
def website(s3: Any, bucket: str) -> str:  # noqa: F811
    rules = [{"Condition": {"KeyPrefixEquals": "old/"}, "Redirect": {"ReplaceKeyPrefixWith": "new/"}}]
    settings = {"IndexDocument": {"Suffix": "index.html"}, "ErrorDocument": {"Key": "e.html"}, "RoutingRules": rules}
    s3.put_bucket_website(Bucket=bucket, WebsiteConfiguration=settings)
    for key in ("index.html", "a/index.html", "e.html"):
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode(), ContentType="text/html")
    s3.put_object(Bucket=bucket, Key="gone", Body=b"", WebsiteRedirectLocation="/a/")
    return bucket


def test_websites(website: str, endpoint: str) -> None:
    host = {"Host": f"{website}.s3-website-us-east-1.amazonaws.com"}
    for path, status, body in (("/", 200, b"index.html"), ("/a/", 200, b"a/index.html"), ("/none", 404, b"e.html")):
        answer = ask("GET", endpoint + path, **host)
        assert (answer.status, answer.body, answer.headers["content-type"]) == (status, body, "text/html")
    for path, status, location in (("/a", 302, "/a/"), ("/old/x", 301, "/new/x"), ("/gone", 301, "/a/")):
        answer = ask("GET", endpoint + path, **host)
        assert (answer.status, answer.headers["location"]) == (status, location)
    assert ask("POST", endpoint + "/x", b"", **host).status == 405
    missing = ask("GET", endpoint, Host="never-made-bucket.s3-website.localhost")
    assert (missing.status, b"NoSuchBucket" in missing.body) == (404, True)


def test_websites_by_path(website: str, endpoint: str) -> None:
    root = f"{endpoint}/_website/{website}"
    assert ask("GET", root).headers["location"] == f"/_website/{website}/"
    page = ask("GET", f"{root}/")
    assert page.body == b"index.html"
    assert ask("GET", f"{root}/", If_None_Match=page.headers["etag"]).status == 304
    assert ask("GET", f"{root}/a").headers["location"] == f"/_website/{website}/a/"
    assert ask("HEAD", f"{root}/").headers["content-length"] == "10"


def test_a_bucket_without_a_website(bucket: str, endpoint: str) -> None:  # noqa: F811
    answer = ask("GET", f"{endpoint}/_website/{bucket}/")
    assert (answer.status, b"NoSuchWebsiteConfiguration" in answer.body) == (404, True)


def test_errors_as_xml(bucket: str, endpoint: str) -> None:  # noqa: F811
    answer = ask("GET", f"{endpoint}/{bucket}/none", Authorization=SIGNED)
    assert answer.body.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code>')
    assert answer.headers["x-amz-request-id"].encode() in answer.body
    assert ask("HEAD", f"{endpoint}/{bucket}/none", Authorization=SIGNED).status == 404
    assert ask("PUT", f"{endpoint}/{bucket}?tagging", b"<x", Authorization=SIGNED).status == 400
    assert ask("GET", f"{endpoint}/{bucket}?max-keys=x", Authorization=SIGNED).status == 400
    assert b"MethodNotAllowed" in ask("POST", f"{endpoint}/{bucket}/k", b"", Authorization=SIGNED).body


def test_sdk_defaults_work(aws: Client, bucket: str) -> None:  # noqa: F811
    assert refusal(aws("s3").get_object, Bucket=bucket, Key="none")["Code"] == "NoSuchKey"
