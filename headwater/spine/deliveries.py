"""Deliveries: a durable row for every asynchronous hop and every timer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

from headwater.spine.spans import join_cause

HandlerT = TypeVar("HandlerT", bound=Callable[..., Any])

SCHEMA = (
    """
    CREATE TABLE deliveries (
        id BIGINT PRIMARY KEY, due BIGINT NOT NULL, handler TEXT NOT NULL, target TEXT NOT NULL,
        payload BLOB NOT NULL, attempt INTEGER NOT NULL, policy TEXT NOT NULL, ordering TEXT,
        cause TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL,
        created BIGINT NOT NULL, leased INTEGER NOT NULL DEFAULT 0, error TEXT
    );
    CREATE INDEX deliveries_by_due ON deliveries (due);
    CREATE INDEX deliveries_by_ordering ON deliveries (ordering, id) WHERE ordering IS NOT NULL;
    """,
    # what waits behind an earlier one of its ordering key is not looked at before its turn
    """
    ALTER TABLE deliveries ADD COLUMN waits INTEGER NOT NULL DEFAULT 0;
    UPDATE deliveries SET waits = 1 WHERE ordering IS NOT NULL AND EXISTS (
        SELECT 1 FROM deliveries AS earlier
        WHERE earlier.ordering = deliveries.ordering AND earlier.id < deliveries.id);
    DROP INDEX deliveries_by_due;
    CREATE INDEX deliveries_by_turn ON deliveries (waits, due);
    """,
)
INSERT = """
INSERT INTO deliveries
    (id, due, handler, target, payload, attempt, policy, ordering, cause, account, region, created, leased, error,
     waits)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
# A leased row is in the hands of a coroutine until its due time, which is when the lease runs out. That is
# no timer: the coroutine ends by itself, or with this process, whose successor releases what it had.
CLAIM = """
SELECT id, due, handler, target, payload, attempt, policy, ordering, cause, account, region, created
FROM deliveries WHERE waits = 0 AND due <= ? ORDER BY due, id LIMIT ?
"""
LEASE = "UPDATE deliveries SET due = ?, leased = 1, attempt = ? WHERE id = ?"
POSTPONE = "UPDATE deliveries SET due = ?, leased = 0, attempt = ?, payload = ?, error = ? WHERE id = ?"
DELETE = "DELETE FROM deliveries WHERE id = ?"
CANCEL = "DELETE FROM deliveries WHERE id = ? RETURNING ordering"
NEXT_OF_ORDERING = """
UPDATE deliveries SET waits = 0 WHERE id = (SELECT min(id) FROM deliveries WHERE ordering = ?)
"""
LEASED = "SELECT id FROM deliveries WHERE leased = 1"
RELEASE = "UPDATE deliveries SET due = ?, leased = 0 WHERE id = ?"
# what the end of the process has cut short counts as no attempt: it may be that nobody was asked
RELEASE_ALL = "UPDATE deliveries SET due = ?, leased = 0, attempt = attempt - 1 WHERE leased = 1"
NEXT_DUE = "SELECT due FROM deliveries WHERE waits = 0 AND leased = 0 ORDER BY due LIMIT 1"
NEXT_BUT = "SELECT due FROM deliveries WHERE waits = 0 AND handler <> ? ORDER BY due LIMIT 1"
PENDING = "SELECT due, payload FROM deliveries WHERE id = ?"
EXISTS = "SELECT 1 FROM deliveries WHERE id = ?"
LAST_ID = "SELECT max(id) FROM deliveries"
WAITING_BEHIND = "SELECT 1 FROM deliveries WHERE ordering = ? LIMIT 1"


class Policy(NamedTuple):
    """How often and how long a delivery is tried.

    ``attempts`` in all (0: without limit), ``age`` the longest time in ms since it was left
    (0: without limit), ``backoff`` the wait in ms before the second attempt, multiplied by ``rate``
    each time up to ``most``; ``jitter`` draws the wait evenly from half of it to all. ``delays``
    are the first waits, in ms, where they follow another rule; the backoff begins after them.
    """

    attempts: int = 1
    age: int = 0
    backoff: int = 1000
    rate: float = 2.0
    most: int = 300_000
    jitter: bool = False
    delays: Sequence[int] = ()

    def wait(self, attempt: int, random: Callable[[], float]) -> int:
        """Milliseconds to wait after the attempt of that number (from 1) failed."""
        if attempt <= len(self.delays):
            wait: float = self.delays[attempt - 1]
        else:
            # beyond 64 doublings every wait is the longest one; the power would only overflow
            wait = min(self.most, self.backoff * self.rate ** min(attempt - 1 - len(self.delays), 64))
        return int(wait * (0.5 + random() / 2) if self.jitter else wait)

    def exhausted(self, attempt: int, created: int, due: int) -> str | None:
        """Which limit a further attempt at ``due`` would pass, as AWS names it, or None."""
        if self.attempts and attempt >= self.attempts:
            return "MaximumRetryAttempts"
        if self.age and due - created > self.age:
            return "MaximumEventAgeInSeconds"
        return None


DEFAULT_POLICY = Policy()
FOREVER = Policy(attempts=0)


class Delivery:
    """A delivery as its handler sees it; ``attempt`` counts from 1, times are in ms."""

    __slots__ = (
        "account",
        "attempt",
        "created",
        "due",
        "handler",
        "id",
        "ordering",
        "parent",
        "payload",
        "policy",
        "region",
        "stored",
        "target",
        "trace",
    )

    def __init__(
        self,
        identity: int,
        due: int,
        handler: str,
        target: str,
        payload: Any,
        attempt: int,
        policy: Policy,
        ordering: str | None,
        trace: str,
        parent: int | None,
        account: str,
        region: str,
        created: int,
        stored: bool,
    ) -> None:
        self.id = identity
        self.due = due
        self.handler = handler
        self.target = target
        self.payload = payload
        self.attempt = attempt
        self.policy = policy
        self.ordering = ordering
        self.trace = trace
        self.parent = parent
        self.account = account
        self.region = region
        self.created = created
        self.stored = stored

    @property
    def cause(self) -> str:
        """What left it, as text."""
        return join_cause(self.trace, self.parent)


class Failed(Exception):
    """A target refused or could not be reached; ``retry`` False: trying again is of no use. ``wait``: the least time
    in ms until it may be tried again, where the target said so."""

    def __init__(self, code: str, message: str = "", retry: bool = True, wait: int = 0) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.retry = retry
        self.wait = wait


class Again(NamedTuple):
    """Returned by a handler: the same delivery once more at ``due`` (ms), no attempt counted.
    A payload that is not None replaces the former."""

    due: int
    payload: Any = None


class Exhausted(NamedTuple):
    """Why a delivery is given up: the last error, and the limit that was reached (None where the
    error itself was final)."""

    code: str
    message: str
    condition: str | None


class DeliveryMark(NamedTuple):
    """What ``@delivery`` leaves on a function for the service that lists its module."""

    handler: str
    exhausted: Callable[..., None] | None
    atomic: bool


class DeliveryHandler(NamedTuple):
    """A handler with the memory of its service."""

    run: Callable[..., Any]
    exhausted: Callable[..., None] | None
    atomic: bool
    memory: Any


def delivery(
    handler: str, *, exhausted: Callable[..., None] | None = None, atomic: bool = False
) -> Callable[[HandlerT], HandlerT]:
    """Mark a function as what carries out deliveries of that name.

    ``exhausted(call, delivery, Exhausted)`` is run when the policy gives up, in the transaction
    that removes the row: the place for dead-letter queues. ``atomic``: nothing can fail after the
    first write, such as where all that is done is to call one operation; it needs no savepoint.
    """

    def mark(function: HandlerT) -> HandlerT:
        function.__delivery__ = DeliveryMark(handler, exhausted, atomic)  # type: ignore[attr-defined]
        return function

    return mark
