"""What differs between a request and the one that was signed: found by trying what is often changed in between."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from hmac import compare_digest
from itertools import product
from urllib.parse import quote, unquote

from headwater.languages.signatures.canonical import (
    EMPTY,
    UNSIGNED_PAYLOAD,
    canonical_request,
    paths_of,
    payload_of,
    queries_of,
    signature_of,
    string_to_sign,
)
from headwater.languages.signatures.claims import Claim, fields_of
from headwater.languages.signatures.common_types import COMMON_TYPES
from headwater.languages.signatures.message import Message
from headwater.languages.signatures.verifying import is_s3

_METHODS = ("GET", "PUT", "POST", "HEAD", "DELETE", "PATCH")
_EXPIRES = ("60", "120", "180", "300", "600", "900", "1800", "3600", "7200", "10800", "43200", "86400", "604800")
# a changed request, what stands for its body, and what the difference is
_Guess = tuple[Message, str, str]


def name_difference(message: Message, claim: Claim, secret: str) -> str:
    """In words, such as ``it was signed for the method PUT, and sent with GET``; '' where nothing that is tried is
    it."""
    s3 = is_s3(claim)
    payload = payload_of(message, claim, s3)
    for guess, body, why in _guesses(message, claim, payload):
        paths = _paths(guess.path) if guess is message and body == payload else paths_of(guess.path, s3)
        for path, query in product(paths, queries_of(guess.query, claim.service)):
            text = string_to_sign(claim, canonical_request(guess, claim, path, query, body))
            if compare_digest(signature_of(text, secret, claim).encode(), claim.signature.encode()):
                return why
    return ""


def _paths(path: str) -> Iterator[str]:
    yield path
    yield quote(path.encode("latin-1"), safe="/~")
    yield unquote(path, "latin-1")


def _guesses(message: Message, claim: Claim, payload: str) -> Iterator[_Guess]:
    yield message, payload, f"the path was encoded in another way when it was signed; it was sent as {message.path}"
    for method in _METHODS:
        if method != message.method:
            told = f"it was signed for the method {method}, and sent with {message.method}"
            yield message._replace(method=method), payload, told
    yield from _of_headers(message, claim, payload)
    yield from _of_hosts(message, claim, payload)
    yield from _of_query(message, claim, payload)
    for body, told in (
        (EMPTY, "an empty body was signed"),
        (UNSIGNED_PAYLOAD, "it was signed without its body (UNSIGNED-PAYLOAD), which is not said by a header"),
    ):
        if body != payload:
            yield message, body, told
    if not claim.in_query:  # the body of an upload by a URL may be large, and is not known when it is signed
        yield message, sha256(message.body).hexdigest(), f"the body's digest was signed, and not {payload}"


def _of_headers(message: Message, claim: Claim, payload: str) -> Iterator[_Guess]:
    for name in claim.signed:
        if name == "host":
            continue
        sent = message.headers.get(name)
        tried = COMMON_TYPES if name == "content-type" else ("",)
        for value in tried:
            if value == (sent or ""):
                continue
            told = f"it was signed for the header {name}: {value}" if value else f"it was signed with no {name}"
            told += f", and sent with {sent}" if sent else ", and sent without it"
            yield message._replace(headers={**message.headers, name: value}), payload, told


def _of_hosts(message: Message, claim: Claim, payload: str) -> Iterator[_Guess]:
    host = message.headers.get("host", "")
    name, colon, port = host.partition(":")
    bucket, _, rest = message.path[1:].partition("/")
    hosts = [name, *(f"{each}{colon}{port}" for each in ("localhost", "127.0.0.1", "host.docker.internal"))]
    if is_s3(claim):
        names = ("s3.amazonaws.com", f"s3.{claim.region}.amazonaws.com", "s3.localhost.localstack.cloud", "localhost")
        hosts += [part for each in names for part in (each, f"{each}{colon}{port}")]
    else:
        hosts.append(f"{claim.service}.{claim.region}.amazonaws.com")
    for each in dict.fromkeys(hosts):
        told = f"and sent to {host}"
        changed = message._replace(headers={**message.headers, "host": each})
        if each != host:
            yield changed, payload, f"it was signed for the host {each}, {told}"
        if is_s3(claim) and bucket:  # what was signed for the bucket's own host, and sent by path
            headers = {**message.headers, "host": f"{bucket}.{each}"}
            own = message._replace(path=f"/{rest}", headers=headers)
            yield own, payload, f"it was signed for the host {bucket}.{each}, {told}"


def _of_query(message: Message, claim: Claim, payload: str) -> Iterator[_Guess]:
    pairs = [pair for pair in message.query.split("&") if pair]
    for at, pair in enumerate(pairs):
        name = unquote(pair.partition("=")[0])
        if name.startswith("X-Amz-") and name != "X-Amz-Security-Token":
            continue
        changed = message._replace(query="&".join(pairs[:at] + pairs[at + 1 :]))
        yield changed, payload, f"the parameter {name} was added, or changed, after it was signed"
    if claim.expires is None:
        return
    for seconds in _EXPIRES:
        if seconds != fields_of(message.query).get("X-Amz-Expires"):
            query = "&".join(f"X-Amz-Expires={seconds}" if p.startswith("X-Amz-Expires=") else p for p in pairs)
            told = f"X-Amz-Expires was {seconds} when it was signed, and is {claim.expires}"
            yield message._replace(query=query), payload, told
