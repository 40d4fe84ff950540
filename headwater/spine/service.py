"""A service as the engine sees it, and the catalogue that loads services on first use."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import TYPE_CHECKING, Any

from headwater.spine.authorization import Authorization
from headwater.spine.deliveries import DeliveryHandler, DeliveryMark
from headwater.spine.errors import AwsError, not_implemented
from headwater.spine.operations import Operation, OperationMark
from headwater.spine.quota import Quota
from headwater.spine.store import Store
from headwater.spine.store.migrations import migrate

if TYPE_CHECKING:
    from headwater.spine.work import Work

Missing = Callable[[str], AwsError | None]
# how IAM's actions name services that are called otherwise here
_PREFIXES = {"dynamodbstreams": "dynamodb", "iotdata": "iot", "monitoring": "cloudwatch"}
Validators = Callable[[str, str, Missing | None], Callable[[Mapping[str, Any]], None]]


@dataclass(frozen=True)
class Service:
    """One house: the modules that hold its operations, deliveries and resource types.

    ``modules`` are scanned for what ``@operation``, ``@delivery`` and ``@resource`` marked;
    ``schema`` are numbered migrations, only ever appended to; ``memory`` makes the object of caches
    that its calls see; ``start`` is run at start-up where the service has data, for pollers; ``end`` is given the
    memory when the cloud stops, to let go of what may be dropped in no other thread;
    ``validates`` has requests checked against the constraints of botocore's model, with AWS's
    generic message; ``missing`` is, for other services, the error of a request without a member that the model
    requires; ``lacks`` are reasons why operations are left out, each with their names;
    ``quotas`` are the numbers that may be changed; ``authorization`` is what its operations ask of
    whoever acts in a role, None where that is not known.
    """

    name: str
    modules: tuple[ModuleType, ...]
    schema: tuple[str, ...] = ()
    memory: Callable[[], Any] | None = None
    start: Callable[[Work], Coroutine[Any, Any, None]] | None = None
    end: Callable[[Any], None] | None = None
    validates: bool = False
    missing: Missing | None = None
    lacks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    quotas: tuple[Quota, ...] = ()
    authorization: Authorization | None = None


class Catalogue:
    """All services by name, loaded on first use.

    ``houses`` gives for each service name (``dynamodbstreams``) the package that holds it
    (``headwater.services.dynamodb``).
    """

    def __init__(self, houses: Mapping[str, str], validator: Validators | None = None) -> None:
        self.houses = houses
        self.services: dict[str, Service] = {}
        self.operations: dict[tuple[str, str], Operation] = {}
        self.deliveries: dict[str, DeliveryHandler] = {}
        self.resources: dict[str, Any] = {}
        self.memories: list[Any] = []
        self.memory_of: dict[str, Any] = {}
        self._validator = validator
        self._packages: set[str] = set()

    def loaded(self, name: str) -> bool:
        return self.houses.get(name) in self._packages

    def load(self, name: str, store: Store) -> Service | None:
        """Import a service and bring its tables up to date; None where it is loaded already."""
        package = self.houses.get(name)
        if package is None:
            raise not_implemented(f"The service {name}")
        if package in self._packages:
            return None
        service = self._house(name)
        migrate(store, service.name, service.schema)
        memory = service.memory() if service.memory else None
        if memory is not None:
            self.memories.append(memory)
        self.memory_of[service.name] = memory
        for module in service.modules:
            self._scan(module, service, memory)
        self.services[service.name] = service
        self._packages.add(package)
        return service

    def quotas(self, name: str) -> tuple[Quota, ...]:
        """Those that a service declares, whether or not it is loaded."""
        return self._house(name).quotas

    def has_operation(self, service: str, name: str) -> bool:
        """Whether a service has an operation, loaded or not."""
        marks = (
            mark
            for module in self._house(service).modules
            for function in vars(module).values()
            for mark in getattr(function, "__operations__", ())
        )
        return any((mark.service, mark.name, mark.internal) == (service, name, False) for mark in marks)

    def _house(self, name: str) -> Service:
        service: Service = importlib.import_module(self.houses[name]).SERVICE
        return service

    def _scan(self, module: ModuleType, service: Service, memory: Any) -> None:
        for function in vars(module).values():
            for mark in getattr(function, "__operations__", ()):
                self._add_operation(mark, function, service, memory)
            carried: DeliveryMark | None = getattr(function, "__delivery__", None)
            if carried is not None:
                self.deliveries[carried.handler] = DeliveryHandler(function, carried.exhausted, carried.atomic, memory)
            if isinstance(kind := getattr(function, "__resource__", None), str):
                self.resources[kind] = function()

    def _add_operation(self, mark: OperationMark, function: Any, service: Service, memory: Any) -> None:
        made = Operation(mark, function)
        made.memory = memory
        if service.authorization is not None and not mark.internal:
            made.needs = service.authorization.of(_PREFIXES.get(mark.service, mark.service), mark.name)
        checked = service.validates or service.missing is not None
        if checked and not mark.internal and self._validator is not None:
            made.validate = _compiled_at_first_use(made, self._validator, service.missing)
        self.operations[(mark.service, mark.name)] = made

    def restore(self, store: Store) -> None:
        """Make the tables again of services whose loading was rolled back; they stay loaded."""
        for service in self.services.values():
            migrate(store, service.name, service.schema)

    def end(self) -> None:
        """The cloud stops."""
        self.forget()
        for service in self.services.values():
            if service.end is not None:
                service.end(self.memory_of[service.name])

    def forget(self) -> None:
        """Drop every cache: rows that they were filled from may be gone."""
        for memory in self.memories:
            memory.clear()


def _compiled_at_first_use(
    operation: Operation, validator: Validators, missing: Missing | None
) -> Callable[[Mapping[str, Any]], None]:
    def validate(request: Mapping[str, Any]) -> None:
        operation.validate = compiled = validator(operation.service, operation.name, missing)
        compiled(request)

    return validate
