"""The faults of a cloud that runs: kept in rows, so that they outlive the process that they kill, and carried out.

Where no rule is in force ``engine.armed`` is None, and that is all that anybody looks at.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import orjson

from headwater.spine.arns import parse_arn
from headwater.spine.deliveries import Delivery
from headwater.spine.errors import AwsError
from headwater.spine.fault_errors import Unanswered, error_of
from headwater.spine.faults import (
    BY_CLIENT,
    BY_SERVICE,
    CRASH,
    DELAY,
    DELIVERY,
    KILL,
    NESTED,
    OF_ANSWERS,
    OF_ARRIVALS,
    OF_DELIVERIES,
    OF_NESTED,
    OPERATION,
    FaultSet,
    Fired,
    Rule,
    resources_of,
    restored,
)
from headwater.spine.operations import Caller, Operation, Request, Result
from headwater.spine.spans import Span, split_cause

if TYPE_CHECKING:
    from headwater.spine.engine import Engine
    from headwater.spine.work import Work

SCHEMA = (
    """
    CREATE TABLE faults (id BIGINT PRIMARY KEY, state TEXT NOT NULL);
    CREATE TABLE faults_fired (
        id BIGINT PRIMARY KEY, rule INTEGER NOT NULL, kind TEXT NOT NULL, at BIGINT NOT NULL, service TEXT NOT NULL,
        operation TEXT NOT NULL, resource TEXT NOT NULL, nth BIGINT NOT NULL, trace TEXT NOT NULL,
        milliseconds BIGINT NOT NULL
    );
    """,
)
_FIND = "SELECT state FROM faults WHERE id = 1"
_PUT = "INSERT INTO faults (id, state) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET state = excluded.state"
_FORGET = "DELETE FROM faults"
_FIRE = """
INSERT INTO faults_fired (id, rule, kind, at, service, operation, resource, nth, trace, milliseconds)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_FIRED = """
SELECT id, rule, kind, at, service, operation, resource, nth, trace, milliseconds FROM faults_fired ORDER BY id
"""
_FORGET_FIRED = "DELETE FROM faults_fired"

_SEED_BITS = 32
_OF_BATCHES = frozenset({CRASH, KILL})
Reply = Callable[[Result | None, AwsError | None], None]


class Arrival(NamedTuple):
    """A request as it was submitted."""

    operation: Operation
    request: Request
    caller: Caller
    cause: str | None
    reply: Reply
    waiting: Callable[[asyncio.Task[None]], None] | None
    asker: str


class Faults:
    """What befalls operations and deliveries. ``may_kill``: whether a rule may end this process."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._answers: dict[int, Rule] = {}  # by the span of an operation, until its answer is ready
        self._held_up: set[int] = set()
        self.may_kill = False

    # ---- rows

    def load(self) -> None:
        """Go on with what the tables say."""
        row = self._engine.store.one(_FIND)
        found = None if row is None else restored(orjson.loads(row[0]))
        self._engine.armed = found if found is not None and found.rules else None
        self._answers.clear()

    def write(self, armed: FaultSet) -> None:
        """Write what has changed, in the open transaction."""
        if armed.changed:
            self._engine.store.run(_PUT, (orjson.dumps(armed.state()).decode(),))
            self._engine.store.many(_FIRE, armed.news)
            armed.changed = False
            armed.news = []

    def current(self) -> FaultSet:
        """The set that is kept, armed or not; where there is none, an empty one with a seed of its own."""
        if self._engine.armed is not None:
            return self._engine.armed
        row = self._engine.store.one(_FIND)
        return FaultSet(self._engine.ids.bits(_SEED_BITS)) if row is None else restored(orjson.loads(row[0]))

    def change(self, rules: list[Rule], seed: int | str | None, hasten: bool | None) -> None:
        """Add rules; with a seed, all begins anew. In a transaction."""
        chosen = self.current()
        if seed is not None:
            chosen.seeded(seed)
            chosen.news = []
            self._engine.store.run(_FORGET_FIRED)
        if hasten is not None:
            chosen.hasten = hasten
        chosen.rules += rules
        chosen.changed = True
        self.write(chosen)
        self._engine.armed = chosen if chosen.rules else None

    def exchange(self, belongs: Callable[[Rule], bool], rules: list[Rule]) -> None:
        """Put rules in place of those that belong to somebody; the others stay. In a transaction."""
        chosen = self.current()
        chosen.rules = [*(rule for rule in chosen.rules if not belongs(rule)), *rules]
        chosen.changed = True
        self.write(chosen)
        self._engine.armed = chosen if chosen.rules else None

    def clear(self) -> None:
        """No rule, nothing counted, nothing fired. In a transaction."""
        self._engine.store.run(_FORGET)
        self._engine.store.run(_FORGET_FIRED)
        self._engine.armed = None
        self._answers.clear()

    def fired(self) -> list[Fired]:
        return [Fired(*row) for row in self._engine.store.all(_FIRED)]

    # ---- operations

    def holds_up(self, arrival: Arrival) -> bool:
        """Whether the request comes late; it is submitted once more when it has arrived."""
        operation, request = arrival.operation, arrival.request
        if id(request) in self._held_up:
            self._held_up.remove(id(request))
            return False
        armed = self._engine.armed
        rule = self._meet(OF_ARRIVALS, operation, request, arrival.asker, "", arrival.caller.region)
        if armed is None or rule is None:
            return False
        span = self._engine.new_span("fault", f"{rule.kind} of {operation.title}", arrival.caller, arrival.cause)
        span.note("fault", rule.kind)
        armed.news[-1] = armed.news[-1]._replace(trace=span.trace)
        self._engine.spawn(self._come_late(span, rule.milliseconds, arrival), span)
        return True

    async def _come_late(self, span: Span, milliseconds: int, arrival: Arrival) -> None:
        engine = self._engine
        with engine.watch(span.name) as watch:
            await watch.wait(span.started + milliseconds)
        span.outcome = "ok"
        engine.begin()
        engine.group.spans.append(span)
        self._held_up.add(id(arrival.request))
        engine.submit(*arrival._replace(cause=span.cause))
        self._held_up.discard(id(arrival.request))  # where no rule is in force any more

    def before(self, operation: Operation, request: Request, asker: str, span: Span) -> None:
        """Before an operation runs: AwsError where it is to fail."""
        kinds = OF_NESTED if asker == NESTED else OF_ANSWERS
        rule = self._meet(kinds, operation, request, asker, span.trace, span.region)
        if rule is None:
            return
        span.note("fault", rule.kind)
        if rule.kind in OF_NESTED:
            raise error_of(rule, operation.service)
        self._answers[span.id] = rule

    def after(self, span: Span, reply: Reply) -> Reply:
        """The way in which the answer of an operation that is done, or failed, or waits, is given."""
        rule = self._answers.pop(span.id, None)
        if rule is None:
            return reply
        if rule.kind == KILL:
            return lambda result, error: self._kill()
        return lambda result, error: self._hang_up(rule, reply)

    def _hang_up(self, rule: Rule, reply: Reply) -> None:
        clock = self._engine.clock
        if rule.milliseconds:
            clock.call_at(clock.now() + rule.milliseconds, lambda: reply(None, Unanswered()))
        else:
            reply(None, Unanswered())

    def _kill(self) -> None:
        if self.may_kill:
            os.kill(os.getpid(), signal.SIGKILL)

    def _meet(
        self, kinds: frozenset[str], operation: Operation, request: Request, asker: str, trace: str, region: str
    ) -> Rule | None:
        armed = self._engine.armed
        if armed is None or operation.internal:
            return None
        by = BY_CLIENT if asker == BY_CLIENT else BY_SERVICE
        return self._noted(
            armed, armed.meet(kinds, by, OPERATION, operation.service, operation.name, resources_of(request), trace,
                              self._engine.clock.now(), region)
        )  # fmt: skip

    def _noted(self, armed: FaultSet, rule: Rule | None) -> Rule | None:
        if armed.changed:
            self._engine.begin()  # what has passed is written when this turn is over
        return rule

    # ---- deliveries

    def of_delivery(self, item: Delivery) -> Rule | None:
        """What befalls an attempt; one that a fault has befallen before passes."""
        armed = self._engine.armed
        if armed is None:
            return None
        if item.id in armed.spared:
            armed.spared.remove(item.id)
            armed.changed = True
            return None
        service, _, name = item.handler.partition(".")
        rule = self.at(service, name, item.target, OF_DELIVERIES, item.trace)
        if rule is not None:
            armed.spared.add(item.id)
        return rule

    def at(self, service: str, name: str, target: str, kinds: frozenset[str], trace: str) -> Rule | None:
        """What befalls something else that is delivered: a message, a batch."""
        armed = self._engine.armed
        if armed is None:
            return None
        if armed.hasten and self._engine.time.mode == "frozen":
            kinds -= {DELAY}
        resources = [target] if target else []
        arn, now = parse_arn(target), self._engine.clock.now()
        region = "" if arn is None else arn.region
        return self._noted(armed, armed.meet(kinds, BY_SERVICE, DELIVERY, service, name, resources, trace, now, region))

    def of_batch(self, work: Work, taker: str, cause: str) -> bool:
        """Whether nobody learns that a function or a pipe handled a batch, which then comes again."""
        armed = self._engine.armed
        if armed is None:
            return False
        service = taker.split(":")[2]
        rule = self.at(service, "batch", taker, _OF_BATCHES, split_cause(cause)[0])
        if rule is None:
            return False
        span = self._engine.new_span("fault", f"{rule.kind} of {service}.batch", work.caller, cause)
        span.subject, span.outcome = taker, "ok"
        span.note("fault", rule.kind)
        self._engine.group.spans.append(span)
        if rule.kind == KILL:
            self.kill_once_committed()
        return True

    def kill_once_committed(self) -> None:
        self._engine.group.after_commit.append(self._kill)


def check_kills(faults: Faults, rules: list[Rule]) -> None:
    """AwsError where a rule would kill a server that may not be killed."""
    if not faults.may_kill and any(rule.kind == KILL for rule in rules):
        text = "To be killed, a server needs a data folder and to be started with --allow-kill."
        raise AwsError("BadRequest", text, 400)
