"""`AWS::LanguageExtensions`: loops, unrolled before the template is parsed, and names that functions make up.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from headwater.languages.templates.errors import TemplateError
from headwater.languages.templates.functions import evaluate
from headwater.languages.templates.load import Value
from headwater.languages.templates.scope import Scope

LOOP = "Fn::ForEach::"
SECTIONS_WITH_LOOPS = ("Conditions", "Resources", "Outputs")


def expand_loops(body: Mapping[str, Value], scope: Scope) -> dict[str, Value]:
    """The body without loops; the scope has the parameters that collections may name. Raises TemplateError."""
    return {name: expand(section, scope) if name in SECTIONS_WITH_LOOPS else section for name, section in body.items()}


def expand(node: Value, scope: Scope) -> Value:
    if isinstance(node, list):
        return [expand(child, scope) for child in node]
    if not isinstance(node, dict):
        return node
    if len(node) == 1:
        node = named(node, scope)
    expanded: dict[str, Value] = {}
    for key, child in node.items():
        if key.startswith(LOOP):
            expanded.update(unroll(key, child, scope))
        else:
            expanded[key] = expand(child, scope)
    return expanded


def named(node: dict[str, Value], scope: Scope) -> dict[str, Value]:
    """`Ref` and `Fn::GetAtt` with what they are about evaluated, where a function tells it."""
    ((function, argument),) = node.items()
    if function == "Ref" and isinstance(argument, dict):
        return {function: evaluate(argument, scope)}
    if function == "Fn::GetAtt" and isinstance(argument, list):
        return {function: [evaluate(part, scope) if isinstance(part, dict) else part for part in argument]}
    return node


def unroll(name: str, loop: Value, scope: Scope) -> dict[str, Value]:
    if not isinstance(loop, list) or len(loop) != 3 or not isinstance(loop[0], str) or not isinstance(loop[2], dict):
        raise TemplateError(
            f"Template error: {name} requires a list of an identifier, a collection and an output object"
        )
    identifier, collection, body = loop
    values = evaluate(collection, scope)
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise TemplateError(f"Template error: the collection of {name} must be a list of strings")
    unrolled: dict[str, Value] = {}
    for value in values:
        for key, child in expand(replace_identifier(body, identifier, value), scope).items():
            if key in unrolled:
                raise TemplateError(f"Template error: {name} makes {key} more than once")
            unrolled[key] = child
    return unrolled


def replace_identifier(node: Value, identifier: str, value: str) -> Value:
    """`${Identifier}` and `Ref` of it are the value, `&{Identifier}` only the value's letters and digits."""
    if isinstance(node, str):
        plain = node.replace(f"${{{identifier}}}", value)
        return plain.replace(f"&{{{identifier}}}", re.sub("[^A-Za-z0-9]", "", value))
    if isinstance(node, list):
        return [replace_identifier(child, identifier, value) for child in node]
    if isinstance(node, dict):
        if node == {"Ref": identifier}:
            return value
        return {
            replace_identifier(key, identifier, value): replace_identifier(child, identifier, value)
            for key, child in node.items()
        }
    return node
