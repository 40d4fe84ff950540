"""Parameter mappings of REST APIs: what of a request or an answer goes where in the next one.

https://docs.aws.amazon.com/apigateway/latest/developerguide/request-response-data-mappings.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import orjson

from headwater.languages.jsonpath import Path, PathError, PathMissing
from headwater.services.apigateway.errors import bad_request
from headwater.services.apigateway.exchange import Exchange
from headwater.services.apigateway.function_events import rest_context
from headwater.spine.wire import WireAnswer

RequestSource = Callable[[Exchange], str | None]
AnswerSource = Callable[[Exchange, WireAnswer], str | None]


class RequestMapping(NamedTuple):
    """One ``integration.request.{place}.{name}``; place is header, querystring or path."""

    place: str
    name: str
    source: RequestSource


class AnswerMapping(NamedTuple):
    """One ``method.response.header.{name}``."""

    name: str
    source: AnswerSource


def request_mappings(given: Mapping[str, str]) -> tuple[RequestMapping, ...]:
    """Compile ``requestParameters`` of an integration; AwsError for what names nothing."""
    made = []
    for target, expression in given.items():
        place, _, name = target.removeprefix("integration.request.").partition(".")
        if not target.startswith("integration.request.") or place not in ("header", "querystring", "path") or not name:
            raise _invalid(target)
        made.append(RequestMapping(place, name, _request_source(expression)))
    return tuple(made)


def answer_mappings(given: Mapping[str, str]) -> tuple[AnswerMapping, ...]:
    """Compile ``responseParameters`` of an integration response."""
    prefix = "method.response.header."
    made = []
    for target, expression in given.items():
        if not target.startswith(prefix) or target == prefix:
            raise _invalid(target)
        made.append(AnswerMapping(target.removeprefix(prefix), _answer_source(expression)))
    return tuple(made)


def _invalid(expression: str) -> Exception:
    return bad_request(f"Invalid mapping expression specified: {expression}")


def _request_source(expression: str) -> RequestSource:
    common = _common(expression)
    if common is not None:
        return common
    root, _, rest = expression.partition("method.request.")
    place, _, name = rest.partition(".")
    if root or not rest:
        raise _invalid(expression)
    if place == "path" and name:
        return lambda exchange: exchange.parameters.get(name)
    if place in ("header", "multivalueheader") and name:
        return lambda exchange: exchange.headers.get(name.lower())
    if place == "querystring" and name:
        return lambda exchange: dict(exchange.queries).get(name)
    if place == "multivaluequerystring" and name:
        return lambda exchange: ",".join(value for key, value in exchange.queries if key == name) or None
    if place == "body":
        find = _body_path(name, expression)
        return lambda exchange: find(exchange.body)
    raise _invalid(expression)


def _answer_source(expression: str) -> AnswerSource:
    common = _common(expression)
    if common is not None:
        return lambda exchange, answer: common(exchange)
    root, _, rest = expression.partition("integration.response.")
    place, _, name = rest.partition(".")
    if root or not rest:
        raise _invalid(expression)
    if place in ("header", "multivalueheader") and name:
        return lambda exchange, answer: answer.headers.get(name.lower())
    if place == "body":
        find = _body_path(name, expression)
        return lambda exchange, answer: find(answer.body)
    raise _invalid(expression)


def _common(expression: str) -> RequestSource | None:
    """Constants, stage variables, the context."""
    if len(expression) >= 2 and expression[0] == expression[-1] == "'":
        constant = expression[1:-1]
        return lambda exchange: constant
    root, _, name = expression.partition(".")
    if root == "stageVariables" and name:
        return lambda exchange: exchange.stage_variables.get(name)
    if root == "context" and name:
        steps = name.split(".")
        return lambda exchange: _text(_walk(rest_context(exchange), steps))
    return None


def _walk(value: Any, steps: list[str]) -> Any:
    for step in steps:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _body_path(path: str, expression: str) -> Callable[[bytes], str | None]:
    """All of a body, or what a path in it leads to."""
    if not path:
        return lambda body: body.decode(errors="replace")
    try:
        compiled = Path(path if path.startswith("$") else f"$.{path}")
    except PathError:
        raise _invalid(expression) from None

    def find(body: bytes) -> str | None:
        try:
            return _text(compiled.find(orjson.loads(body)))
        except (PathMissing, orjson.JSONDecodeError):
            return None

    return find


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else orjson.dumps(value).decode()
