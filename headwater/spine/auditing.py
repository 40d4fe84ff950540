"""Telling of the operations that clients call, where a service has asked for it: what CloudTrail is to AWS."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, Protocol

from headwater.spine.errors import AwsError
from headwater.spine.operations import Caller, Operation, Request, Result
from headwater.spine.spans import Span

if TYPE_CHECKING:
    from headwater.spine.engine import Engine


class Audit(Protocol):
    """``wants`` decides by what is in memory, for it is asked of every request; ``tell`` is called in the transaction
    of the operation, with its result or its error, and raises nothing."""

    def wants(self, operation: Operation, caller: Caller) -> bool: ...

    def tell(
        self,
        operation: Operation,
        request: Request,
        caller: Caller,
        span: Span,
        result: Result | None,
        error: AwsError | None,
    ) -> None: ...


class Told:
    """One request that an audit wants to hear of."""

    __slots__ = ("_about", "_audit", "_engine")

    def __init__(self, engine: Engine, audit: Audit, about: tuple[Operation, Request, Caller, Span]) -> None:
        self._engine = engine
        self._audit = audit
        self._about = about

    def result(self, result: Result) -> None:
        self._audit.tell(*self._about, result, None)

    def error(self, error: AwsError) -> None:
        self._audit.tell(*self._about, None, error)

    async def outcome(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        """The outcome of an operation that waits, told when it is there."""
        try:
            result = await coroutine
        except AwsError as error:
            self._engine.begin()
            self.error(error)
            raise
        self._engine.begin()
        self.result(result)
        return result
