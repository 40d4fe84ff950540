"""Checksums of object data: the algorithms, and what a request and its body say of them.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
"""

from __future__ import annotations

import binascii
import hashlib
import zlib
from collections.abc import Callable, Mapping
from typing import Any

from headwater.services.s3.crc import crc32c, crc64nvme
from headwater.services.s3.errors import bad_checksum, bad_digest, invalid_digest, invalid_request
from headwater.spine.errors import not_implemented

_ALGORITHMS: dict[str, Callable[[bytes], bytes]] = {
    "CRC32": lambda data: zlib.crc32(data).to_bytes(4, "big"),
    "CRC32C": lambda data: crc32c(data).to_bytes(4, "big"),
    "CRC64NVME": lambda data: crc64nvme(data).to_bytes(8, "big"),
    "SHA1": lambda data: hashlib.sha1(data, usedforsecurity=False).digest(),
    "SHA256": lambda data: hashlib.sha256(data).digest(),
    "SHA512": lambda data: hashlib.sha512(data).digest(),
    "MD5": lambda data: hashlib.md5(data, usedforsecurity=False).digest(),
}
MEMBERS = {f"Checksum{name}": name for name in _ALGORITHMS}
"""Members of requests and results, to algorithms."""
_LACKING = ("ChecksumXXHASH64", "ChecksumXXHASH3", "ChecksumXXHASH128")
_ALL_MEMBERS = frozenset((*MEMBERS, *_LACKING))
_LENGTHS = {"CRC32": 4, "CRC32C": 4, "CRC64NVME": 8, "SHA1": 20, "SHA256": 32, "SHA512": 64, "MD5": 16}


def encode(digest: bytes) -> str:
    """A checksum as it travels."""
    return binascii.b2a_base64(digest, newline=False).decode("ascii")


def decode(text: str) -> bytes:
    """The digest in a checksum's text; ValueError where it is no base64."""
    return binascii.a2b_base64(text, strict_mode=True)


def compute(algorithm: str, data: bytes) -> str:
    """One checksum of a body; InvalidRequest where there is no such algorithm."""
    function = _ALGORITHMS.get(algorithm)
    if function is None:
        if f"Checksum{algorithm}" in _LACKING:
            raise not_implemented(f"The checksum algorithm {algorithm}")
        raise invalid_request(
            "Checksum algorithm provided is unsupported. Please try again with any of the valid types"
        )
    return encode(function(data))


def verified(request: Mapping[str, Any], data: bytes) -> dict[str, str]:
    """The checksum members that a body keeps: those that the request gave, checked; or that it asked for.

    Raises BadDigest, InvalidDigest, InvalidRequest.
    """
    _check_md5(request.get("ContentMD5"), data)
    given = {member: text for member, text in request.items() if member in _ALL_MEMBERS and text}
    if len(given) > 1:
        raise invalid_request("Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
    for member, text in given.items():
        if member in _LACKING:
            raise not_implemented(f"The checksum algorithm {member.removeprefix('Checksum')}")
        algorithm = MEMBERS[member]
        if not _is_digest(text, _LENGTHS[algorithm]):
            raise invalid_request(f"Value for x-amz-checksum-{algorithm.lower()} header is invalid.")
        if compute(algorithm, data) != text:
            raise bad_checksum(algorithm)
        return {member: text}
    asked = request.get("ChecksumAlgorithm")
    return {f"Checksum{asked}": compute(asked, data)} if asked else {}


def _is_digest(text: str, length: int) -> bool:
    try:
        return len(decode(text)) == length
    except ValueError:
        return False


def _check_md5(text: str | None, data: bytes) -> None:
    if text is None:
        return
    if not _is_digest(text, 16):
        raise invalid_digest(text)
    calculated = compute("MD5", data)
    if calculated != text:
        raise bad_digest(text, calculated)
