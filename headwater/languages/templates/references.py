"""What a template's node refers to, found without evaluating it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from headwater.languages.templates.functions import get_att_argument, if_argument
from headwater.languages.templates.load import Value
from headwater.languages.templates.substitution import Variable, parse_substitution, substitution_argument


class Kind(Enum):
    """How a name is referred to."""

    REF = "Ref"
    GET_ATT = "Fn::GetAtt"
    CONDITION = "Fn::If"
    IMPORT = "Fn::ImportValue"


@dataclass(frozen=True, slots=True)
class Reference:
    """One mention of a name; the attribute where `Fn::GetAtt` names one outright."""

    kind: Kind
    name: str
    attribute: str | None = None


def references(node: Value, conditions: Mapping[str, bool] | None = None) -> Iterator[Reference]:
    """All mentions in the node; with conditions known, only in the branches taken. Raises TemplateError."""
    if isinstance(node, list):
        for child in node:
            yield from references(child, conditions)
    if not isinstance(node, dict):
        return
    if len(node) == 1:
        ((name, argument),) = node.items()
        match name:
            case "Ref" if isinstance(argument, str):
                yield Reference(Kind.REF, argument)
                return
            case "Fn::GetAtt":
                yield from get_att_references(argument, conditions)
                return
            case "Fn::Sub":
                yield from substitution_references(argument, conditions)
                return
            case "Fn::If":
                yield from if_references(argument, conditions)
                return
            case "Fn::ImportValue" if isinstance(argument, str):
                yield Reference(Kind.IMPORT, argument)
    for child in node.values():
        yield from references(child, conditions)


def get_att_references(argument: Value, conditions: Mapping[str, bool] | None) -> Iterator[Reference]:
    logical_id, attribute = get_att_argument(argument)
    if isinstance(attribute, str):
        yield Reference(Kind.GET_ATT, logical_id, attribute)
    else:
        yield Reference(Kind.GET_ATT, logical_id)
        yield from references(attribute, conditions)


def substitution_references(argument: Value, conditions: Mapping[str, bool] | None) -> Iterator[Reference]:
    text, variables = substitution_argument(argument)
    yield from references(list(variables.values()), conditions)
    for piece in parse_substitution(text):
        if not isinstance(piece, Variable) or piece.name in variables:
            continue
        name, dot, attribute = piece.name.partition(".")
        yield Reference(Kind.GET_ATT, name, attribute) if dot else Reference(Kind.REF, name)


def if_references(argument: Value, conditions: Mapping[str, bool] | None) -> Iterator[Reference]:
    name, yes, no = if_argument(argument)
    yield Reference(Kind.CONDITION, name)
    if conditions is None or name not in conditions:
        yield from references([yes, no], conditions)
    else:
        yield from references(yes if conditions[name] else no, conditions)
