"""``application/x-www-form-urlencoded`` text, in bodies and query strings."""

from __future__ import annotations

from urllib.parse import unquote, unquote_plus


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
    return unquote(text) if "%" in text else text


def _decode(text: str) -> str:
    return unquote_plus(text) if "%" in text or "+" in text else text
