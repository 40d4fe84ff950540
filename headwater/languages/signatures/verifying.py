"""Whether a request is signed as it says."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from hmac import compare_digest

from headwater.languages.signatures.canonical import (
    canonical_request,
    paths_of,
    payload_of,
    queries_of,
    signature_of,
    string_to_sign,
)
from headwater.languages.signatures.chunks import SIGNED_CHUNKS, verify_chunks
from headwater.languages.signatures.claims import Claim
from headwater.languages.signatures.faults import Fault, Flaw
from headwater.languages.signatures.message import Message

_PREFIX = "x-amz-"
_HASH = "x-amz-content-sha256"
_UNHASHED = ("UNSIGNED-PAYLOAD", "STREAMING-")


def is_s3(claim: Claim) -> bool:
    """Whether the rules of S3 hold, which differ from all others'."""
    return claim.service in ("s3", "s3express", "s3-object-lambda", "s3-outposts")


def check_headers(message: Message, claim: Claim) -> None:
    """Flaw where a header is not signed that has to be.

    https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
    """
    signed = claim.signed
    needed = ["host"]
    if is_s3(claim):
        if not claim.in_query and _HASH not in message.headers:
            raise Flaw(Fault.NO_HASH)
        needed += sorted(name for name in message.headers if name.startswith(_PREFIX) and name != _HASH)
    missing = [name for name in needed if name not in signed]
    if missing:
        why = f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} sent, but not among the signed headers"
        raise Flaw(Fault.UNSIGNED, missing, why=why)


def verify(message: Message, claim: Claim, secret: str) -> None:
    """Flaw where the signature is not that of the request, or the body not what it is said to be."""
    s3 = is_s3(claim)
    payload = payload_of(message, claim, s3)
    first = ""
    for canonical in _candidates(message, claim, payload, s3):
        text = string_to_sign(claim, canonical)
        if compare_digest(signature_of(text, secret, claim).encode(), claim.signature.encode()):
            break
        first = first or canonical
    else:
        raise Flaw(Fault.MISMATCH, claim.access_key, claim.signature, string_to_sign(claim, first), first)
    if payload == SIGNED_CHUNKS or payload == f"{SIGNED_CHUNKS}-TRAILER":
        verify_chunks(message.body, claim, secret, first or canonical)
    elif s3 and not payload.startswith(_UNHASHED):
        computed = sha256(message.body).hexdigest()
        if computed != payload.lower():
            raise Flaw(Fault.HASH, payload, computed, why=f"the body's SHA-256 is {computed}")


def _candidates(message: Message, claim: Claim, payload: str, s3: bool) -> Iterator[str]:
    for path in paths_of(message.path, s3):
        for query in queries_of(message.query, claim.service):
            yield canonical_request(message, claim, path, query, payload)
