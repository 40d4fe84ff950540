"""Key values as bytes whose order is DynamoDB's own, for storing as BLOBs.

Strings order by their UTF-8 bytes, binary by its unsigned bytes, numbers by value. Items of a table are spread by a
hash of the partition key, as in DynamoDB: a scan's order tells nothing, a parallel scan's segments are ranges of it.
"""

from collections.abc import Iterable
from zlib import crc32

from headwater.languages.dynamodb import numbers
from headwater.languages.dynamodb.values import AttributeValue, binary

HASH_SPACE = 1 << 32
# Greater than every partition's bytes: four of hash, and a value of at most 2048.
_BEYOND = b"\xff" * 2053


def sortable(value: AttributeValue, name: str) -> bytes:
    """Bytes of a checked value of type S, N or B that compare as the values do."""
    if name == "S":
        return str.encode(value["S"], "utf-8", "surrogatepass")
    return numbers.sortable(value["N"]) if name == "N" else binary(value["B"])


def partition(value: AttributeValue, name: str) -> bytes:
    """Bytes that identify a partition key: four of its hash, then the value."""
    content = sortable(value, name)
    return crc32(content).to_bytes(4, "big") + content


def joined(parts: Iterable[bytes]) -> bytes:
    """Sortable bytes of several values, one after the other, that compare as the values do in turn."""
    return b"".join([joined_prefix(part) + b"\x00\x01" for part in parts])


def joined_prefix(part: bytes) -> bytes:
    """What the joined bytes begin with of all values that begin so."""
    return part.replace(b"\x00", b"\x00\xff")


def joined_partition(parts: Iterable[bytes]) -> bytes:
    """Bytes that identify a partition key of several values."""
    content = joined(parts)
    return crc32(content).to_bytes(4, "big") + content


def segment_start(segment: int, total_segments: int) -> bytes:
    """The first partition bytes of a parallel scan's segment; it ends where the next one starts."""
    boundary = -(-segment * HASH_SPACE // total_segments)
    return _BEYOND if boundary >= HASH_SPACE else boundary.to_bytes(4, "big")


def after_prefix(prefix: bytes) -> bytes | None:
    """The least bytes greater than all that begin with the prefix; None if there are none."""
    stripped = prefix.rstrip(b"\xff")
    return stripped[:-1] + bytes((stripped[-1] + 1,)) if stripped else None
