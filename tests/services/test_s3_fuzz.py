"""Whatever is sent to S3, the answer is S3's own."""

from __future__ import annotations

import http.client
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.services.test_s3_http import SIGNED
from tests.services.test_s3_objects import bucket, s3  # noqa: F401 - fixtures

SUBRESOURCES = (
    *(
        "acl",
        "attributes",
        "cors",
        "delete",
        "encryption",
        "lifecycle",
        "list-type",
        "location",
        "max-keys",
        "notification",
    ),
    *("ownershipControls", "partNumber", "policy", "prefix", "publicAccessBlock", "tagging", "uploadId", "uploads"),
    *("versionId", "versioning", "versions", "website", "marker", "key-marker", "version-id-marker", "encoding-type"),
    *("continuation-token", "delimiter", "max-parts", "part-number-marker", "response-expires", "X-Amz-Expires"),
)
HEADERS = (
    *(
        "range",
        "if-match",
        "if-none-match",
        "if-modified-since",
        "content-md5",
        "x-amz-checksum-crc32",
        "x-amz-tagging",
    ),
    *("x-amz-copy-source", "x-amz-metadata-directive", "x-amz-storage-class", "x-amz-object-attributes", "x-amz-acl"),
    *("content-encoding", "x-amz-decoded-content-length", "x-amz-copy-source-range", "origin", "x-amz-mp-object-size"),
    *("x-amz-checksum-algorithm", "x-amz-sdk-checksum-algorithm", "x-amz-checksum-mode", "content-type"),
)
WORDS = st.sampled_from(
    [
        "",
        "0",
        "1",
        "-1",
        "99999999999999999999",
        "true",
        "bytes=0-1",
        "bytes=5-",
        "*",
        "aws-chunked",
        "null",
        "COPY",
        "AA==",
    ]
) | st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=8)
BODIES = st.sampled_from(
    [
        b"",
        b"abc",
        b"3\r\nabc\r\n0\r\n\r\n",
        b"<Delete><Object><Key>k</Key></Object></Delete>",
        b"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber></Part></CompleteMultipartUpload>",
        b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>",
        b"<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>",
        b"<NotificationConfiguration><QueueConfiguration><Queue>x</Queue></QueueConfiguration></NotificationConfiguration>",
        b"<LifecycleConfiguration><Rule><Status>Enabled</Status><Filter/></Rule></LifecycleConfiguration>",
        b"<WebsiteConfiguration><RedirectAllRequestsTo/></WebsiteConfiguration>",
        b"<Tagging><TagSet><Tag><Key/></Tag></TagSet></Tagging>",
        b"<A><B><C/></B>",
        b'{"Statement": [1]}',
    ]
) | st.binary(max_size=20)


@pytest.fixture
def connection(endpoint: str) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(urlsplit(endpoint).netloc, timeout=30)


def test_no_request_is_a_fault_of_ours(s3: Any, bucket: str, connection: http.client.HTTPConnection) -> None:  # noqa: F811
    s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")

    @settings(max_examples=400)
    @given(
        st.sampled_from(["GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS"]),
        st.sampled_from(["", f"/{bucket}", f"/{bucket}/k", f"/{bucket}/none", "/no-such-bucket"])
        | WORDS.map(lambda word: f"/{bucket}/" + quote(word)),
        st.dictionaries(st.sampled_from(SUBRESOURCES), WORDS, max_size=3),
        st.dictionaries(st.sampled_from(HEADERS), WORDS, max_size=3),
        BODIES,
    )
    def fuzz(method: str, path: str, query: dict[str, str], headers: dict[str, str], body: bytes) -> None:
        connection.request(method, f"{path or '/'}?{urlencode(query)}", body, {"Authorization": SIGNED, **headers})
        response = connection.getresponse()
        text = response.read()
        assert response.status < 500 or b"<Code>NotImplemented</Code>" in text or method == "HEAD", text
        assert response.status != 500

    fuzz()
    connection.close()
