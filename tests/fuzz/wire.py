"""Requests as they travel, bent in one place: what no client library would write."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

import orjson

from tests.fuzz.seeds import HURTFUL
from tests.fuzz.values import bend

Headers = dict[str, str]
Pairs = list[tuple[str, str]]

_RAW = (b"", b"{", b"[]", b"1", b"null", b"\xff", b'""', b'{"a": NaN}', b'"\\ud800"', b"[" * 3000, b'{"a":' * 3000)
_ELEMENT = re.compile(r"<([A-Za-z:]+)([^>]*)>([^<]*)</\1>")
_NUMBER = re.compile(r"\.\d+")
_UNFIT = re.compile(r"[^\x20-\x7e]")  # no header takes it
_OWN = ("x-amz-date", "x-amz-target", "x-amz-content-sha256", "x-amz-security-token", "x-amz-decoded-content-length")
_OTHERS = ("range", "if-match", "if-none-match", "if-modified-since", "content-encoding")
_LONGEST = 6000
_CHECKED = ("content-md5", "x-amz-checksum", "x-amz-sdk-checksum", "content-length")


class Wire(NamedTuple):
    """An HTTP request; ``target``: its path and query."""

    method: str
    target: str
    headers: Headers
    body: bytes


def bent(wire: Wire, source: random.Random) -> Wire:
    """The request with something wrong in its body, query, path or headers. No check of the body goes with it."""
    headers = {name: text for name, text in wire.headers.items() if not name.lower().startswith(_CHECKED)}
    path, _, query = wire.target.partition("?")
    names = [name for name in headers if _is_free(name.lower())]
    places = ["body"] * 4 * bool(wire.body) + ["query"] * (1 + bool(query)) + ["path"] * (len(path) > 1)
    place = source.choice(places + ["headers"] * bool(names))
    body = wire.body
    if place == "body":
        body = _body(body, source)
    elif place == "query":
        query = _encoded(_form(parse_qsl(query, keep_blank_values=True), source))
    elif place == "path":
        parts = path.split("/")
        position = source.randrange(1, len(parts))
        parts[position] = quote(text(unquote(parts[position]), source)[:_LONGEST], safe="")
        path = "/".join(parts)
    else:
        name = source.choice(names)
        headers[name] = _UNFIT.sub("", text(headers[name], source))[:_LONGEST]
    return Wire(wire.method, f"{path}?{query}" if query else path, headers, body)


def target_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"


def text(given: str, source: random.Random) -> str:
    """A text with a piece of it gone, doubled or strange, within it where it is a document; or another one."""
    if given[:1] in ("{", "[") and source.random() < 0.8:
        try:
            document = orjson.loads(given)
        except orjson.JSONDecodeError:
            return source.choice(HURTFUL)
        bend(document, source)
        return orjson.dumps(document, option=orjson.OPT_NON_STR_KEYS).decode()
    if not given or source.random() < 0.6:
        return source.choice(HURTFUL)
    start = source.randrange(len(given))
    end = min(len(given), start + source.randint(0, 8))
    piece = source.choice(("", given[start:end] * 2, *HURTFUL[:12], *"(),$.:/0-"))
    return given[:start] + piece + given[end:]


def _is_free(name: str) -> bool:
    return (name.startswith("x-amz-") and name not in _OWN) or name in _OTHERS


def _body(body: bytes, source: random.Random) -> bytes:
    if source.random() < 0.05:
        return source.choice((*_RAW, body[: len(body) // 2]))
    if body[:1] in (b"{", b"["):
        try:
            document = orjson.loads(body)
        except orjson.JSONDecodeError:
            return source.choice(_RAW)
        _bend_within(document, source) if source.random() < 0.4 else bend(document, source)
        return orjson.dumps(document)
    if body[:1] == b"<":
        return _xml(body.decode(errors="replace"), source).encode()
    if b"Action=" in body[:2000]:
        return _encoded(_form(parse_qsl(body.decode(), keep_blank_values=True), source)).encode()
    return source.choice((*_RAW, body[: len(body) // 2], body[1:]))


def _bend_within(document: object, source: random.Random) -> None:
    """Bend one of the texts, such as a policy within a request."""
    texts = list(_texts(document))
    if texts:
        holder, key = source.choice(texts)
        holder[key] = text(holder[key], source)


def _texts(value: object) -> list[tuple[object, object]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, item in pairs for place in ([(value, key)] if isinstance(item, str) else _texts(item))]


def _form(pairs: Pairs, source: random.Random) -> Pairs:
    places = [place for place, (name, _) in enumerate(pairs) if name not in ("Action", "Version")]
    if not places:
        return [*pairs, (source.choice(("NextToken", "Limit", "maxResults", "marker")), source.choice(HURTFUL))]
    place = source.choice(places)
    name, value = pairs[place]
    numbered = _NUMBER.sub(source.choice((".0", ".-1", ".99999999999", ".x", ".")), name)
    bends: tuple[Callable[[], Pairs], ...] = (
        list,
        lambda: [(name, value)] * 2,
        lambda: [(name + source.choice((".1", ".member.1", ".x", ".entry.1.key")), value)],
        lambda: [(name.rpartition(".")[0] or name, value)],
        lambda: [(numbered, value)],
        *[lambda: [(name, text(value, source))]] * 5,
    )
    return [*pairs[:place], *source.choice(bends)(), *pairs[place + 1 :]]


def _encoded(pairs: Pairs) -> str:
    return urlencode([(name[:_LONGEST], value[:_LONGEST]) for name, value in pairs])


def _xml(document: str, source: random.Random) -> str:
    elements = list(_ELEMENT.finditer(document))
    if not elements or source.random() < 0.15:
        return source.choice(("<", "<a/>", "<a>", "{}", document.replace(">", "", 1), f"<a>{document}</a>"))
    element = source.choice(elements)
    name, inner = element[1], text(element[3], source).replace("&", "&amp;").replace("<", "&lt;")
    whole = element[0]
    made = source.choice(
        ("", whole * 2, whole * 1100, f"<{name}/>", f"<{name}><x>1</x></{name}>", f"<X>{element[3]}</X>")
        + (f"<{name}{element[2]}>{inner}</{name}>",) * 6
    )
    return document[: element.start()] + made + document[element.end() :]
