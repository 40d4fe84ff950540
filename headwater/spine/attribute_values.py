"""DynamoDB's values as somebody wrote them, to values as the API has them.

AWS's SDKs for Java, through which Step Functions calls, spell some of the types their own way, in any case of letters.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

JAVA_TYPES = {"SS": "Ss", "NS": "Ns", "BS": "Bs", "NULL": "Nul", "BOOL": "Bool"}
_TYPES = {name.upper(): kind for kind, name in JAVA_TYPES.items()} | {"NULL": "NULL"}
_TEXTS = frozenset({"S", "N", "B"})
_SETS = frozenset({"SS", "NS", "BS"})
_FLAGS = frozenset({"BOOL", "NULL"})

Refuse = Callable[[str], Exception]
"""Makes the error of a text."""


def each_attribute(kind: str, inner: Any, convert: Callable[[Any], Any]) -> Any:
    """The values within a value of this type, converted."""
    if kind == "M" and type(inner) is dict:
        return {name: convert(value) for name, value in inner.items()}
    return [convert(value) for value in inner] if kind == "L" and type(inner) is list else inner


def loose_value(value: Any) -> Any:
    """A value from either spelling; DynamoDB itself refuses what is none."""
    if type(value) is not dict:
        return value
    return {(name := _kind(kind)): each_attribute(name, inner, loose_value) for kind, inner in value.items()}


class TypedValues:
    """Reads values as the SDKs do, which refuse what has another type before DynamoDB sees it.

    ``bare``: as version 1 does, for which a text alone is a value of type S, and "true" a truth.
    """

    def __init__(self, refuse: Refuse, *, bare: bool) -> None:
        self._refuse = refuse
        self._bare = bare

    def read(self, value: Any, key: str) -> dict[str, Any]:
        if type(value) is str and self._bare:
            return {"S": value}
        self._expect(type(value) is dict, key, "an OBJECT")
        return {(kind := _kind(key)): self._inner(kind, inner, key) for key, inner in value.items()}

    def _inner(self, kind: str, inner: Any, key: str) -> Any:
        if kind in _TEXTS:
            self._expect(type(inner) is str, key, "a STRING")
        elif kind in _FLAGS:
            if self._bare and inner in ("true", "false"):
                return inner == "true"
            self._expect(type(inner) is bool, key, "a BOOLEAN")
        elif kind in _SETS:
            self._expect(type(inner) is list, key, "a LIST")
            self._expect(all(type(each) is str for each in inner), key, "a STRING")
        elif kind == "L":
            self._expect(type(inner) is list, key, "a LIST")
            return [self.read(each, key) for each in inner]
        elif kind == "M":
            self._expect(type(inner) is dict, key, "a MAP")
            return {name: self.read(each, name) for name, each in inner.items() if each is not None}
        else:
            raise self._refuse(f'The field "{key}" is not supported by Step Functions')
        return inner

    def _expect(self, fits: bool, key: str, wanted: str) -> None:
        if not fits:
            raise self._refuse(f"The value for the field '{key}' must be {wanted}")


def _kind(written: str) -> str:
    return _TYPES.get(written.upper(), written.upper())
