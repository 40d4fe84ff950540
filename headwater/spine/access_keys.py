"""Access key ids of ours: which account one belongs to is written in it, as in AWS's own.

Four letters (`AKIA` long-term, `ASIA` temporary) and 80 bits in base 32: one unused bit, the account in 40 bits,
16 random bits, 23 bits of check sum. The check sum tells ours from keys that were issued elsewhere.
"""

from __future__ import annotations

import base64
import binascii
import re
from zlib import crc32

from headwater.spine.ids import Ids

PATTERN = re.compile("(?:AKIA|ASIA)[A-Z2-7]{16}")
CHECK_BITS = 23


def make_access_key(kind: str, account: str, ids: Ids) -> str:
    """A new id for an account; ``kind`` is ``AKIA`` or ``ASIA``."""
    head = (int(account) << 16) | ids.bits(16)
    number = (head << CHECK_BITS) | check_sum(head)
    return kind + base64.b32encode(number.to_bytes(10, "big")).decode()


def account_of(access_key: str) -> str | None:
    """The 12-digit account of an id that was made here, None for any other."""
    if not PATTERN.fullmatch(access_key):
        return None
    try:
        number = int.from_bytes(base64.b32decode(access_key[4:]), "big")
    except binascii.Error:
        return None
    head = number >> CHECK_BITS
    account = head >> 16
    if check_sum(head) != number & ((1 << CHECK_BITS) - 1) or account >= 10**12:
        return None
    return f"{account:012d}"


def check_sum(head: int) -> int:
    return crc32(head.to_bytes(8, "big")) >> (32 - CHECK_BITS)
