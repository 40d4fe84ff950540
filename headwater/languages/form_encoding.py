"""URL encoding of a JSON object, with the ways in which arrays can be written.

https://docs.aws.amazon.com/step-functions/latest/dg/call-https-apis.html#url-encode-request-body
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote_plus

import orjson

INDICES = "INDICES"
ARRAY_FORMATS = (INDICES, "REPEAT", "COMMAS", "BRACKETS", "NONE")


def form_encoded(value: Any, arrays: str = INDICES) -> str:
    """`a[0]=1&b[c]=2`; `arrays` says how elements are named."""
    pairs = _pairs(value, "", arrays) if type(value) is dict else iter(())
    return "&".join(f"{quote_plus(name)}={quote_plus(text)}" for name, text in pairs)


def _pairs(value: Any, name: str, arrays: str) -> Iterator[tuple[str, str]]:
    if type(value) is dict:
        for key, inner in value.items():
            yield from _pairs(inner, f"{name}[{key}]" if name else key, arrays)
    elif type(value) is list:
        yield from _elements(value, name, arrays)
    else:
        yield name, _text(value)


def _elements(values: list[Any], name: str, arrays: str) -> Iterator[tuple[str, str]]:
    if arrays == "COMMAS":
        yield name, ",".join(map(_text, values))
    elif arrays == "NONE":
        yield name, orjson.dumps(values).decode()
    else:
        for at, value in enumerate(values):
            inner = {INDICES: f"{name}[{at}]", "BRACKETS": f"{name}[]", "REPEAT": name}[arrays]
            yield from _pairs(value, inner, arrays)


def _text(value: Any) -> str:
    if type(value) is str:
        return value
    return "" if value is None else orjson.dumps(value).decode()
