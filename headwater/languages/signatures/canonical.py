"""What version 4 signs: the canonical request, the string to sign, and the key of a day, region and service.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterator
from functools import lru_cache
from hashlib import sha256
from urllib.parse import quote, unquote_to_bytes

from headwater.languages.signatures.claims import ALGORITHM, TERMINATOR, Claim, fields_of
from headwater.languages.signatures.message import Message

UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"
EMPTY = sha256(b"").hexdigest()
_PLAIN = re.compile(r"[A-Za-z0-9\-._~/]*")
_SPACES = re.compile(r"[ \t]+")
_DIGEST = re.compile(r"[0-9a-fA-F]{64}")
_SIGNATURE = "X-Amz-Signature"
# which IoT's clients add to a URL that is signed already
_TOKEN, _SIGNED_WITHOUT_TOKEN = "X-Amz-Security-Token", "iotdevicegateway"


@lru_cache(maxsize=1024)
def signing_key(secret: str, day: str, region: str, service: str) -> bytes:
    """What signs a day's requests to a service."""
    key = f"AWS4{secret}".encode()
    for part in (day, region, service, TERMINATOR):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def signature_of(text: str, secret: str, claim: Claim) -> str:
    key = signing_key(secret, claim.day, claim.region, claim.service)
    return hmac.digest(key, text.encode("latin-1", "replace"), "sha256").hex()


def string_to_sign(claim: Claim, canonical: str) -> str:
    hashed = sha256(canonical.encode("latin-1", "replace")).hexdigest()
    return f"{ALGORITHM}\n{claim.date}\n{claim.scope}\n{hashed}"


def canonical_request(message: Message, claim: Claim, path: str, query: str, payload: str) -> str:
    """``path`` and ``query`` are canonical already, ``payload`` is the body's digest, or what stands for it."""
    headers = message.headers
    lines = "".join([f"{name}:{trimmed(headers.get(name, ''))}\n" for name in claim.signed])
    return f"{message.method}\n{path}\n{query}\n{lines}\n{';'.join(claim.signed)}\n{payload}"


def trimmed(value: str) -> str:
    """Without spaces around, and one for several within."""
    value = value.strip(" \t")
    return _SPACES.sub(" ", value) if "  " in value or "\t" in value else value


def payload_of(message: Message, claim: Claim, s3: bool) -> str:
    """What stands for the body: S3 takes the client's word, which is to be held against the body, and looks at no
    body of a presigned URL; elsewhere it is the body's digest, unless the client says that it has signed none."""
    stated = message.headers.get("x-amz-content-sha256", "")
    if stated and (s3 or not _DIGEST.fullmatch(stated)):
        return stated
    if s3 and claim.in_query:
        return fields_of(message.query).get("X-Amz-Content-Sha256", UNSIGNED_PAYLOAD)
    return sha256(message.body).hexdigest() if message.body else EMPTY


def paths_of(path: str, s3: bool) -> Iterator[str]:
    """The canonical path, the likeliest first: clients differ in what they encode, and all of these are taken. S3
    takes a path as it is; elsewhere dots are resolved and what is encoded is encoded once more."""
    if s3:
        yield path
        if not _PLAIN.fullmatch(path):
            yield quote(unquote_to_bytes(path), safe="/~")
        return
    plain = _PLAIN.fullmatch(path)
    resolved = path if plain and "/." not in path and "//" not in path else _resolved(path)
    yield resolved if plain else quote(resolved.encode("latin-1"), safe="/~")
    if resolved != path:  # such as for API Gateway, which some clients do not resolve for
        yield quote(path.encode("latin-1"), safe="/~")
    if not plain:
        yield quote(quote(unquote_to_bytes(resolved), safe="/~"), safe="/~")


def _resolved(path: str) -> str:
    """Without dots and empty segments, as RFC 3986 has it."""
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            if parts:
                parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/" + "/".join(parts) + ("/" if parts and path.endswith("/") else "")


def queries_of(query: str, service: str) -> Iterator[str]:
    """The canonical query string, likewise: sorted as it was sent, or encoded anew.

    https://docs.aws.amazon.com/iot/latest/developerguide/protocols.html
    """
    if not query:
        yield ""
        return
    pairs = [(name, value) for name, _, value in (pair.partition("=") for pair in query.split("&"))]
    left_out = (_SIGNATURE, _TOKEN) if service == _SIGNED_WITHOUT_TOKEN else (_SIGNATURE,)
    pairs = [pair for pair in pairs if pair[0] not in left_out and pair != ("", "")]
    sent = _joined(pairs)
    yield sent
    anew = _joined([(_encoded(name), _encoded(value)) for name, value in pairs])
    if anew != sent:
        yield anew
    if "+" in query:
        yield _joined([(_encoded(name.replace("+", " ")), _encoded(value.replace("+", " "))) for name, value in pairs])


def _joined(pairs: list[tuple[str, str]]) -> str:
    return "&".join([f"{name}={value}" for name, value in sorted(pairs)])


def _encoded(text: str) -> str:
    return quote(unquote_to_bytes(text.encode("latin-1")), safe="~")
