"""What mapping templates of REST APIs can speak of: ``$input``, ``$context``, ``$util``, ``$stageVariables``.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
"""

from __future__ import annotations

import binascii
from functools import lru_cache
from types import MappingProxyType
from typing import Any
from urllib.parse import quote_plus, unquote_plus

import orjson

from headwater.languages.jsonpath import Path, PathError, PathMissing
from headwater.languages.vtl import TemplateError, Tool, from_json
from headwater.services.apigateway.exchange import Exchange
from headwater.services.apigateway.function_events import rest_context, titled

_ESCAPES = MappingProxyType(
    {'"': '\\"', "'": "\\'", "\\": "\\\\", "/": "\\/", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
)


class UnreadableBody(TemplateError):
    """The body is no JSON, and the template looks into it."""


def variables(exchange: Exchange, body: str, context: dict[str, Any]) -> dict[str, Any]:
    """Of one rendering; ``body`` is the request's, or the integration's answer's."""
    return {
        "input": _input(exchange, body),
        "context": context,
        "stageVariables": exchange.stage_variables,
        "util": UTIL,
    }


def context_of(exchange: Exchange) -> dict[str, Any]:
    """``$context``, with the overrides that templates write to."""
    context = rest_context(exchange)
    context["requestOverride"] = {"header": {}, "path": {}, "querystring": {}}
    context["responseOverride"] = {"header": {}}
    return context


def find_path(document: Any, path: str) -> Any:
    """What a JSONPath leads to, None where it leads nowhere."""
    try:
        return _compiled(path).find(document)
    except PathMissing:
        return None
    except PathError as error:
        raise TemplateError(str(error)) from None


@lru_cache(maxsize=1024)
def _compiled(path: str) -> Path:
    return Path(path)


def read_json(text: str) -> Any:
    """A body that is looked into; without one there is an empty object."""
    if not text.strip():
        return {}
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise UnreadableBody(str(error)) from None


def _input(exchange: Exchange, body: str) -> Tool:
    query = dict(exchange.queries)
    headers = {titled(name): value for name, value in exchange.headers.items()}

    def find(path: str = "$") -> Any:
        return find_path(read_json(body), path)

    def as_json(path: str = "$") -> str:
        found = find(path)
        return '""' if found is None else orjson.dumps(found).decode()

    def params(name: str | None = None) -> Any:
        if name is None:
            return {"path": dict(exchange.parameters), "querystring": query, "header": headers}
        for place in (exchange.parameters, query):
            if name in place:
                return place[name]
        return exchange.headers.get(name.lower(), "")

    methods = {"path": lambda path: from_json(find(path)), "json": as_json, "params": params}
    return Tool(methods, {"body": body or "{}"})


def _escape_javascript(value: Any) -> str:
    return "".join(_ESCAPES.get(one) or (one if " " <= one <= "~" else _coded(one)) for one in str(value))


def _coded(character: str) -> str:
    """As UTF-16 has it."""
    pairs = character.encode("utf-16-be")
    return "".join(f"\\u{pairs[at] << 8 | pairs[at + 1]:04X}" for at in range(0, len(pairs), 2))


def _parse_json(text: str) -> Any:
    try:
        return from_json(orjson.loads(text))
    except orjson.JSONDecodeError as error:
        raise TemplateError(f"$util.parseJson: {error}") from None


UTIL = Tool(
    {
        "escapeJavaScript": _escape_javascript,
        "parseJson": _parse_json,
        "urlEncode": lambda text: quote_plus(str(text), safe="*-._"),
        "urlDecode": lambda text: unquote_plus(str(text)),
        "base64Encode": lambda text: binascii.b2a_base64(str(text).encode(), newline=False).decode(),
        "base64Decode": lambda text: binascii.a2b_base64(str(text)).decode(errors="replace"),
    }
)
