"""Which of a template's properties a resource type looks at: what nobody looked at had no effect, and is told.

Of what is within a property, that is told which a type did not look at though it did at what stands beside it. What it
passes on whole is for the operation that gets it to judge.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from headwater.services import SERVICES
from headwater.spine.errors import AwsError
from headwater.spine.fitting import Unfit, fitter
from headwater.spine.models import load_model
from headwater.spine.operations import Call, Request, Result

# a type gets them otherwise, merged with the stack's own
_TAGS = ("Tags",)


class Witness(dict[str, Any]):
    """A resource's properties, or what is within one, and which of them were asked for."""

    def __init__(self, properties: dict[str, Any]) -> None:
        super().__init__({name: _watched(value) for name, value in properties.items()})
        self._seen: set[str] = set()

    def unseen(self, previous: dict[str, Any] | None = None) -> list[str]:
        """The properties that had no effect, by name, or ``Property.Within``; where there are ``previous`` ones, of
        those that have changed: an update need not look at the others."""
        told = set()
        for name, value in dict.items(self):
            if name in _TAGS or (previous is not None and name in previous and previous[name] == value):
                continue
            told |= {name} if name not in self._seen else {f"{name}.{path}" for path in _unseen_within(value)}
        return sorted(told)

    def within(self) -> set[str]:
        """What was passed over, as paths; nothing where all of it was."""
        told = set()
        for name, value in dict.items(self):
            if name in self._seen:
                told |= {f"{name}.{path}" for path in _unseen_within(value)}
            elif self._seen:
                told.add(name)
        return told

    def _see_all(self) -> None:
        self._seen.update(dict.keys(self))

    def __getitem__(self, name: str) -> Any:
        self._seen.add(name)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self._seen.add(name)
        return super().get(name, default)

    def __contains__(self, name: object) -> bool:
        self._seen.add(str(name))
        return super().__contains__(name)

    def __iter__(self) -> Iterator[str]:
        # who goes through all of them passes them on; that this is overridden keeps `{**properties}` from a shortcut
        self._see_all()
        return super().__iter__()

    def __or__(self, other: Any) -> Any:
        self._see_all()
        return super().__or__(other)

    def keys(self) -> Any:
        self._see_all()
        return super().keys()

    def values(self) -> Any:
        self._see_all()
        return super().values()

    def items(self) -> Any:
        self._see_all()
        return super().items()


class Witnessed(Call):
    """A type's call: what it hands to operations it has looked at, and they get it as anybody would give it. In the
    session ``principal`` of a stack's role, what changes something is weighed; of what is only looked at, AWS's own
    types may look at something else."""

    __slots__ = ("_weighed",)

    def __init__(self, call: Call, principal: str | None = None) -> None:
        caller = call.caller._replace(principal=principal) if principal else call.caller
        super().__init__(call.engine, caller, call.now, call.span, call.memory)
        self._weighed = principal

    def operation(
        self,
        service: str,
        name: str,
        request: Request,
        account: str | None = None,
        region: str | None = None,
        principal: str | None = None,
    ) -> Result:
        if principal is None and self._weighed is not None and not self.engine.find(service, name).reads:
            principal = self._weighed
        return super().operation(service, name, fitting(service, name, _plain(request)), account, region, principal)


def fitting(service: str, name: str, request: dict[str, Any]) -> Request:
    """The request with its scalars as the operation has them; AwsError for what is of another kind altogether."""
    model = SERVICES[service].model
    if model is None or name not in load_model(model).operations:
        return request
    try:
        return fitter(load_model(model), name)(request)
    except Unfit as error:
        raise AwsError("ValidationException", f"{error}.") from None


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _watched(value: Any) -> Any:
    if isinstance(value, dict):
        return Witness(value)
    return [_watched(item) for item in value] if isinstance(value, list) else value


def _unseen_within(value: Any) -> set[str]:
    if isinstance(value, Witness):
        return value.within()
    if isinstance(value, list):  # what some item had looked at, was there for all of them
        return set().union(*map(_unseen_within, value))
    return set()
