"""What a request to a REST API must have before its method is run: parameters, a body of a model, a signature.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-request-validation.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from headwater.languages.regular_expressions import InvalidExpression, compile_expression
from headwater.services.apigateway.exchange import Exchange, Response, message
from headwater.services.apigateway.store import Document

_JSON = "application/json"
_REFERENCE = re.compile(
    r"(?:#/(?:definitions|components/schemas)/|https://[^/]+/restapis/[^/]+/models/)([A-Za-z0-9]+)\Z"
)

IsValid = Callable[[Any], bool]


class Validation(NamedTuple):
    """Required parameters as (place, name), and for bodies a check by content type; ``signed``: AWS_IAM."""

    parameters: tuple[tuple[str, str], ...]
    bodies: Mapping[str, IsValid]
    signed: bool


def compile_validation(method: Document, snapshot: Mapping[str, Mapping[str, Document]]) -> Validation | None:
    """What a method asks of requests; None where that is nothing."""
    validator = snapshot.get("RequestValidator", {}).get(method.get("requestValidatorId") or "", {})
    parameters: tuple[tuple[str, str], ...] = ()
    if validator.get("validateRequestParameters"):
        given = method.get("requestParameters") or {}
        names = [name.split(".", 3)[2:] for name, required in given.items() if required]
        parameters = tuple((place, name) for place, name in names)
    bodies: Mapping[str, IsValid] = {}
    if validator.get("validateRequestBody"):
        models = snapshot.get("Model", {})
        given = method.get("requestModels") or {}
        bodies = {kind.lower(): _check(name, models) for kind, name in given.items() if name in models}
    signed = method.get("authorizationType") == "AWS_IAM"
    return Validation(parameters, bodies, signed) if parameters or bodies or signed else None


def _check(name: str, models: Mapping[str, Document]) -> IsValid:
    """A model as a check of documents; models refer to each other."""
    # only APIs that validate bodies need it, and it takes a tenth of a second
    from jsonschema import Draft4Validator, validators

    definitions = {other: _with_local_references(orjson.loads(model["schema"])) for other, model in models.items()}
    validator = validators.extend(Draft4Validator, {"pattern": _breaches})
    check: IsValid = validator({"definitions": definitions, "$ref": f"#/definitions/{name}"}).is_valid
    return check


def _breaches(_: Any, pattern: str, value: Any, __: Any) -> Iterator[Exception]:
    """The library's own check takes as long as an expression takes."""
    from jsonschema import ValidationError

    if isinstance(value, str) and not _finds(pattern)(value):
        yield ValidationError(f"{value!r} does not match {pattern!r}")


@lru_cache(256)
def _finds(pattern: str) -> Callable[[str], bool]:
    try:
        return compile_expression(pattern).finds
    except InvalidExpression:
        return lambda _: False


def _with_local_references(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_with_local_references(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: _with_local_references(item) for name, item in schema.items()}
    if isinstance(schema.get("$ref"), str) and (match := _REFERENCE.match(schema["$ref"])):
        made["$ref"] = f"#/definitions/{match[1]}"
    return made


def refusal(validation: Validation, exchange: Exchange) -> Response | None:
    """The answer to a request that lacks what it must have; None where it has it all."""
    if validation.signed and not is_signed(exchange):
        error = ("x-amzn-ErrorType", "MissingAuthenticationTokenException")
        return message(403, "Missing Authentication Token", error, kind="MISSING_AUTHENTICATION_TOKEN")
    if validation.signed and exchange.refused:
        code, text = exchange.refused
        return message(403, text, ("x-amzn-ErrorType", code), kind="INVALID_SIGNATURE")
    missing = [name for place, name in validation.parameters if not _has(exchange, place, name)]
    bad = ("x-amzn-ErrorType", "BadRequestException")
    if missing:
        text = f"Missing required request parameters: [{', '.join(missing)}]"
        return message(400, text, bad, kind="BAD_REQUEST_PARAMETERS")
    kind = exchange.headers.get("content-type", _JSON).partition(";")[0].strip().lower()
    check = validation.bodies.get(kind)
    if check is not None and not _is_valid(check, exchange.body):
        exchange.problem = "the body does not fit its model"
        return message(400, "Invalid request body", bad, kind="BAD_REQUEST_BODY")
    return None


def _has(exchange: Exchange, place: str, name: str) -> bool:
    if place == "header":
        return bool(exchange.headers.get(name.lower()))
    found = dict(exchange.queries) if place == "querystring" else exchange.parameters
    return bool(found.get(name))


def _is_valid(check: IsValid, body: bytes) -> bool:
    try:
        return check(orjson.loads(body))
    except orjson.JSONDecodeError:
        return False


def is_signed(exchange: Exchange) -> bool:
    """Whether it says so; whether it holds is asked where it arrives."""
    if exchange.vouched:
        return True
    return exchange.headers.get("authorization", "").startswith("AWS4-") or "X-Amz-Signature=" in exchange.query
