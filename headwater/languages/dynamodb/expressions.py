"""The expressions of one request: their names and values checked, their compiled forms from a cache.

Source: Expression attribute names and values (Developer Guide, Expressions.ExpressionAttributeNames.html).
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from headwater.languages.dynamodb.conditions import CompiledCondition, compile_condition
from headwater.languages.dynamodb.errors import ValidationException
from headwater.languages.dynamodb.key_conditions import CompiledKeyCondition, compile_key_condition
from headwater.languages.dynamodb.projections import CompiledProjection, compile_projection
from headwater.languages.dynamodb.scope import Compiled
from headwater.languages.dynamodb.updates import CompiledUpdate, compile_update
from headwater.languages.dynamodb.values import AttributeValue, check

C = TypeVar("C", bound=Compiled)

_NAME = re.compile(r"#[A-Za-z0-9_]+", re.ASCII)
_VALUE = re.compile(r":[A-Za-z0-9_]+", re.ASCII)
_CAPACITY = 2000
MAX_VALUES_SIZE = 2 * 1024 * 1024


class ExpressionCache:
    """Compiled expressions by kind, text and names; forgets all of them when it is full."""

    def __init__(self, capacity: int = _CAPACITY) -> None:
        self.capacity = capacity
        self.compiled: dict[tuple[Any, ...], Compiled] = {}

    def get(self, kind: str, text: str, names: Mapping[str, str], make: Callable[[], C]) -> C:
        key = (kind, text, *names.items()) if names else (kind, text)
        found = self.compiled.get(key)
        if found is None:
            if len(self.compiled) >= self.capacity:
                self.compiled.clear()
            found = self.compiled[key] = make()
        return found  # type: ignore[return-value]  # the kind is part of the key


class Expressions:
    """What a request says in expressions. Raises ValidationException with AWS's message.

    Use: read each expression by its method, then `finish`, which refuses what is missing, mistyped or not used.
    """

    __slots__ = ("cache", "names", "used", "values")

    def __init__(self, cache: ExpressionCache, request: Mapping[str, Any]) -> None:
        self.cache = cache
        self.names: Mapping[str, str] = request.get("ExpressionAttributeNames") or {}
        self.values: Mapping[str, AttributeValue] = request.get("ExpressionAttributeValues") or {}
        self.used: list[Compiled] = []
        if "ExpressionAttributeNames" in request:
            _check_keys("ExpressionAttributeNames", self.names, _NAME)
        if "ExpressionAttributeValues" in request:
            _check_keys("ExpressionAttributeValues", self.values, _VALUE)
            self._check_values()

    def update(self, text: str) -> CompiledUpdate:
        return self._use(self.cache.get("U", text, self.names, lambda: compile_update(text, self.names)))

    def condition(self, kind: str, text: str) -> CompiledCondition:
        """``kind``: ConditionExpression or FilterExpression."""
        return self._use(self.cache.get(kind, text, self.names, lambda: compile_condition(kind, text, self.names)))

    def key_condition(self, text: str) -> CompiledKeyCondition:
        return self._use(self.cache.get("K", text, self.names, lambda: compile_key_condition(text, self.names)))

    def projection(self, text: str) -> CompiledProjection:
        return self._use(self.cache.get("P", text, self.names, lambda: compile_projection(text, self.names)))

    def finish(self) -> None:
        """Refuses names and values that no expression uses."""
        if self.names:
            _refuse_unused("ExpressionAttributeNames", self.names, [one.names for one in self.used])
        if self.values:
            _refuse_unused("ExpressionAttributeValues", self.values, [one.values for one in self.used])

    def _use(self, compiled: C) -> C:
        compiled.bind(self.values)
        self.used.append(compiled)
        return compiled

    def _check_values(self) -> None:
        size = 0
        for name, value in self.values.items():
            try:
                size += check(value)
            except ValidationException as error:
                raise ValidationException(
                    f"ExpressionAttributeValues contains invalid value: {error} for key {name}"
                ) from error
        if size > MAX_VALUES_SIZE:
            raise ValidationException("ExpressionAttributeValues exceeds max size")


def _check_keys(parameter: str, given: Mapping[str, Any], pattern: re.Pattern[str]) -> None:
    if not given:
        raise ValidationException(f"{parameter} must not be empty")
    for key in given:
        if not pattern.fullmatch(key):
            raise ValidationException(f'{parameter} contains invalid key: Syntax error; key: "{key}"')


def _refuse_unused(parameter: str, given: Mapping[str, Any], used: Iterable[frozenset[str]]) -> None:
    unused = given.keys() - frozenset().union(*used)
    if unused:
        listed = ", ".join([key for key in given if key in unused])
        raise ValidationException(f"Value provided in {parameter} unused in expressions: keys: {{{listed}}}")
