"""What an update does to an item, from its expression or from AttributeUpdates."""

from __future__ import annotations

from collections.abc import Callable

from headwater.languages.dynamodb import legacy
from headwater.languages.dynamodb.expressions import Expressions
from headwater.languages.dynamodb.projections import Select, selection
from headwater.languages.dynamodb.updates import CompiledUpdate
from headwater.languages.dynamodb.values import Item, kind
from headwater.services.dynamodb.errors import invalid_parameter, validation
from headwater.services.dynamodb.parameters import (
    Predicate,
    read_condition,
    read_expressions,
    refuse_nested_keys,
)
from headwater.services.dynamodb.table import Table
from headwater.spine.operations import Call, Request

_EXPRESSIONS = ("UpdateExpression", "ConditionExpression")
_OTHERS = ("AttributeUpdates", "Expected", "ConditionalOperator")
_EMPTY_INDEX_KEY = (
    "One or more parameter values are not valid. The update expression attempted to update a secondary index key "
    "to a value that is not supported. The AttributeValue for a key attribute cannot contain an empty {} value."
)


class Update:
    """An update of one request. ``heads``: attributes written; ``nested``: those into which paths lead;
    ``assigned()``: the types, as far as known, of those written as a whole."""

    __slots__ = ("apply", "assigned", "creates", "heads", "nested", "select_targets")

    def __init__(
        self,
        apply: Callable[[Item], Item],
        heads: list[str],
        nested: list[str],
        assigned: Callable[[], dict[str, str]],
        select_targets: Select,
        creates: bool,
    ) -> None:
        self.apply = apply
        self.heads = heads
        self.nested = nested
        self.assigned = assigned
        self.select_targets = select_targets
        self.creates = creates

    def check_against(self, table: Table) -> None:
        """Refuses to write keys, to take index keys for documents, or to give them another type."""
        for name in table.names:
            if name in self.heads:
                raise invalid_parameter(f"Cannot update attribute {name}. This attribute is part of the key")
        assigned = self.assigned() if table.index_keys else {}
        for name, (type_, index) in table.index_keys.items():
            actual = assigned.get(name)
            if actual is not None and actual != type_:
                raise invalid_parameter(
                    f"Type mismatch for Index Key {name} Expected: {type_} Actual: {actual} IndexName: {index}"
                )
        if self.nested:
            refuse_nested_keys(table, self.nested)

    def check_result(self, table: Table, new: Item) -> None:
        """Refuses an item whose index keys have come out with another type, or empty."""
        if not table.index_keys:
            return
        for name in self.heads:
            if name not in table.index_keys or name not in new:
                continue
            type_ = table.index_keys[name][0]
            if type_ not in new[name]:
                raise validation(
                    "The update expression attempted to update the secondary index key to unsupported type"
                )
            if new[name][type_] == "":
                raise validation(_EMPTY_INDEX_KEY.format("string" if type_ == "S" else "binary"))
        table.check_index_keys(new)


def read_update(call: Call, request: Request) -> tuple[Update, Predicate | None]:
    """The update and the condition of an UpdateItem request, or of an Update in a transaction."""
    expressions = read_expressions(call, request, _EXPRESSIONS, _OTHERS)
    text = request.get("UpdateExpression")
    if text is not None:
        update = _of_expression(expressions.update(text), expressions)
    else:
        update = _of_attribute_updates(request)
    condition = read_condition(expressions, request)
    expressions.finish()
    return update, condition


def _of_expression(compiled: CompiledUpdate, expressions: Expressions) -> Update:
    apply, values = compiled.apply, expressions.values

    def assigned() -> dict[str, str]:
        return {
            name: kind(values[given]) if given[0] == ":" else given
            for name, given in compiled.assigned
            if given is not None
        }

    return Update(
        lambda item: apply(item, values),
        compiled.heads,
        compiled.nested,
        assigned,
        compiled.select_targets,
        compiled.creates,
    )


def _of_attribute_updates(request: Request) -> Update:
    updates = request.get("AttributeUpdates") or {}
    apply = legacy.attribute_updates(updates)

    def assigned() -> dict[str, str]:
        return {name: kind(entry["Value"]) for name, entry in updates.items() if "Value" in entry}

    creates = not updates or any(entry.get("Action", "PUT") != "DELETE" for entry in updates.values())
    return Update(apply, list(updates), [], assigned, selection([(name,) for name in updates]), creates)
