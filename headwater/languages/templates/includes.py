"""`AWS::Include`: pieces of a template that lie elsewhere, put in where they are named.

A section or a value names one by `Fn::Transform`, the template as a whole by its `Transform`. What stands beside it
wins.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-aws-include.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from headwater.languages.templates.errors import TemplateError
from headwater.languages.templates.functions import evaluate
from headwater.languages.templates.load import Value, load
from headwater.languages.templates.scope import Scope

INCLUDE = "AWS::Include"
TRANSFORM = "Fn::Transform"
_MOST_NESTED = 20

Fetch = Callable[[str], str]
"""The text at a location; raises TemplateError."""


def includes(node: Value) -> Iterator[dict[str, Value]]:
    """All that name a piece, as `{"Name", "Parameters"}`; the template's own ones first."""
    if isinstance(node, dict):
        for key in ("Transform", TRANSFORM):
            declared = node.get(key)
            yield from (each for each in listed(declared) if is_include(each))
        for child in node.values():
            yield from includes(child)
    elif isinstance(node, list):
        for child in node:
            yield from includes(child)


def is_include(transform: Value) -> bool:
    return isinstance(transform, dict) and transform.get("Name") == INCLUDE


def listed(value: Value) -> list[Value]:
    return value if isinstance(value, list) else [value]


def put_in(body: Mapping[str, Value], scope: Scope, fetch: Fetch) -> dict[str, Value]:
    """The template with all pieces in their places; ``scope`` has the parameters that locations may name."""
    declared = listed(body.get("Transform", []))
    whole = {key: child for key, child in body.items() if key != "Transform"}
    for transform in declared:
        if is_include(transform):
            whole = _merged(_piece(transform, scope, fetch, 0), whole)
    others = [transform for transform in declared if not is_include(transform)]
    placed: dict[str, Value] = _put_in(whole, scope, fetch, 0)
    return placed | ({"Transform": others} if others else {})


def _put_in(node: Value, scope: Scope, fetch: Fetch, depth: int) -> Value:
    if isinstance(node, list):
        return [_put_in(child, scope, fetch, depth) for child in node]
    if not isinstance(node, dict):
        return node
    made = {key: _put_in(child, scope, fetch, depth) for key, child in node.items() if key != TRANSFORM}
    if TRANSFORM in node:
        macros = [transform for transform in listed(node[TRANSFORM]) if not is_include(transform)]
        for transform in listed(node[TRANSFORM]):
            if is_include(transform):
                made = _piece(transform, scope, fetch, depth) | made
        if macros:  # of the user's own, whose turn comes later
            made[TRANSFORM] = macros
    return made


def _piece(transform: Mapping[str, Value], scope: Scope, fetch: Fetch, depth: int) -> dict[str, Value]:
    if depth == _MOST_NESTED:
        raise TemplateError(f"Transform {INCLUDE} failed with: pieces name each other without end.")
    parameters = transform.get("Parameters")
    location = evaluate(parameters.get("Location"), scope) if isinstance(parameters, dict) else None
    if not isinstance(location, str):
        raise TemplateError(f"Transform {INCLUDE} failed with: The location parameter is not a valid S3 uri.")
    try:
        piece = load(fetch(location))
    except TemplateError as error:
        raise TemplateError(f"Transform {INCLUDE} failed with: {error}") from error
    placed: dict[str, Value] = _put_in(piece, scope, fetch, depth + 1)
    return placed


def _merged(piece: Mapping[str, Value], body: Mapping[str, Value]) -> dict[str, Value]:
    """Section by section; what the template says itself stays."""
    merged = dict(piece)
    for name, section in body.items():
        former = merged.get(name)
        merged[name] = {**former, **section} if isinstance(former, dict) and isinstance(section, dict) else section
    return merged
