"""The sort keys that a Query asks for: from its conditions on keys to bytes.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.KeyConditionExpressions.html
"""

from __future__ import annotations

from typing import NamedTuple

from headwater.languages.dynamodb import keys
from headwater.languages.dynamodb.key_conditions import Term
from headwater.languages.dynamodb.values import AttributeValue
from headwater.services.dynamodb.errors import invalid_parameter, validation
from headwater.services.dynamodb.table import KeyAttribute, KeySchema
from headwater.spine.errors import AwsError

# Greater than every sort key, which is at most 1024 bytes.
BEYOND = b"\xff" * 1025
_UNSUPPORTED = "Query key condition not supported"


class KeyConditions(NamedTuple):
    """What a request says of the keys: terms by attribute, their values, and what is wrong in itself."""

    terms: dict[str, Term]
    values: dict[str, AttributeValue]
    problem: str | None


class Range(NamedTuple):
    """Sort keys from ``low`` to before ``high`` in one partition."""

    partition: bytes
    low: bytes
    high: bytes


def range_of(schema: KeySchema, conditions: KeyConditions) -> Range:
    """The range of keys that the conditions single out; AwsError where the schema does not allow them."""
    if schema.composite:
        return _composite_range(schema, conditions)
    terms = conditions.terms
    if schema.range is None and len(terms) > 1:
        raise validation(_UNSUPPORTED)
    for attribute in schema.attributes:
        term = terms.get(attribute.name)
        if term is None:
            if attribute is schema.hash or len(terms) > 1:
                raise _missed(attribute)
            continue
        if not term.operator:
            raise validation(conditions.problem or "")
        if any(attribute.type not in conditions.values[name] for name in term.operands):
            raise invalid_parameter("Condition parameter type does not match schema type")
        if attribute is schema.hash and term.operator != "=":
            raise validation(_UNSUPPORTED)
        for name in term.operands:
            if conditions.values[name].get(attribute.type) == "" and term.operator != "begins_with":
                raise _empty(attribute)
    hash_value = conditions.values[terms[schema.hash.name].operands[0]]
    partition = keys.partition(hash_value, schema.hash.type)
    if schema.range is None or schema.range.name not in terms:
        return Range(partition, b"", BEYOND)
    term, type_ = terms[schema.range.name], schema.range.type
    operands = [keys.sortable(conditions.values[name], type_) for name in term.operands]
    return Range(partition, *_bounds(term.operator, operands))


def _bounds(operator: str, operands: list[bytes]) -> tuple[bytes, bytes]:
    """The sort keys from the first to before the second; a zero byte more gives the very next bytes."""
    first = operands[0]
    if operator == "=":
        return first, first + b"\x00"
    if operator == "<":
        return b"", first
    if operator == "<=":
        return b"", first + b"\x00"
    if operator == ">":
        return first + b"\x00", BEYOND
    if operator == ">=":
        return first, BEYOND
    if operator == "BETWEEN":
        return first, operands[1] + b"\x00"
    return first, keys.after_prefix(first) or BEYOND


def _composite_range(schema: KeySchema, conditions: KeyConditions) -> Range:
    """Of a global index with several partition or sort key attributes: all of the former are equal to something; of
    the latter some from the first on, each equal to something but the last.
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.DesignPattern.MultiAttributeKeys.html
    """
    left = dict(conditions.terms)
    parts = []
    for attribute in schema.hashes:
        if attribute.name not in left:
            raise _missed(attribute)
        parts.append(_equal(attribute, left.pop(attribute.name), conditions))
    partition = keys.joined_partition(parts)
    prefix = b""
    for attribute in schema.ranges:
        if not left:
            break
        if attribute.name not in left:
            raise _missed(attribute)
        term = left.pop(attribute.name)
        if term.operator != "=":
            if left:
                raise validation(_UNSUPPORTED)
            return Range(partition, *_last_bounds(prefix, attribute, term, conditions))
        prefix += keys.joined([_equal(attribute, term, conditions)])
    if left:
        raise validation(_UNSUPPORTED)
    return Range(partition, prefix, keys.after_prefix(prefix) or BEYOND)


def _equal(attribute: KeyAttribute, term: Term, conditions: KeyConditions) -> bytes:
    if term.operator != "=":
        raise validation(_UNSUPPORTED)
    (value,) = _operands(attribute, term, conditions)
    return value


def _operands(attribute: KeyAttribute, term: Term, conditions: KeyConditions) -> list[bytes]:
    values = [conditions.values[name] for name in term.operands]
    if any(attribute.type not in value for value in values):
        raise invalid_parameter("Condition parameter type does not match schema type")
    if term.operator != "begins_with" and any(value.get(attribute.type) == "" for value in values):
        raise _empty(attribute)
    return [keys.sortable(value, attribute.type) for value in values]


def _last_bounds(prefix: bytes, attribute: KeyAttribute, term: Term, conditions: KeyConditions) -> tuple[bytes, bytes]:
    """What the last condition leaves of the sort keys that begin with a prefix."""
    first, *others = _operands(attribute, term, conditions)
    end = keys.after_prefix(prefix) or BEYOND
    if term.operator == "begins_with":
        begun = prefix + keys.joined_prefix(first)
        return begun, keys.after_prefix(begun) or end
    low = prefix + keys.joined([first])
    behind = keys.after_prefix(low) or end  # all that follow the value in further attributes
    if term.operator == "BETWEEN":
        high = prefix + keys.joined(others)
        return low, keys.after_prefix(high) or end
    return {"<": (prefix, low), "<=": (prefix, behind), ">": (behind, end), ">=": (low, end)}[term.operator]


def _missed(attribute: KeyAttribute) -> AwsError:
    return validation(f"Query condition missed key schema element: {attribute.name}")


def _empty(attribute: KeyAttribute) -> AwsError:
    kind = "string" if attribute.type == "S" else "binary"
    return validation(
        "One or more parameter values are not valid. The AttributeValue for a key attribute cannot "
        f"contain an empty {kind} value. Key: {attribute.name}"
    )
