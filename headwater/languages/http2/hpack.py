"""Header blocks: HPACK, as far as a server needs it (RFC 7541). Reads all of it; writes literals only."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from headwater.languages.http2.hpack_tables import HUFFMAN, STATIC_TABLE

TABLE_BYTES = 4096
_LONGEST_CODE = 30
_END_OF_STRING = 256

Headers = list[tuple[str, str]]


class HpackError(ValueError):
    """A block that cannot be read; the connection's state is lost with it."""


class HeaderReader:
    """Reads the header blocks of one connection, in order: each may name what earlier ones brought."""

    def __init__(self) -> None:
        self._table: deque[tuple[str, str]] = deque()
        self._size = 0
        self._limit = TABLE_BYTES

    def read(self, block: bytes, most: int) -> Headers:
        """Names and values of a block; HpackError where it is broken, or holds more than ``most`` bytes."""
        headers: Headers = []
        at = total = 0
        while at < len(block):
            first = block[at]
            if first & 0x80:
                index, at = _integer(block, at, 7)
                entry = self._entry(index)
            elif first & 0xE0 == 0x20:
                limit, at = _integer(block, at, 5)
                self._resize(limit)
                continue
            else:
                kept = bool(first & 0x40)
                entry, at = self._literal(block, at, 6 if kept else 4)
                if kept:
                    self._keep(entry)
            total += _size(entry)
            if total > most:
                raise HpackError("too many headers")
            headers.append(entry)
        return headers

    def _literal(self, block: bytes, at: int, bits: int) -> tuple[tuple[str, str], int]:
        index, at = _integer(block, at, bits)
        if index:
            name = self._entry(index)[0]
        else:
            name, at = _string(block, at)
        value, at = _string(block, at)
        return (name, value), at

    def _entry(self, index: int) -> tuple[str, str]:
        if 0 < index <= len(STATIC_TABLE):
            return STATIC_TABLE[index - 1]
        place = index - len(STATIC_TABLE) - 1
        if not 0 <= place < len(self._table):
            raise HpackError("no such index")
        return self._table[place]

    def _keep(self, entry: tuple[str, str]) -> None:
        self._table.appendleft(entry)
        self._size += _size(entry)
        self._shrink()

    def _resize(self, limit: int) -> None:
        if limit > TABLE_BYTES:
            raise HpackError("the table would be too large")
        self._limit = limit
        self._shrink()

    def _shrink(self) -> None:
        while self._size > self._limit:
            self._size -= _size(self._table.pop())


def write_headers(headers: Iterable[tuple[str, str]]) -> bytes:
    """A block that needs no table and leaves none behind."""
    block = bytearray()
    for name, value in headers:
        block.append(0)
        for text in (name.encode("latin-1", "replace"), value.encode("latin-1", "replace")):
            block += _written(len(text)) + text
    return bytes(block)


def _size(entry: tuple[str, str]) -> int:
    """As section 4.1 counts."""
    return len(entry[0]) + len(entry[1]) + 32


def _integer(block: bytes, at: int, bits: int) -> tuple[int, int]:
    """A number in the lower ``bits`` of a byte and, where it does not fit, in those that follow; and what is next."""
    most = (1 << bits) - 1
    value = block[at] & most if at < len(block) else -1
    if value < 0:
        raise HpackError("the block ends early")
    at += 1
    if value < most:
        return value, at
    for shift in range(0, 35, 7):
        if at >= len(block):
            break
        byte = block[at]
        at += 1
        value += (byte & 0x7F) << shift
        if not byte & 0x80:
            return value, at
    raise HpackError("a number without an end")


def _written(length: int) -> bytes:
    """The length of a string that is not compressed."""
    if length < 0x7F:
        return bytes((length,))
    rest, text = length - 0x7F, bytearray((0x7F,))
    while rest >= 0x80:
        text.append(rest & 0x7F | 0x80)
        rest >>= 7
    text.append(rest)
    return bytes(text)


def _string(block: bytes, at: int) -> tuple[str, int]:
    compressed = at < len(block) and bool(block[at] & 0x80)
    length, at = _integer(block, at, 7)
    text = block[at : at + length]
    if len(text) < length:
        raise HpackError("the block ends early")
    return (_expanded(text) if compressed else text).decode("latin-1"), at + length


def _expanded(text: bytes) -> bytes:
    """A string without its Huffman code; up to seven ones at its end fill the last byte."""
    out = bytearray()
    code = length = 0
    for byte in text:
        for shift in range(7, -1, -1):
            code = code << 1 | byte >> shift & 1
            length += 1
            symbol = HUFFMAN.get((length, code))
            if symbol is not None:
                if symbol == _END_OF_STRING:
                    raise HpackError("the end of a string within it")
                out.append(symbol)
                code = length = 0
            elif length >= _LONGEST_CODE:
                raise HpackError("no such code")
    if length > 7 or code != (1 << length) - 1:
        raise HpackError("a string that is padded wrongly")
    return bytes(out)
