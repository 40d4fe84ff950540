"""``application/x-www-form-urlencoded`` text, in bodies and query strings."""

from __future__ import annotations

from types import MappingProxyType
from urllib.parse import unquote

_ASCII = MappingProxyType({form % code: chr(code) for code in range(128) for form in ("%02X", "%02x")})


def pairs(text: str) -> list[tuple[str, str]]:
    """Names and values in order; a name without ``=`` has an empty value."""
    result = []
    for part in text.split("&"):
        if part:
            name, _, value = part.partition("=")
            result.append((_decode(name), _decode(value)))
    return result


def fields(text: str) -> dict[str, str]:
    """The last value of each name."""
    return dict(pairs(text)) if text else {}


def decode_path(text: str) -> str:
    """Percent-decoding without the form's plus sign."""
    return _unescape(text) if "%" in text else text


def _decode(text: str) -> str:
    if "+" in text:
        text = text.replace("+", " ")
    return _unescape(text) if "%" in text else text


def _unescape(text: str) -> str:
    """``urllib.parse.unquote``, several times as fast where all that is escaped is ASCII, as it nearly always is."""
    first, *rest = text.split("%")
    try:
        return first + "".join([_ASCII[part[:2]] + part[2:] for part in rest])
    except KeyError:
        return unquote(text)
