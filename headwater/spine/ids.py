"""Identifiers and randomness: they come in, so that a seeded run repeats."""

from __future__ import annotations

import os
import random
import string
from typing import Any

_LOW_48 = 2**48 - 1
_ALPHANUMERIC = string.ascii_letters + string.digits


def instant_of(identity: int) -> int:
    """When a number of the engine's (``Engine.new_id``) was given, in ms: they are milliseconds and a counter."""
    return identity >> 20


def first_at(milliseconds: int) -> int:
    """No number that is given from then on is smaller."""
    return milliseconds << 20


def instant_in(uuid: str) -> int:
    """When a UUID of :meth:`Ids.uuid_at` was given, in ms; of another text, anything."""
    try:
        bits = int(uuid.replace("-", ""), 16)
    except ValueError:
        return -1
    return (bits >> 80 ^ bits) & _LOW_48


def number_in(text: str) -> int:
    """The number that 32 hexadecimal digits of :meth:`Ids.hex_of` hide; of others, anything."""
    return int(text[:16], 16) ^ int(text[16:], 16)


class Ids:
    """A source of identifiers; with a seed, always the same ones."""

    def __init__(self, seed: int | None = None) -> None:
        self._random = random.Random(os.urandom(16) if seed is None else seed)
        self._repeats = seed is not None
        self.bits = self._random.getrandbits
        self.random = self._random.random

    def uuid(self) -> str:
        """A random (version 4) UUID as text; of its four variants always the same, which is quicker."""
        h = "%030x" % self.bits(120)  # noqa: UP031 - two thirds of the time
        return f"{h[:8]}-{h[8:12]}-4{h[12:15]}-a{h[15:18]}-{h[18:]}"

    def uuid_at(self, now: int) -> str:
        """The same, of which :func:`instant_in` tells when it was given, and which looks as random: its first 48 bits
        are the time, hidden by its last 48. A seeded source gives what does not tell."""
        if self._repeats:
            return self.uuid()
        bits = self.bits(72)
        h = "%030x" % ((now ^ bits & _LOW_48) << 72 | bits)
        return f"{h[:8]}-{h[8:12]}-4{h[12:15]}-a{h[15:18]}-{h[18:]}"

    def uuid_after(self, number: int) -> str:
        """A UUID that sorts behind those of smaller numbers of the engine's, so that an index over them grows at its
        end; 56 of its bits are random."""
        if self._repeats:
            return self.uuid()
        h = "%016x%014x" % (number, self.bits(56))  # noqa: UP031
        return f"{h[:8]}-{h[8:12]}-4{h[12:15]}-a{h[15:18]}-{h[18:]}"

    def hex_of(self, number: int) -> str:
        """32 hexadecimal digits that hide a number of the engine's: see :func:`number_in`."""
        if self._repeats:
            return self.hex(32)
        low = self.bits(64)
        return f"{number ^ low:016x}{low:016x}"

    def hex(self, digits: int) -> str:
        """Lower-case hexadecimal digits."""
        return f"{self.bits(4 * digits):0{digits}x}"

    def token(self, length: int, alphabet: str = _ALPHANUMERIC) -> str:
        """Characters drawn evenly from an alphabet."""
        return "".join(self._random.choices(alphabet, k=length))

    def state(self) -> list[Any] | None:
        """What :meth:`restore` needs to go on from here, as JSON can hold it; None where nothing is to repeat."""
        if not self._repeats:
            return None
        version, words, gauss = self._random.getstate()
        return [version, list(words), gauss]

    def restore(self, state: list[Any] | None) -> None:
        """Go on from where a seeded source was; one without a seed never repeats itself."""
        if self._repeats and state is not None:
            version, words, gauss = state
            self._random.setstate((version, tuple(words), gauss))

    def trace(self, now: int, number: int) -> str:
        """An X-Ray trace id: version, epoch seconds and 96 bits: a rising number and 32 random ones,
        so that an index over traces only ever grows at its end."""
        return f"1-{now // 1000:08x}-{number:016x}{self.bits(32):08x}"
