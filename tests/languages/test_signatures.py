"""Signatures of version 4 as botocore makes them, of whatever request, and what is found where one was changed."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.languages.signatures.claims import read_claim
from headwater.languages.signatures.differences import name_difference
from headwater.languages.signatures.faults import Fault, Flaw
from headwater.languages.signatures.message import Message
from headwater.languages.signatures.verifying import check_headers, verify

SECRET = "a secret/+"
HOST = "127.0.0.1:4566"
SIGNERS: dict[str, tuple[type[Any], str]] = {
    "header": (SigV4Auth, "lambda"),
    "query": (SigV4QueryAuth, "iotdata"),
    "s3": (S3SigV4Auth, "s3"),
    "s3 query": (S3SigV4QueryAuth, "s3"),
}
texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
names = st.from_regex(r"[a-z][a-z0-9-]{0,10}", fullmatch=True).map("x-amz-meta-{}".format)
values = st.text(st.sampled_from("abc XYZ,;:=~*'\"\t019/+%&"), max_size=20).map(str.strip)


def signed(
    kind: str,
    method: str = "GET",
    path: str = "/",
    query: str = "",
    headers: dict[str, str] | None = None,
    body: bytes = b"",
    token: str | None = None,
) -> Message:
    """What arrives of a request that botocore has signed."""
    signer, service = SIGNERS[kind]
    url = f"http://{HOST}{path}{'?' if query else ''}{query}"
    # botocore would make the body of what a URL signs a part of the URL, and that of S3's is not signed
    body = b"" if kind == "query" else body
    request = AWSRequest(method, url, headers=headers or {}, data=b"" if kind == "s3 query" else body)
    signer(Credentials("AKID", SECRET, token), service, "eu-west-1").add_auth(request)
    sent = urlsplit(request.url)
    arrived = {name.lower(): value.strip() for name, value in request.headers.items()}
    return Message(method, sent.path, sent.query, {"host": HOST, **arrived}, body)


def judge(message: Message, secret: str = SECRET) -> Flaw | None:
    try:
        claim = read_claim(message)
        check_headers(message, claim)
        verify(message, claim, secret)
    except Flaw as flaw:
        return flaw
    return None


def why(message: Message) -> str:
    return name_difference(message, read_claim(message), SECRET)


@settings(max_examples=60)
@given(
    kind=st.sampled_from(list(SIGNERS)),
    method=st.sampled_from(["GET", "PUT", "POST", "DELETE"]),
    segments=st.lists(
        st.one_of(texts, st.sampled_from(["..", ".", "", "a b", "%", "~", "+", "é/ü", "a:b"])), max_size=5
    ),
    safe=st.sampled_from(["/~", "/~:@!$&'()*+,;=", "/"]),
    pairs=st.lists(st.tuples(texts, texts), max_size=4),
    headers=st.dictionaries(names, values, max_size=3),
    body=st.binary(max_size=40),
    token=st.sampled_from([None, "IQo+/=="]),
)
def test_what_botocore_signs_is_taken(
    kind: str,
    method: str,
    segments: list[str],
    safe: str,
    pairs: list[tuple[str, str]],
    headers: dict[str, str],
    body: bytes,
    token: str | None,
) -> None:
    path = "/" + "/".join(quote(segment, safe=safe) for segment in segments)
    # names of botocore's own would be twice in it
    named = [(name, value) for name, value in pairs if name and not name.startswith("X-Amz-")]
    query = "&".join(f"{quote(name, safe='')}={quote(value, safe='~')}" for name, value in named)
    if path.startswith("//"):
        path = "/." + path
    message = signed(kind, method, path, query, headers, body, token)
    assert judge(message) is None
    assert (flaw := judge(message, "another")) is not None
    assert flaw.fault is Fault.MISMATCH


@pytest.mark.parametrize("kind", list(SIGNERS))
def test_a_changed_request_is_not_taken(kind: str) -> None:
    message = signed(kind, "PUT", "/a/b", "x=1", {"content-type": "text/plain"}, b"body")
    for changed in (
        message._replace(method="POST"),
        message._replace(path="/a/c"),
        message._replace(query=message.query + "&y=2"),
        message._replace(headers={**message.headers, "host": "other"}),
        message._replace(headers={**message.headers, "content-type": "text/html"}),
    ):
        flaw = judge(changed)
        assert flaw is not None and flaw.fault is Fault.MISMATCH
    flaw = judge(message._replace(body=b"other"))
    # whoever has the URL of an upload may put any body
    assert (flaw.fault if flaw else None) is {"s3": Fault.HASH, "s3 query": None}.get(kind, Fault.MISMATCH)


@pytest.mark.parametrize("kind", list(SIGNERS))
def test_the_difference_is_named(kind: str) -> None:
    headers = {"content-type": "image/png", "x-amz-acl": "private"}
    message = signed(kind, "PUT", "/a/b%20c", "x=1", headers, b"body")
    assert why(message._replace(method="GET")) == "it was signed for the method PUT, and sent with GET"
    other = message._replace(headers={**message.headers, "content-type": "text/foo"})
    assert why(other) == "it was signed for the header content-type: image/png, and sent with text/foo"
    without = {name: value for name, value in message.headers.items() if name != "content-type"}
    told = "it was signed for the header content-type: image/png, and sent without it"
    assert why(message._replace(headers=without)) == told
    other = message._replace(headers={**message.headers, "host": "example.com:4566"})
    assert why(other) == f"it was signed for the host {HOST}, and sent to example.com:4566"
    more = message._replace(query=f"{message.query}&response-expires=0".lstrip("&"))
    assert why(more) == "the parameter response-expires was added, or changed, after it was signed"
    assert why(message._replace(path="/elsewhere")) == ""


def test_the_difference_of_a_url() -> None:
    message = signed("s3 query", "GET", "/b/k")
    longer = message._replace(query=message.query.replace("X-Amz-Expires=3600", "X-Amz-Expires=604800"))
    assert why(longer) == "X-Amz-Expires was 3600 when it was signed, and is 604800"
    host = "b.s3.amazonaws.com"
    request = AWSRequest("GET", f"http://{host}/k")
    S3SigV4QueryAuth(Credentials("AKID", SECRET), "s3", "eu-west-1").add_auth(request)
    by_path = Message("GET", "/b/k", urlsplit(request.url).query, {"host": HOST}, b"")
    assert why(by_path) == f"it was signed for the host {host}, and sent to {HOST}"


def test_what_s3_wants_signed() -> None:
    message = signed("s3 query", "PUT", "/b/k")
    assert judge(message._replace(headers={"host": HOST, "user-agent": "x", "x-amzn-trace-id": "y"})) is None
    flaw = judge(message._replace(headers={"host": HOST, "x-amz-acl": "private", "x-amz-meta-a": "1"}))
    assert flaw is not None and flaw.fault is Fault.UNSIGNED and flaw.told == (["x-amz-acl", "x-amz-meta-a"],)
    headers = {name: value for name, value in signed("s3").headers.items() if name != "x-amz-content-sha256"}
    assert (flaw := judge(signed("s3")._replace(headers=headers))) is not None and flaw.fault is Fault.NO_HASH


SCOPE = "AWS4-HMAC-SHA256 Credential=AKID/20260102/us-east-1/sqs/aws4_request"
DATE = "20260102T030405Z"


@pytest.mark.parametrize(
    ("authorization", "date", "fault"),
    [
        ("Bearer abc", DATE, Fault.ALGORITHM),
        ("AWS4-ECDSA-P256-SHA256 Credential=x", DATE, Fault.ASYMMETRIC),
        ("AWS4-HMAC-SHA256", DATE, Fault.INCOMPLETE),
        ("AWS4-HMAC-SHA256 what", DATE, Fault.NO_EQUALS),
        (f"{SCOPE}, Signature=0", DATE, Fault.INCOMPLETE),
        (f"{SCOPE}, SignedHeaders=host, Signature=0", "", Fault.INCOMPLETE),
        ("AWS4-HMAC-SHA256 Credential=a/b/c, SignedHeaders=host, Signature=0", DATE, Fault.CREDENTIAL),
        (f"{SCOPE}, SignedHeaders=host, Signature=0", "yesterday", Fault.DATE),
        (f"{SCOPE}, SignedHeaders=host, Signature=0", "20261302T030405Z", Fault.DATE),
        (f"{SCOPE}5, SignedHeaders=host, Signature=0", DATE, Fault.TERMINATOR),
        (f"{SCOPE}, SignedHeaders=host, Signature=0", "20260103T030405Z", Fault.OTHER_DAY),
        (f"{SCOPE}, SignedHeaders=date, Signature=0", DATE, Fault.UNSIGNED),
        (f"{SCOPE}, SignedHeaders=host, Signature=0", DATE, Fault.MISMATCH),
        (f"{SCOPE},SignedHeaders=host,Signature=0", DATE, Fault.MISMATCH),
        (f"{SCOPE}  SignedHeaders=host Signature=ü", DATE, Fault.MISMATCH),
    ],
)
def test_headers_that_are_none(authorization: str, date: str, fault: Fault) -> None:
    headers = {"host": HOST, "authorization": authorization, **({"x-amz-date": date} if date else {})}
    flaw = judge(Message("POST", "/", "", headers, b""))
    assert flaw is not None and flaw.fault is fault


@settings(max_examples=60)
@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=20))
def test_whatever_is_sent_is_judged(authorization: str, query: str, date: str) -> None:
    headers = {"host": HOST, "authorization": f"AWS4-HMAC-SHA256 {authorization}", "x-amz-date": date}
    assert judge(Message("GET", "/", query, headers, b"")) is not None
    assert judge(Message("GET", "/", f"X-Amz-Algorithm=AWS4-HMAC-SHA256&{query}", {"host": HOST}, b"")) is not None
