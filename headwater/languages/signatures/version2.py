"""Signatures of version 2, which S3 still takes: in the Authorization header, a query string, or a form.

https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html
"""

from __future__ import annotations

import base64
import hmac
from hmac import compare_digest
from itertools import product
from typing import NamedTuple
from urllib.parse import unquote

from headwater.languages.signatures.claims import fields_of
from headwater.languages.signatures.common_types import COMMON_TYPES, type_told
from headwater.languages.signatures.faults import Fault, Flaw
from headwater.languages.signatures.message import Message

_SUBRESOURCES = frozenset(
    {
        "accelerate", "acl", "analytics", "cors", "delete", "inventory", "lifecycle", "location", "logging", "metrics",
        "notification", "partNumber", "policy", "replication", "requestPayment", "restore", "response-cache-control",
        "response-content-disposition", "response-content-encoding", "response-content-language",
        "response-content-type", "response-expires", "tagging", "torrent", "uploadId", "uploads", "versionId",
        "versioning", "versions", "website",
    }
)  # fmt: skip
_METHODS = ("GET", "PUT", "POST", "HEAD", "DELETE")


class Claim2(NamedTuple):
    """``when``: the instant to which a URL holds, in seconds since the epoch, or the date that a header was signed
    at, each as text."""

    access_key: str
    signature: str
    when: str
    token: str | None


def read_claim2(message: Message) -> Claim2 | None:
    """None where a request is not signed in this way."""
    headers = message.headers
    authorization = headers.get("authorization", "")
    if authorization.startswith("AWS "):
        access_key, _, signature = authorization[4:].partition(":")
        date = "" if "x-amz-date" in headers else headers.get("date", "")
        return Claim2(access_key, signature, date, headers.get("x-amz-security-token"))
    if authorization or "AWSAccessKeyId=" not in message.query:
        return None
    fields = fields_of(message.query)
    token = fields.get("x-amz-security-token") or headers.get("x-amz-security-token")
    return Claim2(fields["AWSAccessKeyId"], fields.get("Signature", ""), fields.get("Expires", ""), token)


def verify2(message: Message, claim: Claim2, secret: str, bucket: str) -> None:
    """Flaw where it is not the request's. ``bucket``: which the host names, '' where the path does."""
    text = _string_to_sign(message, claim, bucket)
    if _is(text, secret, claim):
        return
    if not bucket and "/" not in message.path[1:]:  # some clients sign a bucket's path with a slash at its end
        slashed = message._replace(path=f"{message.path}/")
        if _is(_string_to_sign(slashed, claim, bucket), secret, claim):
            return
    raise Flaw(
        Fault.MISMATCH,
        claim.access_key,
        claim.signature,
        text,
        "",
        why=_name_difference(message, claim, secret, bucket),
    )


def _name_difference(message: Message, claim: Claim2, secret: str, bucket: str) -> str:
    """In words; '' where nothing that is tried is it."""
    sent = message.headers.get("content-type", "")
    for own in (True, False):
        kept = {name: value for name, value in message.headers.items() if own or not name.startswith("x-amz-")}
        for method, kind in product((message.method, *_METHODS), (sent, *COMMON_TYPES)):
            guess = message._replace(method=method, headers={**kept, "content-type": kind})
            if not _is(_string_to_sign(guess, claim, bucket), secret, claim):
                continue
            told = []
            if method != message.method:
                told.append(f"it was signed for the method {method}, and sent with {message.method}")
            if kind != sent:
                told.append(f"it was signed {type_told(kind)}, and sent with {sent or 'none'}")
            if not own:
                names = [name for name in message.headers if name.startswith("x-amz-")]
                told.append(f"{', '.join(names)} was added after it was signed")
            return "; ".join(told)
    return ""


def signature2(text: str, secret: str) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), text.encode("latin-1", "replace"), "sha1")).decode()


def _is(text: str, secret: str, claim: Claim2) -> bool:
    return compare_digest(signature2(text, secret).encode(), claim.signature.encode("latin-1", "replace"))


def _string_to_sign(message: Message, claim: Claim2, bucket: str) -> str:
    headers = dict(message.headers)
    if claim.token and "x-amz-security-token" not in headers:
        headers["x-amz-security-token"] = claim.token
    own = "".join(f"{name}:{headers[name].strip()}\n" for name in sorted(headers) if name.startswith("x-amz-"))
    resource = (f"/{bucket}" if bucket else "") + message.path
    pairs = [pair.partition("=") for pair in message.query.split("&")]
    parts = sorted(
        (name, f"{name}={unquote(value, 'latin-1')}" if equals else name)
        for name, equals, value in pairs
        if name in _SUBRESOURCES
    )
    query = "?" + "&".join(part for _, part in parts) if parts else ""
    kind, digest = headers.get("content-type", ""), headers.get("content-md5", "")
    return f"{message.method}\n{digest}\n{kind}\n{claim.when}\n{own}{resource}{query}"
