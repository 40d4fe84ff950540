"""Key condition expressions: one comparison for each key attribute, joined by AND.

Source: Key condition expressions for the Query operation (Developer Guide, Query.KeyConditionExpressions.html).
"""

from dataclasses import dataclass
from typing import NamedTuple

from headwater.languages.dynamodb.conditions import CompiledCondition, compile_condition
from headwater.languages.dynamodb.errors import ValidationException
from headwater.languages.dynamodb.scope import Compiled, Names
from headwater.languages.dynamodb.syntax import And, Between, Call, Comparison, Condition, Operand, Or, Path, Value

TOO_MANY = "Conditions can be of length 1 or 2 only"  # but for indexes whose keys have more attributes
_MIRRORED = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_NOT_FOR_KEYS = frozenset(("attribute_exists", "attribute_not_exists", "attribute_type", "contains"))
_PREFIX = "Invalid condition in KeyConditionExpression: "


class Term(NamedTuple):
    """A condition on one key attribute: ``=``, ``<``, ``<=``, ``>``, ``>=``, ``BETWEEN`` or ``begins_with``.

    ``operands`` are the placeholders of its values: two for BETWEEN, else one.
    """

    operator: str
    operands: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledKeyCondition(Compiled):
    """``terms`` by attribute name; ``problem``: what AWS says once all other expressions have been found well."""

    terms: dict[str, Term]
    problem: str | None


def compile_key_condition(text: str, names: Names) -> CompiledKeyCondition:
    condition = compile_condition("KeyConditionExpression", text, names)
    terms: dict[str, Term] = {}
    problem = None
    try:
        _collect(condition.tree, condition, names, terms)
        if len(terms) not in (1, 2):
            raise ValidationException(TOO_MANY)
    except ValidationException as error:
        problem = str(error)
    return CompiledKeyCondition(
        kind=condition.kind,
        names=condition.names,
        values=condition.values,
        checks=condition.checks,
        paths=condition.paths,
        terms=terms,
        problem=problem,
    )


def _collect(tree: Condition, condition: CompiledCondition, names: Names, terms: dict[str, Term]) -> None:
    if isinstance(tree, And):
        _collect(tree.left, condition, names, terms)
        _collect(tree.right, condition, names, terms)
        return
    operator, operands = _comparison(tree)
    attribute, values = _attribute(operator, operands)
    name = names[attribute] if attribute[0] == "#" else attribute
    if name in terms:
        raise ValidationException("KeyConditionExpressions must only contain one condition per key")
    if operator in _MIRRORED and not isinstance(operands[0], Path):
        operator = _MIRRORED[operator]
    terms[name] = Term(operator, values)


def _comparison(tree: Condition) -> tuple[str, tuple[Operand, ...]]:
    """The operator and operands of a condition that a key may have."""
    if isinstance(tree, Comparison) and tree.operator != "<>":
        return tree.operator, (tree.left, tree.right)
    if isinstance(tree, Between):
        operator, operands = "BETWEEN", tuple(tree)
    elif isinstance(tree, Call) and tree.function not in _NOT_FOR_KEYS:
        operator, operands = tree
    else:
        raise ValidationException(f"Invalid operator used in KeyConditionExpression: {_operator_name(tree)}")
    if not isinstance(operands[0], Path):
        raise ValidationException(f"{_PREFIX}{operator} operator must have the key attribute as its first operand")
    return operator, operands


def _operator_name(tree: Condition) -> str:
    if isinstance(tree, Comparison):
        return tree.operator
    if isinstance(tree, Call):
        return tree.function
    return "OR" if isinstance(tree, Or) else type(tree).__name__.upper()


def _attribute(operator: str, operands: tuple[Operand, ...]) -> tuple[str, tuple[str, ...]]:
    """The attribute's name as written and the placeholders of the values that it is compared with."""
    attribute = ""
    values = []
    for operand in operands:
        if isinstance(operand, Value):
            values.append(operand.name)
        elif not isinstance(operand, Path):
            raise ValidationException("KeyConditionExpressions cannot contain nested operations")
        elif attribute:
            raise ValidationException(f"{_PREFIX}Multiple attribute names used in one condition")
        elif len(operand.parts) > 1:
            raise ValidationException("KeyConditionExpressions cannot have conditions on nested attributes")
        else:
            attribute = str(operand.parts[0])
    if not attribute:
        raise ValidationException(f"{_PREFIX}No key attribute specified")
    return attribute, tuple(values)
