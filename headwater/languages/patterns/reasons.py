"""Why a predicate says no to a leaf, in words, with values as they were compared."""

from __future__ import annotations

import json
from typing import Any

import orjson

from headwater.languages.patterns.predicates import Leaf, Predicate
from headwater.languages.patterns.values import LARGEST_NUMBER, comparable

_MOST_SHOWN = 200
_MOST_DIGITS = 18
_NUMBERS = (int, float)
_OF_TEXTS = ("prefix", "suffix", "wildcard", "equals-ignore-case", "cidr")
_KINDS = {str: "a text", bool: "true or false", type(None): "null"}


def show(value: Any) -> str:
    """As JSON, cut where it is long."""
    text = _json(value)
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…"


def sound(value: Any) -> Any:
    """As any JSON can hold it: a pattern may have halves of characters, an attribute a number of 300 digits."""
    return json.loads(_json(value), parse_int=_number)


def _number(digits: str) -> int | float:
    return int(digits) if len(digits) < _MOST_DIGITS else float(digits)


def _json(value: Any) -> str:
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # halves of characters, very long numbers
        pass
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(errors="replace").decode()


def compared(leaf: Leaf, predicate: Predicate) -> str:
    """A leaf as the predicate sees it: numbers by their value, where they take part in comparisons at all."""
    if type(leaf) not in _NUMBERS or not predicate.weighs_numbers:
        return show(leaf)
    assert isinstance(leaf, (int, float))
    if not comparable(leaf) and predicate.operator == "numeric":
        return f"{show(leaf)} (not compared: beyond {LARGEST_NUMBER:.0e} or with more than six decimals)"
    return show(int(leaf) if leaf == int(leaf) else leaf)


def wish(predicate: Predicate) -> str:
    """What the predicate asks for."""
    expected = predicate.expected
    if predicate.operator == "equals":
        return show(expected)
    if predicate.operator == "exists":
        return "to be there" if expected else "not to be there"
    if predicate.operator == "numeric":
        return " and ".join(f"{sign} {show(bound)}" for sign, bound in zip(expected[::2], expected[1::2], strict=True))
    return f"{predicate.operator} {show(expected)}"


def refusal(predicate: Predicate, leaves: tuple[Leaf, ...]) -> str:
    """Why it says no to all of the leaves at a path."""
    if predicate.absent:
        return f"{_listed(predicate, leaves)} is there"
    if not leaves:
        return "not there"
    shown = _listed(predicate, leaves)
    kinds = {_kind(leaf) for leaf in leaves}
    if predicate.operator in _OF_TEXTS and not any(type(leaf) is str for leaf in leaves):
        return f"{shown} is {' or '.join(sorted(kinds))}, and {predicate.operator} is of texts"
    if predicate.operator == "numeric" and not any(type(leaf) in _NUMBERS for leaf in leaves):
        return f"{shown} is {' or '.join(sorted(kinds))}, no number"
    if predicate.operator == "equals" and _kind(predicate.expected) not in kinds:
        return f"{shown} is {' or '.join(sorted(kinds))}, {show(predicate.expected)} is {_kind(predicate.expected)}"
    if predicate.operator == "anything-but":
        return f"{shown} is what is not to be"
    return f"{shown} is not {wish(predicate)}"


def _listed(predicate: Predicate, leaves: tuple[Leaf, ...]) -> str:
    return " nor ".join(dict.fromkeys(compared(leaf, predicate) for leaf in leaves[:5]))


def _kind(value: Any) -> str:
    return _KINDS.get(type(value), "a number")
