"""The signatures of chunks, each of which is of the one before, and of a trailer.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
"""

from __future__ import annotations

import re
from hashlib import sha256
from hmac import compare_digest

from headwater.languages.signatures.canonical import EMPTY, signature_of
from headwater.languages.signatures.claims import Claim
from headwater.languages.signatures.faults import Fault, Flaw

SIGNED_CHUNKS = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
_HEAD = re.compile(rb"([0-9a-fA-F]{1,16});chunk-signature=([0-9a-f]{64})\r\n")
_TRAILER_SIGNATURE = "x-amz-trailer-signature"


def verify_chunks(body: bytes, claim: Claim, secret: str, canonical: str) -> None:
    """Flaw where a chunk, or the trailer, is not signed as it has to be. A body that is no row of chunks is not
    judged here: what is broken is told by whoever takes it apart."""
    former, at, number = claim.signature, 0, 0
    while (head := _HEAD.match(body, at)) is not None:
        number += 1
        size, signature, at = int(head[1], 16), head[2].decode(), head.end()
        digest = sha256(body[at : at + size]).hexdigest()
        text = _text("PAYLOAD", claim, former, f"{EMPTY}\n{digest}")
        _compare(text, signature, claim, secret, canonical, f"the signature of chunk {number} is not that of its data")
        former, at = signature, at + size + 2
        if size == 0:
            _verify_trailer(body[at - 2 :], former, claim, secret, canonical)
            return
    if number == 0 and body:
        why = "the body's chunks have no signatures"
        raise Flaw(Fault.MISMATCH, claim.access_key, claim.signature, "", canonical, why=why, found=True)


def _verify_trailer(rest: bytes, former: str, claim: Claim, secret: str, canonical: str) -> None:
    lines = [line for line in rest.decode("latin-1").splitlines() if ":" in line]
    if not lines:
        return
    values = [(name.strip().lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    signature = dict(values).get(_TRAILER_SIGNATURE, "")
    signed = "".join(f"{name}:{value}\n" for name, value in values if name != _TRAILER_SIGNATURE)
    text = _text("TRAILER", claim, former, sha256(signed.encode("latin-1")).hexdigest())
    _compare(text, signature, claim, secret, canonical, "the trailer's signature is not that of its headers")


def _text(kind: str, claim: Claim, former: str, rest: str) -> str:
    return f"AWS4-HMAC-SHA256-{kind}\n{claim.date}\n{claim.scope}\n{former}\n{rest}"


def _compare(text: str, signature: str, claim: Claim, secret: str, canonical: str, why: str) -> None:
    if not compare_digest(signature_of(text, secret, claim).encode(), signature.encode()):
        raise Flaw(Fault.MISMATCH, claim.access_key, signature, text, canonical, why=why, found=True)
