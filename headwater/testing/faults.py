"""Faults in the hands of a test."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, TypedDict, Unpack

from headwater.client import FaultRule, FiredFault, Headwater
from headwater.languages.durations import parse_duration

Duration = str | timedelta


class When(TypedDict, total=False):
    """``nth``: the n-th match only; ``every``: each n-th; ``times``: how often at most; ``probability``: from 0 to 1.
    Each match without any of these."""

    nth: int
    every: int
    times: int
    probability: float


class Faults:
    """What goes wrong, and when. ``to`` and ``resource`` are an ARN, a name or a template's logical id, with ``*``
    and ``?`` as patterns have them. See docs/faults.md."""

    def __init__(self, headwater: Headwater) -> None:
        self._headwater = headwater
        self._rules: list[FaultRule] = []
        self._seed: int | str | None = None

    # ---- operations

    def throttle(self, service: str, operation: str = "*", resource: str = "*", **when: Unpack[When]) -> None:
        """The service says that it is asked too often, in its own way."""
        self._add("throttle", service, operation, resource, when)

    def error(
        self, service: str, operation: str = "*", resource: str = "*", *, code: str | None = None,
        status: int | None = None, message: str | None = None, **when: Unpack[When],
    ) -> None:  # fmt: skip
        """The service fails: with its internal error (5xx), or with one of your own."""
        said = {"code": code, "status": status, "message": message}
        self._add("error", service, operation, resource, when, **{k: v for k, v in said.items() if v is not None})

    def latency(
        self, service: str, operation: str = "*", resource: str = "*", *, by: Duration = "1s", **when: Unpack[When]
    ) -> None:
        """The operation happens so much later, by the cloud's clock."""
        self._add("latency", service, operation, resource, when, milliseconds=_milliseconds(by))

    def timeout_after_commit(
        self, service: str, operation: str = "*", resource: str = "*", *, held: Duration = "0s", **when: Unpack[When]
    ) -> None:
        """It is done, and the client gets no answer: its connection is closed, once it was ``held`` so long."""
        self._add("timeout-after-commit", service, operation, resource, when, milliseconds=_milliseconds(held))

    # ---- deliveries

    def duplicate(self, to: str = "*", service: str = "*", operation: str = "*", **when: Unpack[When]) -> None:
        """What is delivered to it, or sent to the queue, comes twice."""
        self._add("duplicate", service, operation, to, when)

    def reorder(self, to: str = "*", service: str = "*", operation: str = "*", **when: Unpack[When]) -> None:
        """Of the messages in that standard queue the newest are received first."""
        self._add("reorder", service, operation, to, when)

    def delay(
        self, to: str = "*", service: str = "*", operation: str = "*", *, by: Duration = "1s", **when: Unpack[When]
    ) -> None:
        """What is delivered to it comes so much later."""
        self._add("delay", service, operation, to, when, milliseconds=_milliseconds(by))

    def crash_after_send(self, to: str = "*", service: str = "*", operation: str = "*", **when: Unpack[When]) -> None:
        """The target took it, but nobody learns of that: it happens again."""
        self._add("crash-after-send", service, operation, to, when)

    def kill(
        self, service: str = "*", operation: str = "*", to: str = "*", *, at: str = "*", **when: Unpack[When]
    ) -> None:
        """The server ends by SIGKILL once the operation or delivery is done, its outcome untold."""
        self._add("kill", service, operation, to, when, at=at)

    # ---- all of them

    def seed(self, seed: int | str) -> None:
        """What comes by chance follows this seed; counting begins anew."""
        self._seed = seed
        self._headwater.add_faults(seed=seed)

    def fired(self) -> list[FiredFault]:
        """What has happened by now, in order."""
        return self._headwater.faults()["fired"]

    def clear(self) -> None:
        self._rules.clear()
        self._headwater.clear_faults()

    def pause(self) -> None:
        """Until :meth:`begin` nothing goes wrong."""
        self._headwater.clear_faults()

    def begin(self) -> None:
        """In a universe that has just begun, the same faults again."""
        if self._rules or self._seed is not None:
            self._headwater.add_faults(*self._rules, seed=self._seed)

    def _add(self, kind: str, service: str, operation: str, resource: str, when: When, **more: Any) -> None:
        places = {"service": service, "operation": operation, "resource": resource}
        rule: Any = {"kind": kind, **{name: value for name, value in places.items() if value != "*"}, **more, **when}
        self._headwater.add_faults(rule)
        self._rules.append(rule)


def _milliseconds(duration: Duration) -> int:
    return parse_duration(duration) if isinstance(duration, str) else duration // timedelta(milliseconds=1)
