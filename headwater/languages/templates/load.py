"""Text of a template, YAML or JSON, to plain values.

Short-form tags become the functions they stand for (`!GetAtt A.B` -> `{"Fn::GetAtt": ["A", "B"]}`).
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html
"""

from __future__ import annotations

import json
from typing import Any

import yaml

from headwater.languages.json_errors import line_and_column, unexpected_at
from headwater.languages.templates.errors import TemplateError

Value = Any
"""What JSON can hold: None, bool, int, float, str, list, dict with text keys."""

MAXIMUM_DEPTH = 150
_MOST_DIGITS = 20

# fmt: off
FUNCTION_TAGS = frozenset((
    "And", "Base64", "Cidr", "Equals", "FindInMap", "GetAtt", "GetAZs", "GetStackOutput", "If",
    "ImportValue", "Join", "Length", "Not", "Or", "Select", "Split", "Sub", "ToJsonString", "Transform", "Contains",
    "EachMemberEquals", "EachMemberIn", "RefAll", "ValueOf", "ValueOfAll",
))
# fmt: on


def load(text: str, aliases: bool = False) -> dict[str, Value]:
    """The template's body. Raises TemplateError with line and column where the text is not well-formed.

    ``aliases``: anchors and aliases of YAML are followed, as those tools do that deploy local files; CloudFormation
    itself takes none.
    """
    body = load_json(text) if text.lstrip().startswith("{") else load_yaml(text, aliases)
    if not isinstance(body, dict):
        raise TemplateError("Template format error: unsupported structure.")
    refuse_depth(body)
    return body


def load_json(text: str) -> Value:
    try:
        return json.loads(text, parse_int=whole_number, parse_constant=refuse_constant)
    except json.JSONDecodeError as error:
        raise not_well_formed("JSON", *line_and_column(text, unexpected_at(error))) from error
    except RecursionError as error:
        raise TemplateError("Template format error: unsupported structure.") from error


def whole_number(text: str) -> int | str:
    """Beyond 64 bits a number is kept as it was written, as all numbers are that CloudFormation passes on."""
    number = int(text) if len(text) <= _MOST_DIGITS else None
    return text if number is None or not -(2**63) <= number < 2**63 else number


def refuse_constant(name: str) -> Value:
    raise TemplateError(f"Template format error: JSON not well-formed. {name} is no JSON.")


def load_yaml(text: str, aliases: bool = False) -> Value:
    try:
        check_events(text, aliases)
        return yaml.load(text, TemplateLoader)
    except yaml.MarkedYAMLError as error:
        if "nesting depth" in (error.problem or ""):  # libyaml's own bound, where its scanner runs ahead of its events
            raise TemplateError("Template format error: unsupported structure.") from error
        mark = error.problem_mark or error.context_mark
        raise not_well_formed("YAML", mark.line + 1 if mark else 1, mark.column + 1 if mark else 1) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        if isinstance(error, TemplateError):
            raise
        raise TemplateError("Template format error: unsupported structure.") from error


def not_well_formed(kind: str, line: int, column: int) -> TemplateError:
    return TemplateError(f"Template format error: {kind} not well-formed. (line {line}, column {column})")


def check_events(text: str, aliases: bool = False) -> None:
    """Aliases are not part of CloudFormation's YAML; depth is bounded before libyaml's binding recurses."""
    depth = 0
    for event in yaml.parse(text, yaml.CSafeLoader):
        if isinstance(event, yaml.AliasEvent) and not aliases:
            raise TemplateError("Template format error: YAML aliases are not allowed in CloudFormation templates")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAXIMUM_DEPTH:
            raise TemplateError("Template format error: unsupported structure.")


def refuse_depth(body: Value) -> None:
    """Bounded nesting keeps every later walk within the interpreter's stack."""
    level = [body]
    for _ in range(MAXIMUM_DEPTH):
        level = [child for node in level for child in children(node)]
        if not level:
            return
    raise TemplateError("Template format error: unsupported structure.")


def children(node: Value) -> list[Value]:
    if isinstance(node, dict):
        return list(node.values())
    return node if isinstance(node, list) else []


class TemplateLoader(yaml.CSafeLoader):
    """YAML 1.1 as CloudFormation reads it: dates stay text, keys are text, tags are functions."""

    yaml_implicit_resolvers = {  # noqa: RUF012 PyYAML's own class attribute
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }


def construct_mapping(loader: TemplateLoader, node: yaml.MappingNode) -> dict[str, Value]:
    loader.flatten_mapping(node)
    pairs = ((key_text(loader, key), loader.construct_object(value, deep=True)) for key, value in node.value)
    return dict(pairs)


def key_text(loader: TemplateLoader, node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise yaml.constructor.ConstructorError(None, None, "a key is text", node.start_mark)
    return str(node.value)


def construct_whole(loader: TemplateLoader, node: yaml.ScalarNode) -> Value:
    number = loader.construct_yaml_int(node) if len(node.value) <= _MOST_DIGITS else node.value
    return number if isinstance(number, int) and -(2**63) <= number < 2**63 else node.value


def construct_tag(loader: TemplateLoader, suffix: str, node: yaml.Node) -> Value:
    if suffix not in FUNCTION_TAGS and suffix not in ("Ref", "Condition"):
        raise yaml.constructor.ConstructorError(None, None, f"unknown tag !{suffix}", node.start_mark)
    argument = construct_argument(loader, node)
    if suffix in ("Ref", "Condition"):
        return {suffix: argument}
    if suffix == "GetAtt" and isinstance(argument, str):
        return {"Fn::GetAtt": argument.split(".", 1)}
    return {f"Fn::{suffix}": argument}


def construct_argument(loader: TemplateLoader, node: yaml.Node) -> Value:
    if isinstance(node, yaml.MappingNode):
        return construct_mapping(loader, node)
    if isinstance(node, yaml.ScalarNode):
        # The tag took the place of the implicit one; a plain scalar still means what it would without it.
        implicit = (node.style is None, False)
        tag = loader.resolve(yaml.ScalarNode, node.value, implicit)  # type: ignore[no-untyped-call]
        return loader.construct_object(yaml.ScalarNode(tag, node.value, node.start_mark), deep=True)
    return [loader.construct_object(child, deep=True) for child in node.value]


TemplateLoader.add_constructor("tag:yaml.org,2002:map", construct_mapping)
TemplateLoader.add_constructor("tag:yaml.org,2002:int", construct_whole)
TemplateLoader.add_multi_constructor("!", construct_tag)
