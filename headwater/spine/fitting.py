"""What somebody wrote, such as a template's properties, made to fit an operation's request: scalars are converted as
CloudFormation converts them, and a list or an object stands where the model has one.

On the wire the protocols see to that; here it is for requests that never were on a wire. Whether members are missing
or unknown, and what their bounds are, is for the operation itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from headwater.spine.models import Model, Reference, Shape
from headwater.spine.numbers import LARGEST

Fit = Callable[[Any, str], Any]
"""Makes a value fit that stands at a place (``KeySchema.0``)."""
_WHOLE = re.compile(r"[-+]?\d{1,19}")


class Unfit(ValueError):
    """A value of another kind than the operation's; the text says where and what was wanted."""


@lru_cache(1024)
def fitter(model: Model, operation: str) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """What makes requests fit an operation; it raises Unfit."""
    fit = _Fits(model).structure(model.input(operation))
    return lambda request: dict(fit(request, ""))


class _Fits:
    def __init__(self, model: Model) -> None:
        self._model = model
        self._made: dict[str, Fit] = {}

    def structure(self, shape: Shape) -> Fit:
        """Members that the model does not know stay as they are."""
        members: Mapping[str, Reference] = shape["members"]

        def fit(value: Any, place: str) -> Any:
            _expect(value, Mapping, place, "an object")
            return {
                name: item if item is None or name not in members else self._of(members[name])(item, f"{place}.{name}")
                for name, item in value.items()
            }

        return fit

    def _of(self, reference: Reference) -> Fit:
        name = reference["shape"]
        made = self._made.get(name)
        if made is None:
            made = self._made[name] = self._make(name, self._model.shape(reference))
        return made

    def _make(self, name: str, shape: Shape) -> Fit:
        kind = shape["type"]
        if kind == "structure":
            own = shape.get("document") or shape.get("eventstream") or name == "AttributeValue"
            return _as_it_is if own else self.structure(shape)
        if kind == "list":
            return self._list(shape["member"])
        if kind == "map":
            return self._map(shape["value"])
        return _SCALARS.get(kind, _as_it_is)

    def _list(self, member: Reference) -> Fit:
        def fit(value: Any, place: str) -> Any:
            _expect(value, list | tuple, place, "a list")
            of_item = self._of(member)
            return [of_item(item, f"{place}.{index}") for index, item in enumerate(value)]

        return fit

    def _map(self, value_member: Reference) -> Fit:
        def fit(value: Any, place: str) -> Any:
            _expect(value, Mapping, place, "an object")
            of_item = self._of(value_member)
            return {key: None if item is None else of_item(item, f"{place}.{key}") for key, item in value.items()}

        return fit


def _expect(value: Any, kind: Any, place: str, wanted: str) -> None:
    if not isinstance(value, kind):
        raise Unfit(f"The value at {place.removeprefix('.') or 'the top'} must be {wanted}")


def _as_it_is(value: Any, place: str) -> Any:
    return value


def _text(value: Any, place: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str | int | float):
        raise Unfit(f"The value at {place.removeprefix('.')} must be a string")
    return value if isinstance(value, str) else str(value)


def _integer(value: Any, place: str) -> int:
    whole = value
    if (isinstance(value, str) and _WHOLE.fullmatch(value.strip())) or (
        isinstance(value, float) and value.is_integer()
    ):
        whole = int(value)
    if type(whole) is not int or abs(whole) > LARGEST:
        raise Unfit(f"The value at {place.removeprefix('.')} must be an integer")
    return whole


def _number(value: Any, place: str) -> float:
    try:
        if isinstance(value, str):
            return float(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return value if abs(value) <= LARGEST else float(value)
    except (ValueError, OverflowError):
        pass
    raise Unfit(f"The value at {place.removeprefix('.')} must be a number")


def _boolean(value: Any, place: str) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise Unfit(f"The value at {place.removeprefix('.')} must be a boolean")


_SCALARS: Mapping[str, Fit] = {
    "string": _text,
    "character": _text,
    "integer": _integer,
    "long": _integer,
    "float": _number,
    "double": _number,
    "boolean": _boolean,
}
