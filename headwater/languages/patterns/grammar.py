"""From the text of a pattern to branches of fields, refused with AWS's own reasons.

Rules and reasons are those of EventBridge's open-source matcher (aws/event-ruler) as TestEventPattern
reports them. An object is taken member by member, so that of two faults the first in the text is
reported, and of two lists for one path the last one holds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from headwater.languages.json_errors import in_jackson_words
from headwater.languages.patterns.dialects import Dialect, InvalidPattern
from headwater.languages.patterns.duplicates import Fields, without_duplicates
from headwater.languages.patterns.operators import Fault, Members, match_expression
from headwater.languages.patterns.predicates import Predicate, equals

OR = "$or"
# Names that match expressions have, or might have: a `$or` over one of them is an ordinary field.
_RESERVED_IN_OR = frozenset(
    (
        *("exactly", "equals-ignore-case", "prefix", "suffix", "anything-but", "exists", "wildcard"),
        *("numeric", "cidr", "=", "<", "<=", ">", ">=", "regex", "not-wildcard", "not-equals-ignore-case"),
        *("date-after", "date-on-or-after", "date-before", "date-on-or-before", "in-date-range"),
        *("ip-address-in-range", "ip-address-not-in-range"),
    )
)


def parse_branches(source: str | bytes | Mapping[str, Any], dialect: Dialect) -> list[Fields]:
    """The alternatives (several with ``$or``) of a pattern: path, steps joined by dots, to predicates.

    Raises :class:`InvalidPattern`.
    """
    root = _parse_json(source, dialect)
    if not isinstance(root, Members):
        raise dialect.refuse("Filter is not an object")
    if dialect.most_keys is not None and len(root) > dialect.most_keys:
        raise dialect.refuse(f"Filter policy can not have more than {dialect.most_keys} keys")
    if dialect.flat is not None and any(isinstance(value, Members) for _, value in root):
        raise InvalidPattern(dialect.flat, dialect.flat)
    try:
        branches = _Parser(dialect, with_or=True).object(root, "", [{}])
    except Fault as fault:
        # A `$or` that is not well formed is an ordinary field, as it was before `$or` was an operator.
        try:
            branches = _Parser(dialect, with_or=False).object(root, "", [{}])
        except Fault:
            raise dialect.refuse(fault.reason) from None
    if dialect.most_combinations is not None and _combinations(root) > dialect.most_combinations:
        raise dialect.refuse("Filter policy is too complex")
    return without_duplicates(branches)


class _Parser:
    """One pass over the members, extending the branches field by field."""

    def __init__(self, dialect: Dialect, with_or: bool) -> None:
        self._dialect = dialect
        self._with_or = with_or

    def object(self, members: Members, path: str, branches: list[Fields], in_or: bool = False) -> list[Fields]:
        if not members:
            raise Fault("Empty objects are not allowed")
        for name, value in members:
            if name == OR and self._with_or:
                branches = self._alternatives(value, path, branches)
                continue
            if in_or and name in _RESERVED_IN_OR:
                raise Fault(f"{name} is Ruler reserved fieldName which cannot be used inside {OR}.")
            below = f"{path}.{name}" if path else name
            if isinstance(value, Members):
                branches = self.object(value, below, branches, in_or)
            elif isinstance(value, list):
                predicates = self._values(value)
                for branch in branches:
                    branch[below] = predicates
            else:
                raise Fault(f'"{name}" must be an object or an array')
        return branches

    def _alternatives(self, value: Any, path: str, branches: list[Fields]) -> list[Fields]:
        if not isinstance(value, list):
            raise Fault(f"It must be an Array followed with {OR}.")
        found: list[Fields] = []
        for alternative in value:
            if not isinstance(alternative, Members):
                raise Fault(f"Only JSON object is allowed in array of {OR} relationship.")
            found += self.object(alternative, path, [dict(branch) for branch in branches], in_or=True)
            if len(found) > self._dialect.most_branches:
                raise Fault(f"There must have at most {self._dialect.most_branches} combinations of {OR}.")
        if len(value) < 2:
            raise Fault(f"There must have at least 2 Objects in {OR} relationship.")
        return found

    def _values(self, values: list[Any]) -> tuple[Predicate, ...]:
        if not values:
            raise Fault("Empty arrays are not allowed")
        return tuple(self._value(value) for value in values)

    def _value(self, value: Any) -> Predicate:
        if isinstance(value, Members):
            return match_expression(value, self._dialect)
        if isinstance(value, list):
            raise Fault("Match value must be String, number, true, false, or null")
        return equals(value)


def _combinations(members: Members, depth: int = 1, so_far: int = 1) -> int:
    """SNS's measure: the product of the lengths of the lists, each times its depth; ``$or`` adds up."""
    for name, value in members:
        if isinstance(value, Members):
            so_far = _combinations(value, depth + 1, so_far)
        elif name == OR and all(isinstance(alternative, Members) for alternative in value):
            so_far = sum(_combinations(alternative, depth, so_far) for alternative in value)
        else:
            so_far *= len(value) * depth
    return so_far


def _parse_json(source: str | bytes | Mapping[str, Any], dialect: Dialect) -> Any:
    text = json.dumps(source) if isinstance(source, Mapping) else source
    try:
        return json.loads(text, object_pairs_hook=Members, parse_float=Decimal, parse_constant=_refuse_constant)
    except RecursionError:
        raise dialect.refuse("Document nesting depth exceeds the maximum allowed") from None
    except json.JSONDecodeError as fault:
        raise dialect.refuse(in_jackson_words(fault)) from None
    except ValueError as fault:
        raise dialect.refuse(str(fault)) from None


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"Non-standard token '{name}': enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow")
