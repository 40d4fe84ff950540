"""Items out of files, a piece at a time: CSV, JSON, JSON Lines. Bytes in (pieces of any size), values out.

https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html
"""

from __future__ import annotations

import codecs
import csv
import json
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

import orjson

DELIMITERS = {"COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "SPACE": " ", "TAB": "\t"}
_GZIP = b"\x1f\x8b"
_WHITESPACE = " \t\r\n"


class SourceError(Exception):
    """The file is not what it should be; the message says how."""


def unpacked(pieces: Iterable[bytes], *, always: bool = False) -> Iterator[bytes]:
    """The pieces as they are, or what gzip made of them; ``always``: they are of gzip, or else nothing."""
    iterator = iter(pieces)
    first = next(iterator, b"")
    if always and not first.startswith(_GZIP):
        raise SourceError("The file could not be decompressed: it is not in the GZIP format")
    if not first.startswith(_GZIP):
        yield first
        yield from iterator
        return
    unpacker = zlib.decompressobj(wbits=31)
    try:
        yield unpacker.decompress(first)
        for piece in iterator:
            yield unpacker.decompress(piece)
        yield unpacker.flush()
    except zlib.error as error:
        raise SourceError(f"The file could not be decompressed: {error}") from None


def texts(pieces: Iterable[bytes]) -> Iterator[str]:
    """UTF-8 text, a byte order mark left out."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    try:
        for piece in pieces:
            yield decoder.decode(piece)
        yield decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise SourceError(f"The file is not valid UTF-8: {error.reason}") from None


def lines(pieces: Iterable[bytes]) -> Iterator[str]:
    """Lines with their ends."""
    rest = ""
    for text in texts(pieces):
        *whole, rest = (rest + text).split("\n")
        for line in whole:
            yield line + "\n"
    if rest:
        yield rest


def csv_items(pieces: Iterable[bytes], headers: list[str] | None, delimiter: str) -> Iterator[dict[str, str]]:
    """Rows as objects of strings. Without headers the first row has them. Missing cells are empty, others dropped."""
    rows = csv.reader(lines(pieces), delimiter=delimiter)
    try:
        names = next(rows, None) if headers is None else headers
        if names is None:
            return
        for row in rows:
            if row:
                cells = row + [""] * (len(names) - len(row))
                yield dict(zip(names, cells, strict=False))
    except csv.Error as error:
        raise SourceError(f"The CSV file could not be read: {error}") from None


def json_lines(pieces: Iterable[bytes]) -> Iterator[Any]:
    for number, line in enumerate(lines(pieces), 1):
        if line.strip():
            try:
                yield orjson.loads(line)
            except orjson.JSONDecodeError:
                raise SourceError(f"Line {number} is not valid JSON") from None


def json_items(pieces: Iterable[bytes], pointer: str = "") -> Iterator[Any]:
    """The elements of an array: the document itself, read piece by piece, or what a JSON pointer finds in it."""
    if pointer:
        yield from _pointed(b"".join(pieces), pointer)
        return
    yield from _Elements(texts(pieces))


def _pointed(document: bytes, pointer: str) -> list[Any]:
    try:
        value = orjson.loads(document)
    except orjson.JSONDecodeError:
        raise SourceError("The file is not valid JSON") from None
    for part in pointer.lstrip("/").split("/"):
        key = part.replace("~1", "/").replace("~0", "~")
        if type(value) is list and key.isdigit() and int(key) < len(value):
            value = value[int(key)]
        elif type(value) is dict and key in value:
            value = value[key]
        else:
            raise SourceError(f"The ItemsPointer '{pointer}' could not be found in the file")
    if type(value) is not list:
        raise SourceError("Attempting to map over non-iterable node.")
    return value


class _Elements:
    """The elements of a JSON array whose text comes in pieces; only the element at hand is kept."""

    def __init__(self, pieces: Iterator[str]) -> None:
        self._pieces = pieces
        self._text = ""
        self._at = 0
        self._decoder = json.JSONDecoder()

    def __iter__(self) -> Iterator[Any]:
        if self._peek() != "[":
            raise SourceError("Attempting to map over non-iterable node.")
        self._at += 1
        if self._peek() == "]":
            return
        while True:
            yield self._element()
            mark = self._peek()
            self._at += 1
            if mark == "]":
                return
            if mark != ",":
                raise SourceError("The file is not valid JSON")

    def _peek(self) -> str:
        """The next character that is no white space, "" at the end."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in _WHITESPACE:
                self._at += 1
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def _more(self) -> bool:
        piece = next(self._pieces, None)
        if piece is None:
            return False
        self._text = self._text[self._at :] + piece
        self._at = 0
        return True

    def _element(self) -> Any:
        self._peek()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except json.JSONDecodeError:
                if not self._more():
                    raise SourceError("The file is not valid JSON") from None
                continue
            # a number may go on in the next piece
            if end == len(self._text) and self._more():
                continue
            self._at = end
            return value
