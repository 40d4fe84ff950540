"""The pump: carries out deliveries that are due, and decides what follows a failure."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

import orjson

from headwater.spine import dead
from headwater.spine import deliveries as ledger
from headwater.spine.clock import Timer
from headwater.spine.deliveries import Again, Delivery, DeliveryHandler, Exhausted, Failed, Policy
from headwater.spine.errors import AwsError
from headwater.spine.faults import DELAY, DUPLICATE, KILL, Rule
from headwater.spine.numbers import LARGEST
from headwater.spine.operations import Call, Caller
from headwater.spine.spans import Span, split_cause

if TYPE_CHECKING:
    from headwater.spine.engine import Engine

# How many deliveries one group's transaction carries out before it lets its replies go.
CARRIED_BY_GROUP = 500
CLAIMED_AT_ONCE = 200
AFTER_A_FAILED_COMMIT = 1000
# A claim without renewal: the longest function run and some more. The end of this process ends it too.
LEASE = 20 * 60 * 1000
# Coroutines in hand at once; more rows wait until one of them ends.
MOST_RUNNING = 1000

log = logging.getLogger(__name__)


class Pump:
    """Claims, runs, retries. It has no state that the table has not, but what runs right now."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._running: dict[int, asyncio.Task[Any]] = {}
        self._timer: Timer | None = None
        self._timer_due: int | None = None
        self._next_due: int | None = 0
        self._claim_wanted = True
        self._halted = False
        self._look_again: int | None = None  # while leased rows may be in nobody's hands: when to look for them
        self._policies: dict[str, Policy] = {}
        self._callers: dict[tuple[str, str], Caller] = {}

    # ---- when

    def wake(self) -> None:
        """Set the timer for what is due next; called after each commit."""
        if self._next_due is None or self._halted:
            return
        now = self._engine.now
        if self._next_due <= now:
            self._ring()
        elif self._timer_due is None or self._next_due < self._timer_due:
            self._cancel_timer()
            self._timer_due = self._next_due
            self._timer = self._engine.clock.call_at(self._next_due, self._ring)

    def _ring(self) -> None:
        self._cancel_timer()
        self._claim_wanted = True
        self._next_due = None
        self._engine.begin()

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._timer_due = None

    def due_at(self, when: int) -> None:
        """Something is, or may be, due then."""
        if self._next_due is None or when < self._next_due:
            self._next_due = when

    def look(self) -> None:
        """Set the timer by the table: what it is set for may be gone."""
        self._cancel_timer()
        row = self._engine.store.one(ledger.NEXT_DUE)
        self._next_due = self._look_again if row is None else row[0]
        self.wake()

    def forget(self) -> None:
        """After a rollback: ask the table anew, and take back what coroutines had just ended with."""
        self._next_due = self._look_again = self._engine.now + AFTER_A_FAILED_COMMIT

    def halt(self) -> None:
        """Begin nothing more; what is left becomes rows."""
        self._halted = True

    def stop(self) -> None:
        """As at the beginning: nothing in hand, and the table to be asked anew."""
        self._cancel_timer()
        self._running.clear()
        self._next_due = 0
        self._claim_wanted = True
        self._halted = False

    @property
    def running(self) -> int:
        """How many deliveries are in the hands of coroutines."""
        return len(self._running)

    # ---- within the group's transaction

    def carry_out(self) -> None:
        """Run what the group left and what has come due, up to a bound; store the rest."""
        engine, group = self._engine, self._engine.group
        if self._halted:
            self._store_all([item for item in group.deliveries if item.id not in group.cancelled])
            return
        if self._claim_wanted and len(self._running) < MOST_RUNNING:
            self._claim_wanted = False
            if self._look_again is not None:
                self._release()
            self._claim()
        kept: list[Delivery] = []
        carried = 0
        now = engine.now
        # the list grows while it is gone through: what is delivered may leave deliveries itself
        for item in group.deliveries:
            if group.cancelled and item.id in group.cancelled:
                continue
            if (
                item.due > now
                or carried >= CARRIED_BY_GROUP
                or (item.ordering is not None and self._must_queue(item.ordering, kept))
            ):
                kept.append(item)
            else:
                carried += 1
                self._carry(item)
        if group.cancelled:
            kept = [item for item in kept if item.id not in group.cancelled]
        if kept:
            self._store_all(kept)

    def _must_queue(self, ordering: str, kept: list[Delivery]) -> bool:
        """Whether earlier deliveries of an ordering key are still waiting."""
        return any(earlier.ordering == ordering for earlier in kept) or self._is_waited_for(ordering)

    def _is_waited_for(self, ordering: str) -> bool:
        return self._engine.store.one(ledger.WAITING_BEHIND, (ordering,)) is not None

    def end_turn(self, ordering: str) -> None:
        """A row of that ordering key is gone: the next one takes its turn."""
        self._engine.store.run(ledger.NEXT_OF_ORDERING, (ordering,))
        self.due_at(0)

    def _store_all(self, items: list[Delivery]) -> None:
        """Write deliveries as rows; of those with an ordering key only the first of it takes its turn."""
        ahead: set[str] = set()
        rows = []
        for item in items:
            key = item.ordering
            rows.append(_row(item, 0, waits=key is not None and (key in ahead or self._is_waited_for(key))))
            if key is not None:
                ahead.add(key)
        self._engine.store.many(ledger.INSERT, rows)
        for item in items:
            self.due_at(item.due)

    def _claim(self) -> None:
        """Run the rows that are due. The one writer needs no lease for what ends in this transaction."""
        engine = self._engine
        now = engine.now
        rows = engine.store.all(ledger.CLAIM, (now, CLAIMED_AT_ONCE))
        for row in rows:
            if row[0] in self._running:
                # its lease ran out while its coroutine is alive: prolong
                engine.store.run(ledger.LEASE, (now + LEASE, row[5], row[0]))
            else:
                self._carry(self._from_row(row))
        if len(rows) == CLAIMED_AT_ONCE:
            self.due_at(now)
        elif (earliest := engine.store.one(ledger.NEXT_DUE)) is not None:
            self.due_at(max(earliest[0], now + 1))

    def _release(self) -> None:
        """Leased rows whose coroutines have ended without a commit are due again."""
        engine = self._engine
        for (identity,) in engine.store.all(ledger.LEASED):
            if identity not in self._running:
                engine.store.run(ledger.RELEASE, (engine.now, identity))
        engine.group.after_commit.append(self._taken_back)

    def _taken_back(self) -> None:
        self._look_again = None

    def _from_row(self, row: tuple[Any, ...]) -> Delivery:
        identity, due, handler, target, payload, attempt, policy, ordering, cause, account, region, created = row
        known = self._policies.get(policy)
        if known is None:
            known = self._policies[policy] = Policy(*orjson.loads(policy))
        return Delivery(
            identity, due, handler, target, orjson.loads(payload), attempt, known, ordering, *split_cause(cause),
            account, region, created, True,
        )  # fmt: skip

    def _carry(self, item: Delivery) -> None:
        """One attempt, in a savepoint; its outcome is written in this transaction."""
        engine = self._engine
        item.attempt += 1
        started = perf_counter_ns()
        span = self._span(item)
        fault = None if engine.armed is None else engine.faults.of_delivery(item)
        if fault is not None:
            span.note("fault", fault.kind)
            if fault.kind == DELAY:
                self._repeat(item, fault, span)
                engine.finish_span(span, started)
                return
        try:
            handler = engine.catalogue.deliveries.get(item.handler) or self._loaded(item.handler)
            caller = self._callers.get((item.account, item.region)) or self._caller(item)
            call = Call(engine, caller, span.started, span, handler.memory)
            result = handler.run(call, item) if handler.atomic else engine.attempt(handler.run, call, item)
        except (AwsError, Failed) as error:
            self._failed(item, span, started, error)
            return
        except Exception as error:  # the edge of the process: the policy decides on our own faults too
            log.exception("delivery failed", extra={"handler": item.handler})
            self._failed(item, span, started, Failed("InternalFailure", str(error)))
            return
        if result is None and fault is None:
            if item.stored:
                self._done(item)
            span.outcome = "ok"
        elif result is None or type(result) is Again:
            self._settle(item, result, span, fault)
        else:
            self._start(item, result, span, handler, fault)
            return
        engine.finish_span(span, started)

    def _settle(self, item: Delivery, result: Again | None, span: Span, fault: Rule | None) -> None:
        """It went well: the row goes, or stays for another time."""
        if fault is not None:
            self._repeat(item, fault, span)
        elif result is None:
            self._done(item)
            span.outcome = span.outcome or "ok"  # unless its handler gave it up
        else:
            self._again(item, result)
            span.outcome = "again"

    def _repeat(self, item: Delivery, fault: Rule, span: Span) -> None:
        """What a fault has befallen is done once more: it was delayed, or nobody knows that it was done."""
        self._again(item, Again(self._engine.now + fault.milliseconds))
        span.outcome = "again" if fault.kind == DELAY else "ok"
        if fault.kind == KILL:
            self._engine.faults.kill_once_committed()

    def _span(self, item: Delivery) -> Span:
        engine = self._engine
        span = Span(
            engine.new_id(), item.trace, item.parent, "delivery", item.handler, item.account, item.region, engine.now
        )
        span.subject = item.target or None
        span.delivery = item.id
        if item.attempt > 1:
            span.note("attempt", item.attempt)
        return span

    def _caller(self, item: Delivery) -> Caller:
        key = (item.account, item.region)
        known = self._callers.get(key)
        if known is None:
            known = self._callers[key] = Caller(*key, f"arn:aws:iam::{item.account}:root")
        return known

    def _loaded(self, name: str) -> DeliveryHandler:
        """A handler whose service was not loaded yet."""
        self._engine.load(name.partition(".")[0])
        found = self._engine.catalogue.deliveries.get(name)
        if found is None:
            raise Failed("NotImplemented", f"No service carries out deliveries named {name}.")
        return found

    def _done(self, item: Delivery) -> None:
        if item.stored:
            self._engine.store.run(ledger.DELETE, (item.id,))
            if item.ordering is not None:
                self.end_turn(item.ordering)

    def _again(self, item: Delivery, again: Again) -> None:
        item.attempt -= 1
        if again.payload is not None:
            item.payload = again.payload
        self._postpone(item, again.due, None)

    def _failed(self, item: Delivery, span: Span, started: int, error: AwsError | Failed) -> None:
        """Try again later or give up, as the policy says."""
        engine = self._engine
        span.outcome = error.code
        span.note("error", error.message)
        now = engine.now
        wait = item.policy.wait(item.attempt, engine.ids.random)
        due = now + (max(wait, error.wait) if isinstance(error, Failed) else wait)
        condition = item.policy.exhausted(item.attempt, item.created, due)
        final = isinstance(error, Failed) and not error.retry
        if final or condition is not None:
            span.note("given up", condition or "final")
            engine.finish_span(span, started)
            self._give_up(item, span, Exhausted(error.code, error.message, None if final else condition))
        else:
            span.note("next attempt", due)
            engine.finish_span(span, started)
            self._postpone(item, due, f"{error.code}: {error.message}")

    def _give_up(self, item: Delivery, span: Span, why: Exhausted) -> None:
        engine = self._engine
        handler = engine.catalogue.deliveries.get(item.handler)
        if handler is not None and handler.exhausted is not None:
            call = Call(engine, self._caller(item), engine.now, span, handler.memory)
            try:
                engine.attempt(handler.exhausted, call, item, why)
            except (AwsError, Failed) as error:
                log.warning("dead-lettering failed", extra={"handler": item.handler, "error": str(error)})
                span.note("dead letter failed", str(error))
                why = why._replace(message=f"{why.message} (its dead letter was refused: {error})")
            except Exception:  # the edge of the process: the row must go or it would be claimed for ever
                log.exception("dead-lettering failed", extra={"handler": item.handler})
        self.bury(item, why, (span.notes or {}).get("dead-lettered to"))
        self._done(item)

    def bury(self, item: Delivery, why: Exhausted, dead_letter: str | None) -> None:
        """Keep what is given up, for whoever asks."""
        engine = self._engine
        identity = engine.new_id()
        size = dead.bury(engine.store, identity, item, why, dead_letter, engine.now)
        engine.retention.wrote(engine.store, size, identity, engine.now)

    def _postpone(self, item: Delivery, due: int, error: str | None) -> None:
        item.due = due
        if item.stored:
            payload = orjson.dumps(item.payload)
            self._engine.store.run(ledger.POSTPONE, (due, item.attempt, payload, error, item.id))
        else:
            self._engine.store.run(ledger.INSERT, _row(item, 0, error))
            item.stored = True
        self.due_at(due)

    # ---- outside of it

    def _start(
        self, item: Delivery, coroutine: Coroutine[Any, Any, Any], span: Span, handler: DeliveryHandler,
        fault: Rule | None,
    ) -> None:  # fmt: skip
        """Lease the row in this transaction; run the coroutine once that is committed."""
        engine = self._engine
        lease = engine.now + LEASE
        if item.stored:
            engine.store.run(ledger.LEASE, (lease, item.attempt, item.id))
        else:
            engine.store.run(ledger.INSERT, _row(item, 1, due=lease))
            item.stored = True
        engine.group.spans.append(span)
        engine.group.starts.append(lambda: self._launch(item, self._await(item, coroutine, span, handler, fault), span))

    def _launch(self, item: Delivery, coroutine: Coroutine[Any, Any, Any], span: Span) -> None:
        self._running[item.id] = self._engine.spawn(coroutine, span)

    async def _await(
        self, item: Delivery, coroutine: Coroutine[Any, Any, Any], span: Span, handler: DeliveryHandler,
        fault: Rule | None,
    ) -> None:  # fmt: skip
        engine = self._engine
        started = perf_counter_ns()
        error: AwsError | Failed | None = None
        finish = None
        try:
            finish = await coroutine
        except (AwsError, Failed) as failure:
            error = failure
        except Exception as failure:  # the edge of the process: the policy decides on our own faults too
            log.exception("delivery failed", extra={"handler": item.handler})
            error = Failed("InternalFailure", str(failure))
        finally:
            self._running.pop(item.id, None)
        engine.begin()
        if engine.store.one(ledger.EXISTS, (item.id,)) is None:
            # cancelled meanwhile, such as a task of an execution that was stopped
            span.outcome = "cancelled"
            engine.finish_span(span, started)
            return
        if error is None and fault is not None and fault.kind != DUPLICATE:
            finish = None  # the outcome is lost
        if error is None and callable(finish):
            call = Call(engine, self._caller(item), engine.now, span, handler.memory)
            try:
                finish = engine.attempt(finish, call)
            except (AwsError, Failed) as failure:
                error = failure
        if error is not None:
            self._failed(item, span, started, error)
            return
        self._settle(item, finish if type(finish) is Again else None, span, fault)
        engine.finish_span(span, started)


def _row(
    item: Delivery, leased: int, error: str | None = None, due: int | None = None, waits: bool = False
) -> tuple[Any, ...]:
    return (
        item.id,
        min(item.due if due is None else due, LARGEST),  # a row that no store can hold would fail the whole group
        item.handler,
        item.target,
        orjson.dumps(item.payload),
        item.attempt,
        orjson.dumps([*item.policy]).decode(),
        item.ordering,
        item.cause,
        item.account,
        item.region,
        item.created,
        leased,
        error,
        int(waits),
    )
