"""Signatures that only S3 knows: of chunks and trailers, of version 2, of forms."""

from __future__ import annotations

import base64
import hmac
from hashlib import sha256
from urllib.parse import quote, urlsplit

import pytest
from botocore.auth import HmacV1Auth, HmacV1QueryAuth, S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.languages.signatures.canonical import signing_key
from headwater.languages.signatures.claims import Claim, read_claim
from headwater.languages.signatures.faults import Fault, Flaw
from headwater.languages.signatures.forms import verify_form
from headwater.languages.signatures.message import Message
from headwater.languages.signatures.verifying import check_headers, verify
from headwater.languages.signatures.version2 import read_claim2, verify2

SECRET = "a secret/+"
HOST = "127.0.0.1:4566"
EMPTY = sha256(b"").hexdigest()


# ---- chunks


def chunked(parts: list[bytes], trailer: str = "") -> Message:
    """An upload as SDKs sign it that sign each chunk, and a trailer."""
    kind = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" + ("-TRAILER" if trailer else "")
    signer = S3SigV4Auth(Credentials("AKID", SECRET), "s3", "us-east-1")
    signer.payload = lambda request: kind
    request = AWSRequest("PUT", f"http://{HOST}/b/k", headers={"content-encoding": "aws-chunked"})
    signer.add_auth(request)
    headers = {"host": HOST, **{name.lower(): value for name, value in request.headers.items()}}
    claim = read_claim(Message("PUT", "/b/k", "", headers, b""))
    former, body = claim.signature, b""
    for part in [*parts, b""]:
        former = _signature("PAYLOAD", claim, former, f"{EMPTY}\n{sha256(part).hexdigest()}")
        body += f"{len(part):x};chunk-signature={former}\r\n".encode() + part + (b"\r\n" if part else b"")
    if trailer:
        former = _signature("TRAILER", claim, former, sha256(f"{trailer}\n".encode()).hexdigest())
        body += f"{trailer}\r\nx-amz-trailer-signature:{former}\r\n".encode()
    return Message("PUT", "/b/k", "", headers, body + b"\r\n")


def _signature(kind: str, claim: Claim, former: str, rest: str) -> str:
    text = f"AWS4-HMAC-SHA256-{kind}\n{claim.date}\n{claim.scope}\n{former}\n{rest}"
    return hmac.digest(signing_key(SECRET, claim.day, claim.region, "s3"), text.encode(), "sha256").hex()


def judge(message: Message) -> Flaw | None:
    try:
        claim = read_claim(message)
        check_headers(message, claim)
        verify(message, claim, SECRET)
    except Flaw as flaw:
        return flaw
    return None


@settings(max_examples=30)
@given(st.lists(st.binary(min_size=1, max_size=20), max_size=3), st.sampled_from(["", "x-amz-checksum-crc32:AAAAAA=="]))
def test_signed_chunks_are_taken(parts: list[bytes], trailer: str) -> None:
    assert judge(chunked(parts, trailer)) is None


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (b"world", b"w0rld", "the signature of chunk 2 is not that of its data"),
        (b"hello", b"hallo", "the signature of chunk 1 is not that of its data"),
        (b"AAAAAA", b"AAAAAB", "the trailer's signature is not that of its headers"),
    ],
)
def test_changed_chunks_are_not(old: bytes, new: bytes, why: str) -> None:
    message = chunked([b"hello", b"world"], "x-amz-checksum-crc32:AAAAAA==")
    flaw = judge(message._replace(body=message.body.replace(old, new)))
    assert flaw is not None and (flaw.fault, flaw.why) == (Fault.MISMATCH, why)


def test_chunks_without_signatures_are_not() -> None:
    flaw = judge(chunked([])._replace(body=b"5\r\nhello\r\n0\r\n\r\n"))
    assert flaw is not None and (flaw.fault, flaw.why) == (Fault.MISMATCH, "the body's chunks have no signatures")


# ---- version 2


def of_version_2(in_query: bool, method: str, path: str, headers: dict[str, str], token: str | None) -> Message:
    request = AWSRequest(method, f"http://{HOST}{path}", headers=headers)
    signer = HmacV1QueryAuth if in_query else HmacV1Auth
    signer(Credentials("AKID", SECRET, token)).add_auth(request)
    sent = urlsplit(request.url)
    arrived = {name.lower(): value.strip() for name, value in request.headers.items()}
    return Message(method, sent.path, sent.query, {"host": HOST, **arrived}, b"")


def why2(message: Message, bucket: str = "") -> str | None:
    claim = read_claim2(message)
    assert claim is not None and claim.access_key == "AKID"
    try:
        verify2(message, claim, SECRET, bucket)
    except Flaw as flaw:
        return flaw.why
    return None


@settings(max_examples=30)
@given(
    st.booleans(),
    st.sampled_from(["GET", "PUT", "DELETE"]),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12),
    st.sampled_from(["", "?acl", "?versionId=a%20b&response-content-type=text%2Fcss", "?uploadId=1&partNumber=2&x=3"]),
    st.sampled_from([{}, {"content-type": "text/plain"}, {"x-amz-acl": "private", "content-md5": "x=="}]),
    st.sampled_from([None, "IQo+/=="]),
)
def test_version_2_as_botocore_signs_it_is_taken(
    in_query: bool, method: str, key: str, query: str, headers: dict[str, str], token: str | None
) -> None:
    message = of_version_2(in_query, method, f"/bucket/{quote(key)}{query}", headers, token)
    assert why2(message) is None
    assert why2(message._replace(path="/bucket/another/one")) == ""
    # the same, where the host names the bucket
    assert why2(message._replace(path=message.path.removeprefix("/bucket")), "bucket") is None


@pytest.mark.parametrize("in_query", [True, False])
def test_the_difference_of_version_2_is_named(in_query: bool) -> None:
    message = of_version_2(in_query, "PUT", "/bucket/key", {"content-type": "image/png"}, None)
    assert why2(message._replace(method="GET")) == "it was signed for the method PUT, and sent with GET"
    other = message._replace(headers={**message.headers, "content-type": "text/foo"})
    assert why2(other) == "it was signed for the content-type image/png, and sent with text/foo"
    more = message._replace(headers={**message.headers, "x-amz-acl": "private"})
    assert why2(more) == "x-amz-acl was added after it was signed"


# ---- forms


def test_forms() -> None:
    policy = base64.b64encode(b'{"expiration": "2030-01-01T00:00:00Z", "conditions": []}').decode()
    key = signing_key(SECRET, "20260102", "us-east-1", "s3")
    fourth = {
        "policy": policy,
        "x-amz-credential": "AKID/20260102/us-east-1/s3/aws4_request",
        "x-amz-signature": hmac.digest(key, policy.encode(), "sha256").hex(),
    }
    signature = base64.b64encode(hmac.digest(SECRET.encode(), policy.encode(), "sha1")).decode()
    second = {"policy": policy, "awsaccesskeyid": "AKID", "signature": signature}
    for fields in (fourth, second):
        verify_form(fields, SECRET)
        for changed, secret in ((fields | {"policy": "e30="}, SECRET), (fields, "another")):
            with pytest.raises(Flaw) as caught:
                verify_form(changed, secret)
            assert caught.value.fault is Fault.MISMATCH
    with pytest.raises(Flaw) as caught:
        verify_form(fourth | {"x-amz-credential": "AKID/s3"}, SECRET)
    assert caught.value.fault is Fault.CREDENTIAL
