"""Retriers and catchers: which errors they take, how long a retry waits, what a catcher leaves behind.

https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from headwater.languages.asl.errors import (
    ALL,
    DATA_LIMIT,
    HEARTBEAT_TIMEOUT,
    RUNTIME,
    TASK_FAILED,
    TIMEOUT,
    StateFailed,
)
from headwater.languages.asl.flow import Left, place, text_of
from headwater.languages.asl.queries import Scope
from headwater.languages.asl.templates import JsonataScope, Template
from headwater.languages.intrinsics_functions import Randomness
from headwater.languages.jsonpath import Key

if TYPE_CHECKING:
    from headwater.languages.asl.execution import Frame
    from headwater.languages.asl.run import Run

DEFAULT_INTERVAL_SECONDS = 1
DEFAULT_MAXIMUM_ATTEMPTS = 3
DEFAULT_BACKOFF_RATE = 2.0
# AWS's own cap on a retry's delay: MaxDelaySeconds is below 31,622,400.
MAXIMUM_DELAY_SECONDS = 31_622_400


def takes(names: frozenset[str], failed: StateFailed) -> bool:
    """Whether ErrorEquals lists this error, by name or by one of the reserved names that stand for many."""
    error = failed.error
    if error in names or failed.alias in names:
        return True
    if error == HEARTBEAT_TIMEOUT and TIMEOUT in names:
        return True
    if TASK_FAILED in names and error not in (TIMEOUT, HEARTBEAT_TIMEOUT, DATA_LIMIT, RUNTIME):
        return True
    return ALL in names and error not in (DATA_LIMIT, RUNTIME)


@dataclass(frozen=True, slots=True)
class Retrier:
    errors: frozenset[str]
    interval: int = DEFAULT_INTERVAL_SECONDS
    attempts: int = DEFAULT_MAXIMUM_ATTEMPTS
    rate: float = DEFAULT_BACKOFF_RATE
    longest: int = MAXIMUM_DELAY_SECONDS
    jitter: bool = False

    def delay(self, attempt: int, ids: Randomness) -> int:
        """Milliseconds before retry number `attempt`, counted from 0."""
        seconds = min(self.interval * self.rate ** min(attempt, 1000), float(self.longest))
        return int(seconds * 1000 * (ids.random() if self.jitter else 1.0))


@dataclass(frozen=True, slots=True)
class Catcher:
    """`output` and `result_path`: where the error goes, in JSONata and in JSONPath."""

    errors: frozenset[str]
    next: str
    jsonata: bool
    result_path: tuple[Key, ...] | None = ()
    output: Template | None = None
    assign: Template | None = None

    def leave(self, run: "Run", frame: "Frame", failed: StateFailed) -> Left:
        error: dict[str, Any] = {}
        if failed.error is not None:
            error["Error"] = failed.error
        if failed.cause is not None:
            error["Cause"] = failed.cause
        if not self.jsonata:
            assigned = None if self.assign is None else self.assign.evaluate(Scope(run, frame, error))
            output = place(frame, self.result_path, error)
        else:
            scope = JsonataScope(run, frame, error_output=error)
            assigned = None if self.assign is None else self.assign.evaluate(scope)
            output = error if self.output is None else self.output.evaluate(scope)
        return output, text_of(frame, output, error, None), assigned


def next_retry(retriers: tuple[Retrier, ...], frame: "Frame", failed: StateFailed, ids: Randomness) -> int | None:
    """Milliseconds to wait before the next retry, None for none. Counts the attempt in the frame."""
    if failed.is_for_good:
        return None
    for position, retrier in enumerate(retriers):
        if not takes(retrier.errors, failed):
            continue
        counts = frame.retries or [0] * len(retriers)
        if counts[position] >= retrier.attempts:
            return None
        delay = retrier.delay(counts[position], ids)
        frame.retries = [count + (at == position) for at, count in enumerate(counts)]
        return delay
    return None
