"""Conditions of a policy's statement.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from operator import eq, ge, gt, le, lt
from typing import Any, NamedTuple

from headwater.languages.policies.circumstances import Circumstances, pattern_of

Test = Callable[[str, str, Circumstances], bool | None]
"""What a policy wants, what there is, and the request's circumstances; None where that is not known."""

_EVERY, _ANY = "ForAllValues", "ForAnyValue"


class Condition(NamedTuple):
    """One operator with one key, in lower case. ``test`` is None for an operator that AWS does not have."""

    key: str
    test: Test | None
    negated: bool
    wanted: tuple[str, ...]
    qualifier: str
    optional: bool

    def holds(self, circumstances: Circumstances) -> bool | None:
        """None where it is not known."""
        values = circumstances.find(self.key)
        if values is None or self.test is None:
            return None
        if self.test is _is_null:
            return any(wanted.lower() == ("false" if values else "true") for wanted in self.wanted)
        if not values:
            return self.optional or self.qualifier == _EVERY or (self.negated and self.qualifier != _ANY)
        told = [self._agrees(value, circumstances) for value in values]
        # without a qualifier a key has one value
        decisive = self.qualifier != _EVERY
        if decisive in told:
            return decisive
        return None if None in told else not decisive

    def _agrees(self, value: str, circumstances: Circumstances) -> bool | None:
        """Whether one value of the key is as the policy wants it."""
        assert self.test is not None
        told = [self.test(wanted, value, circumstances) for wanted in self.wanted]
        if True in told:
            return not self.negated
        return None if None in told else self.negated


def parse_conditions(document: Mapping[str, Any]) -> tuple[Condition, ...]:
    """Of a statement's ``Condition``."""
    return tuple(_parse(document))


def _parse(document: Mapping[str, Any]) -> Iterator[Condition]:
    for operator, keys in document.items():
        qualifier, _, name = operator.rpartition(":")
        optional = name.endswith("IfExists")
        name = name.removesuffix("IfExists")
        positive = name.replace("Not", "", 1)
        for key, wanted in keys.items():
            texts = tuple(_text(each) for each in (wanted if isinstance(wanted, list) else [wanted]))
            yield Condition(key.lower(), _TESTS.get(positive), name != positive, texts, qualifier, optional)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


# ---- operators


def _equals(wanted: str, value: str, circumstances: Circumstances) -> bool | None:
    return pattern_of(wanted, circumstances, wild=False).matches(value)


def _equals_whatever_case(wanted: str, value: str, circumstances: Circumstances) -> bool | None:
    return pattern_of(wanted, circumstances, wild=False).matches(value, re.IGNORECASE)


def _like(wanted: str, value: str, circumstances: Circumstances) -> bool | None:
    return pattern_of(wanted, circumstances, wild=True).matches(value)


def _within(wanted: str, value: str, circumstances: Circumstances) -> bool:
    try:
        return ip_address(value) in ip_network(wanted, strict=False)
    except ValueError:
        return False


def _is_null(wanted: str, value: str, circumstances: Circumstances) -> bool:
    """A stand-in: `Null` asks whether there are values, not which."""
    raise NotImplementedError


def _compared(read: Callable[[str], float], compare: Callable[[float, float], bool]) -> Test:
    def test(wanted: str, value: str, circumstances: Circumstances) -> bool:
        try:
            return compare(read(value), read(wanted))
        except ValueError:
            return False

    return test


def _instant(text: str) -> float:
    """Seconds since the epoch, written so or as ISO 8601."""
    try:
        return float(text)
    except ValueError:
        made = datetime.fromisoformat(text)
        return (made if made.tzinfo else made.replace(tzinfo=UTC)).timestamp()


_ORDERS: Mapping[str, Callable[[float, float], bool]] = {
    "Equals": eq,
    "LessThan": lt,
    "LessThanEquals": le,
    "GreaterThan": gt,
    "GreaterThanEquals": ge,
}
_TESTS: Mapping[str, Test] = {
    "StringEquals": _equals,
    "StringEqualsIgnoreCase": _equals_whatever_case,
    "StringLike": _like,
    "ArnEquals": _like,  # it and ArnLike behave identically
    "ArnLike": _like,
    "BinaryEquals": _equals,
    "Bool": _equals_whatever_case,
    "IpAddress": _within,
    "Null": _is_null,
    **{f"Numeric{name}": _compared(float, order) for name, order in _ORDERS.items()},
    **{f"Date{name}": _compared(_instant, order) for name, order in _ORDERS.items()},
}
