"""Update expressions to a function from an item to the item that follows.

All operands are read from the item as it was, whatever the order of the clauses; lists and maps on the way to a change
are copied, nothing is changed in place.
Source: Using update expressions (Developer Guide, Expressions.UpdateExpressions.html).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from headwater.languages.dynamodb import numbers
from headwater.languages.dynamodb.errors import DataException, ValidationException
from headwater.languages.dynamodb.parser import parse_update
from headwater.languages.dynamodb.projections import Select, refuse_overlaps, selection
from headwater.languages.dynamodb.scope import (
    Compiled,
    Names,
    Reader,
    Scope,
    Values,
    incorrect_operand,
    path_reader,
    path_required,
    refuse_reserved,
    value_reader,
    wrong_count,
)
from headwater.languages.dynamodb.syntax import Action, Arithmetic, Call, Operand, Parts, Path, Value
from headwater.languages.dynamodb.values import AttributeValue, Item, kind

# What becomes of a value (None: there is none), given the old item; None removes it.
Change: TypeAlias = Callable[[AttributeValue | None, Item, Values], AttributeValue | None]

NO_SUCH_ATTRIBUTE = "The provided expression refers to an attribute that does not exist in the item"
WRONG_TYPE = "An operand in the update expression has an incorrect data type"
INVALID_PATH = "The document path provided in the update expression is invalid for update"

_TYPE_NAMES = {
    "S": "STRING",
    "N": "NUMBER",
    "B": "BINARY",
    "NULL": "NULL",
    "BOOL": "BOOLEAN",
    "L": "LIST",
    "M": "MAP",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledUpdate(Compiled):
    """``targets``: paths written, ``heads`` their attributes; ``nested``: attributes into which any path leads.

    ``assigned``: for each attribute written as a whole, the ``:value`` or the type that it gets, or None.
    ``creates``: whether it makes an item where there is none, which REMOVE and DELETE alone do not.
    """

    apply: Callable[[Item, Values], Item]
    targets: tuple[Parts, ...]
    heads: list[str]
    nested: list[str]
    assigned: tuple[tuple[str, str | None], ...]
    creates: bool
    select_targets: Select


def compile_update(text: str, names: Names) -> CompiledUpdate:
    scope = Scope(names)
    try:
        actions, repeated = parse_update(text)
        operands = [operand for action in actions for operand in _flatten(action.operand)]
        refuse_reserved([path for action in actions for path in _paths(action)])
        for operand in operands:
            if isinstance(operand, Call) and operand.function not in ("if_not_exists", "list_append"):
                raise ValidationException(f"Invalid function name; function: {operand.function}")
        if repeated:
            raise ValidationException(f'The "{repeated}" section can only be used once in an update expression;')
        targets = tuple([scope.path(action.path) for action in actions])
        readers = [_change(action, scope) for action in actions]
        refuse_overlaps(targets)
        for operand in operands:
            _check_operand(operand)
    except ValidationException as error:
        raise ValidationException(f"Invalid UpdateExpression: {error}") from None
    return CompiledUpdate(
        kind="UpdateExpression",
        names=frozenset(scope.names),
        values=frozenset(scope.values),
        checks=tuple(scope.checks),
        paths=tuple(scope.paths),
        apply=_applier(targets, readers),
        targets=targets,
        heads=[str(path[0]) for path in targets],
        nested=[str(path[0]) for path in scope.paths if len(path) > 1],
        creates=any(action.section in ("SET", "ADD") for action in actions),
        assigned=tuple(
            [
                (str(action_path[0]), _assigned_kind(action))
                for action, action_path in zip(actions, targets, strict=True)
                if len(action_path) == 1
            ]
        ),
        select_targets=selection(targets),
    )


def _flatten(operand: Operand | None) -> list[Operand]:
    """An operand and all inside it, outer first."""
    if operand is None:
        return []
    inner: tuple[Operand, ...] = ()
    if isinstance(operand, Call):
        inner = operand.arguments
    elif isinstance(operand, Arithmetic):
        inner = (operand.left, operand.right)
    return [operand, *[deeper for child in inner for deeper in _flatten(child)]]


def _paths(action: Action) -> list[Path]:
    return [action.path, *[operand for operand in _flatten(action.operand) if isinstance(operand, Path)]]


def _assigned_kind(action: Action) -> str | None:
    operand = action.operand
    if isinstance(operand, Value):
        return operand.name
    if isinstance(operand, Arithmetic):
        return "N"
    return "L" if isinstance(operand, Call) and operand.function == "list_append" else None


def _check_operand(operand: Operand) -> None:
    if not isinstance(operand, Call):
        return
    if len(operand.arguments) != 2:
        raise wrong_count(operand.function, len(operand.arguments))
    if operand.function == "list_append" and any(_is_list_append(each) for each in operand.arguments):
        raise ValidationException(
            "The function is not allowed to be used this way in an expression; function: list_append"
        )
    if operand.function == "if_not_exists" and not isinstance(operand.arguments[0], Path):
        raise path_required(operand.function)


def _is_list_append(operand: Operand) -> bool:
    return isinstance(operand, Call) and operand.function == "list_append"


def _change(action: Action, scope: Scope) -> Change:
    if action.operand is None:
        return lambda old, item, values: None
    read = _reader(action.operand, scope)
    if action.section == "SET":

        def assign(old: AttributeValue | None, item: Item, values: Values) -> AttributeValue:
            value = read(item, values)
            if value is None:
                raise DataException(NO_SUCH_ATTRIBUTE)
            return value

        return assign
    assert isinstance(action.operand, Value)
    name = action.operand.name
    scope.checks.append(lambda values: _check_section(action.section, kind(values[name])))
    if action.section == "ADD":
        return lambda old, item, values: added(old, values[name])
    return lambda old, item, values: without(old, values[name])


def _check_section(section: str, actual: str) -> None:
    if actual in _TYPE_NAMES and (section, actual) != ("ADD", "N"):
        raise ValidationException(
            f"Incorrect operand type for operator or function; operator: {section}, "
            f"operand type: {_TYPE_NAMES[actual]}, typeSet: ALLOWED_FOR_{section}_OPERAND"
        )


def _reader(operand: Operand, scope: Scope) -> Reader:
    if isinstance(operand, Path):
        return path_reader(scope.path(operand))
    if isinstance(operand, Value):
        return value_reader(scope.value(operand))
    children = (operand.left, operand.right) if isinstance(operand, Arithmetic) else operand.arguments
    readers = [_reader(child, scope) for child in children]
    if len(readers) != 2:
        # Refused by `_check_operand`, after errors that AWS finds first.
        return readers[0]
    first, second = readers
    if isinstance(operand, Call) and operand.function == "if_not_exists":

        def read_or_default(item: Item, values: Values) -> AttributeValue | None:
            value = first(item, values)
            return second(item, values) if value is None else value

        return read_or_default
    name, wanted, combine = _combination(operand)
    for child in children:
        if isinstance(child, Value):
            scope.require_kind(name, child, (wanted,))
        elif (known := _known_kind(child)) is not None and known != wanted:
            raise incorrect_operand(name, known)

    def read(item: Item, values: Values) -> AttributeValue:
        left, right = first(item, values), second(item, values)
        if left is None or right is None:
            raise DataException(NO_SUCH_ATTRIBUTE)
        if wanted not in left or wanted not in right:
            raise DataException(WRONG_TYPE)
        return {wanted: combine(left[wanted], right[wanted])}

    return read


def _combination(operand: Operand) -> tuple[str, str, Callable[[Any, Any], Any]]:
    """An operator's name, the type that it takes and gives, and what it does."""
    if isinstance(operand, Arithmetic):
        return operand.operator, "N", numbers.add if operand.operator == "+" else numbers.subtract
    return "list_append", "L", lambda left, right: [*left, *right]


def _known_kind(operand: Operand) -> str | None:
    if isinstance(operand, Arithmetic):
        return "N"
    return "L" if isinstance(operand, Call) and operand.function == "list_append" else None


def added(old: AttributeValue | None, value: AttributeValue) -> AttributeValue:
    """ADD: a number's sum, or a set's union."""
    if old is None:
        return value
    name = kind(value)
    if name not in old:
        raise DataException(WRONG_TYPE)
    if name == "N":
        return {"N": numbers.add(old["N"], value["N"])}
    present = set(old[name])
    return {name: [*old[name], *[member for member in value[name] if member not in present]]}


def without(old: AttributeValue | None, value: AttributeValue) -> AttributeValue | None:
    """DELETE: a set less the members of another; an empty one is no more."""
    if old is None:
        return None
    name = kind(value)
    if name not in old:
        raise DataException(WRONG_TYPE)
    doomed = set(value[name])
    left = [member for member in old[name] if member not in doomed]
    return {name: left} if left else None


def _applier(targets: tuple[Parts, ...], changes: list[Change]) -> Callable[[Item, Values], Item]:
    tree: dict[Any, Any] = {}
    for path, change in zip(targets, changes, strict=True):
        node = tree
        for part in path[:-1]:
            node = node.setdefault(part, {})
        node[path[-1]] = change
    steps = [(name, _inside(node)) for name, node in tree.items()]

    def apply(item: Item, values: Values) -> Item:
        return _changed_members(item, steps, item, values)

    return apply


def _inside(node: Any) -> Change:
    """The change of a value at which paths end, or on which they go deeper."""
    if not isinstance(node, dict):
        change: Change = node
        return change
    steps = sorted([(part, _inside(child)) for part, child in node.items()], key=lambda step: step[0])
    name = "M" if isinstance(steps[0][0], str) else "L"
    rebuild = _changed_members if name == "M" else _changed_elements

    def change_inside(old: AttributeValue | None, item: Item, values: Values) -> AttributeValue:
        if old is None or name not in old:
            raise DataException(INVALID_PATH)
        return {name: rebuild(old[name], steps, item, values)}

    return change_inside


def _changed_members(
    members: dict[str, AttributeValue], steps: list[tuple[Any, Change]], item: Item, values: Values
) -> dict[str, AttributeValue]:
    changed = members.copy()
    for name, change in steps:
        value = change(members.get(name), item, values)
        if value is None:
            changed.pop(name, None)
        else:
            changed[name] = value
    return changed


def _changed_elements(
    elements: list[AttributeValue], steps: list[tuple[Any, Change]], item: Item, values: Values
) -> list[AttributeValue]:
    """Indexes are those of the old list: what lies past its end is appended in order, gaps close afterwards."""
    changed: list[AttributeValue | None] = [*elements]
    for index, change in steps:
        inside = index < len(elements)
        value = change(elements[index] if inside else None, item, values)
        if inside:
            changed[index] = value
        else:
            changed.append(value)
    return [element for element in changed if element is not None]
