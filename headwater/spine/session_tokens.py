"""Session tokens of ours: until when one holds, and whose it is, is written in it, so that nothing needs to be kept.

What AWS's tokens begin with, then in base 64: the length of a JSON text, the text (`[milliseconds, principal]`), its
check sum, a seal (`keyring.py`), and random bytes. Any other text is a token of somebody else's, of which nothing is
known. A session with policies or tags of its own has them after the principal.
"""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Mapping
from hashlib import shake_128
from typing import NamedTuple
from zlib import crc32

import orjson

from headwater.spine.ids import Ids

_FOR_EVER = 2**53
_PREFIX = "IQoJb3JpZ2luX2Vj"
_SEAL_BYTES = 32
_FILLING_BYTES = 120  # the seal, and then random ones

Seal = Callable[[bytes], bytes]
"""32 bytes that only who made them can make of a text."""


class Confined(str):
    """The principal of a session that has something of its own: a policy (its JSON, '' for none) and managed
    ``policies`` (ARNs) that narrow what it may do, ``tags``, and ``issuer``, the ARN of who made it where it is a
    federated user's."""

    policy: str
    policies: tuple[str, ...]
    tags: Mapping[str, str]
    issuer: str

    @classmethod
    def of(
        cls, principal: str, policy: str, policies: Iterable[str], tags: Mapping[str, str], issuer: str = ""
    ) -> Confined:
        made = cls(principal)
        made.policy, made.policies, made.tags, made.issuer = policy, tuple(policies), tags, issuer
        return made

    @property
    def key(self) -> tuple[object, ...]:
        """What tells it from other sessions, also from those of the same name."""
        return (str(self), self.policy, self.policies, tuple(self.tags.items()), self.issuer)


class Session(NamedTuple):
    """Until when (ms) temporary credentials hold, and the ARN of whose they are."""

    expires: int
    principal: str


def make_token(session: Session, ids: Ids, seal: Seal | None = None) -> str:
    return _written(session, ids.bits(8 * _FILLING_BYTES).to_bytes(_FILLING_BYTES, "big"), seal)


def standing_token(principal: str, seal: Seal | None = None) -> str:
    """One that holds for ever, and is the same each time."""
    filling = shake_128(principal.encode()).digest(_FILLING_BYTES)
    return _written(Session(_FOR_EVER, principal), filling, seal)


def _written(session: Session, filling: bytes, seal: Seal | None) -> str:
    told: list[object] = list(session)
    if isinstance(mark := session.principal, Confined):
        told += [mark.policy, mark.policies, mark.tags, mark.issuer]
    text = orjson.dumps(told)
    head = len(text).to_bytes(2, "big") + text + crc32(text).to_bytes(4, "big")
    if seal is not None:
        filling = seal(text) + filling[_SEAL_BYTES:]
    return _PREFIX + b64encode(head + filling).decode()


def sealed_text(token: str) -> tuple[bytes, bytes]:
    """The text of a token of ours, and its seal; both empty for any other."""
    data = _data(token)
    end = 2 + int.from_bytes(data[:2], "big")
    return data[2:end], data[end + 4 : end + 4 + _SEAL_BYTES]


def _data(token: str) -> bytes:
    if not token.startswith(_PREFIX):
        return b""
    try:
        return b64decode(token[len(_PREFIX) :], validate=True)
    except (binascii.Error, ValueError):
        return b""


def session_of(token: str) -> Session | None:
    """What a token of ours says; None for any other."""
    data = _data(token)
    end = 2 + int.from_bytes(data[:2], "big")
    text = data[2:end]
    if data[end : end + 4] != crc32(text).to_bytes(4, "big"):
        return None
    try:
        told = orjson.loads(text)
    except orjson.JSONDecodeError:  # the sum of no text is right too
        return None
    match told:
        case [int(expires), str(principal)]:
            return Session(expires, principal)
        case [int(expires), str(principal), str(policy), [*policies], {**tags}, str(issuer)]:
            named = {str(key): str(value) for key, value in tags.items()}
            return Session(expires, Confined.of(principal, policy, map(str, policies), named, issuer))
    return None
