"""Checksums of object data: the algorithms, and what a request and its body say of them.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
"""

from __future__ import annotations

import binascii
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Protocol

from anycrc import Model

from headwater.services.s3.errors import bad_checksum, bad_digest, invalid_digest, invalid_request
from headwater.spine.errors import not_implemented

# faster than zlib's CRC-32 too: a megabyte in 0.1 ms
_crc32, _crc32c, _crc64nvme = (Model(name).calc for name in ("CRC32", "CRC32-ISCSI", "CRC64-NVME"))
_ALGORITHMS: dict[str, Callable[[bytes], bytes]] = {
    "CRC32": lambda data: _crc32(data).to_bytes(4, "big"),
    "CRC32C": lambda data: _crc32c(data).to_bytes(4, "big"),
    "CRC64NVME": lambda data: _crc64nvme(data).to_bytes(8, "big"),
    "SHA1": lambda data: hashlib.sha1(data, usedforsecurity=False).digest(),
    "SHA256": lambda data: hashlib.sha256(data).digest(),
    "SHA512": lambda data: hashlib.sha512(data).digest(),
    "MD5": lambda data: hashlib.md5(data, usedforsecurity=False).digest(),
}
_CONTINUED = {"CRC32": (_crc32, 4), "CRC32C": (_crc32c, 4), "CRC64NVME": (_crc64nvme, 8)}
DEFAULT = "CRC64NVME"
"""What S3 itself computes of an upload that comes without a checksum, since December 2024."""
FULL_OBJECT = "FULL_OBJECT"
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


def check_algorithm(algorithm: str) -> None:
    """InvalidRequest where there is no such algorithm."""
    if algorithm in _ALGORITHMS:
        return
    if f"Checksum{algorithm}" in _LACKING:
        raise not_implemented(f"The checksum algorithm {algorithm}")
    raise invalid_request("Checksum algorithm provided is unsupported. Please try again with any of the valid types")


class Sums(Protocol):
    """Digests of a body, whether they are known or not yet."""

    def of(self, algorithm: str) -> bytes: ...


class Whole:
    """Digests of a body that is at hand, each made where it is asked for."""

    __slots__ = ("_data",)

    def __init__(self, data: bytes) -> None:
        self._data = data

    def of(self, algorithm: str) -> bytes:
        return _ALGORITHMS[algorithm](self._data)


class Digests:
    """Several digests of a body that passes by in pieces; their algorithms are known to be there."""

    def __init__(self, algorithms: frozenset[str]) -> None:
        self._sums = {name: 0 for name in algorithms if name in _CONTINUED}
        self._hashes = {
            name: hashlib.new(name.lower(), usedforsecurity=False) for name in algorithms if name not in _CONTINUED
        }

    def passing(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            for name, former in self._sums.items():
                self._sums[name] = _CONTINUED[name][0](piece, former)
            for hashed in self._hashes.values():
                hashed.update(piece)
            yield piece

    def of(self, algorithm: str) -> bytes:
        if algorithm in self._sums:
            return self._sums[algorithm].to_bytes(_CONTINUED[algorithm][1], "big")
        return self._hashes[algorithm].digest()


def asked_of(request: Mapping[str, Any], *others: str) -> frozenset[str]:
    """All algorithms that :func:`verified` may ask for, and others: for digests that are made beforehand."""
    given = (MEMBERS[member] for member in MEMBERS.keys() & request.keys())
    asked: str = request.get("ChecksumAlgorithm") or "MD5"
    return frozenset(("MD5", asked, *given, *others)) & _ALGORITHMS.keys()


def verified(request: Mapping[str, Any], sums: Sums) -> dict[str, str]:
    """The checksum member that a body keeps: the one that the request gave, checked, or asks for; {} without.

    Raises BadDigest, InvalidDigest, InvalidRequest.
    """
    _check_md5(request.get("ContentMD5"), sums)
    given = [member for member in _ALL_MEMBERS.intersection(request) if request[member]]
    if len(given) > 1:
        raise invalid_request("Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
    if not given:
        asked = request.get("ChecksumAlgorithm")
        return computed(asked, sums) if asked else {}
    member, text = given[0], request[given[0]]
    algorithm = member.removeprefix("Checksum")
    check_algorithm(algorithm)
    calculated = encode(sums.of(algorithm))
    if calculated != text:
        if not _is_digest(text, _LENGTHS[algorithm]):
            raise invalid_request(f"Value for x-amz-checksum-{algorithm.lower()} header is invalid.")
        raise bad_checksum(algorithm)
    return {member: calculated}


def computed(algorithm: str, sums: Sums) -> dict[str, str]:
    """One checksum member of a body; InvalidRequest where there is no such algorithm."""
    check_algorithm(algorithm)
    return {f"Checksum{algorithm}": encode(sums.of(algorithm))}


def of_object(request: Mapping[str, Any], sums: Sums) -> dict[str, str]:
    """What an object uploaded at once keeps: the checksum as ``verified`` has it, or S3's own."""
    checksums = verified(request, sums) or computed(DEFAULT, sums)
    checksums["ChecksumType"] = FULL_OBJECT
    return checksums


def _is_digest(text: str, length: int) -> bool:
    try:
        return len(decode(text)) == length
    except ValueError:
        return False


def _check_md5(text: str | None, sums: Sums) -> None:
    if text is None:
        return
    if not _is_digest(text, 16):
        raise invalid_digest(text)
    calculated = encode(sums.of("MD5"))
    if calculated != text:
        raise bad_digest(text, calculated)
