"""The engine: runs operations and deliveries in group transactions on one event loop.

Requests that arrive together share a transaction, a savepoint each. Before the commit, the
deliveries that they left and that are due are carried out in the same transaction as far as
that is possible; the others become rows. After the commit replies leave, waiters wake, and
coroutines start.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from time import perf_counter_ns
from typing import Any, TypeVar

from headwater.spine import dead, fault_keeping, keeping, keyring, quotas, records, versions
from headwater.spine import deliveries as ledger
from headwater.spine import spans as span_table
from headwater.spine.auditing import Audit, Told
from headwater.spine.clock import Clock
from headwater.spine.errors import AwsError, internal_error, not_implemented
from headwater.spine.fault_errors import throttled
from headwater.spine.fault_keeping import Arrival, Faults
from headwater.spine.faults import BY_CLIENT, BY_SERVICE, NESTED, FaultSet
from headwater.spine.flight import SERVICE, Flight
from headwater.spine.functions import FunctionRuntime
from headwater.spine.group import Group
from headwater.spine.ids import Ids
from headwater.spine.keeping import DEFAULT_KEEP, Keep, Retention
from headwater.spine.operations import Call, Caller, Operation, Request, Result
from headwater.spine.permissions import in_role
from headwater.spine.pump import AFTER_A_FAILED_COMMIT, Pump
from headwater.spine.service import Catalogue
from headwater.spine.spans import Span, split_cause
from headwater.spine.store import Store
from headwater.spine.store.blobs import BlobStore
from headwater.spine.store.migrations import migrate, migrated_services, prepare
from headwater.spine.timekeeping import SCHEMA as TIME_SCHEMA
from headwater.spine.timekeeping import Timekeeper
from headwater.spine.universes import SCHEMA as UNIVERSE_SCHEMA
from headwater.spine.universes import Universes
from headwater.spine.wire import Wire
from headwater.spine.work import Watch, Work

T = TypeVar("T")
Reply = Callable[[Result | None, AwsError | None], None]
# Seconds until the spans of reads, which cause no commit of their own, are written.
READ_SPANS_WAIT = 0.1
log = logging.getLogger(__name__)


class Engine:
    """One cloud's machinery. All of its methods belong to the event loop's thread."""

    def __init__(
        self,
        store: Store,
        blobs: BlobStore,
        clock: Clock,
        ids: Ids,
        catalogue: Catalogue,
        snapshots: Path,
        keep: Keep = DEFAULT_KEEP,
    ) -> None:
        self.store = store
        self.blobs = blobs
        self.clock = clock
        self.ids = ids
        self.catalogue = catalogue
        self.endpoint = ""
        self.secure_endpoint = ""  # the same by https, where that is asked for
        self.runtime: FunctionRuntime  # set by the composition, as is the next
        self.wire: Wire
        self.group = Group()
        self.pump = Pump(self)
        self.watches: dict[object, list[Watch]] = {}
        self.listeners: dict[str, list[Callable[[object], None]]] = {}
        self.flight = Flight(lambda: self.group.is_open or bool(self.group.replies))
        self.time = Timekeeper(self)
        self.universes = Universes(self, snapshots)
        self.stopped = False
        self.armed: FaultSet | None = None  # None while no fault is asked for
        self.faults = Faults(self)
        self.enforces_policies = False  # whether policies hinder anybody (headwater.spine.admission, permissions)
        self.verifies_signatures = False  # whether requests are refused that are not signed as they ought to be
        self.keyring = keyring.Keyring()
        self.universe = 0  # how many there were before in this process
        self.failure: AwsError | None = None  # of the commit that failed last
        self.audit: Audit | None = None  # set by the service that asks for it
        self._operations = catalogue.operations
        self.quotas = quotas.Quotas(catalogue.operations)
        self.retention = Retention(keep)
        self.last_id = 0
        self.now = 0
        self._new_tables = False  # whether the open group has made tables of a service
        self._lost_tables = False  # whether they went with a commit that failed

    # ---- life

    async def start(self) -> None:
        """Open the tables, release what a former process had in hand, wake the services."""
        self.prepare()
        self.universes.load()
        self.time.load()
        self.store.run(ledger.RELEASE_ALL, (self.clock.now(),))
        for service in migrated_services(self.store):
            if service in self.catalogue.houses:
                self.load(service)
        self.flush()

    def prepare(self) -> None:
        """Bring the spine's own tables up to date, and look at what they say."""
        self.begin()
        prepare(self.store)
        migrate(self.store, "spine-deliveries", ledger.SCHEMA)
        migrate(self.store, "spine-spans", span_table.SCHEMA)
        migrate(self.store, "spine-time", TIME_SCHEMA)
        migrate(self.store, "spine-universe", UNIVERSE_SCHEMA)
        migrate(self.store, "spine-records", records.SCHEMA)
        migrate(self.store, "spine-versions", versions.SCHEMA)
        migrate(self.store, "spine-dead", dead.SCHEMA)
        migrate(self.store, "spine-keeping", keeping.SCHEMA)
        migrate(self.store, "spine-faults", fault_keeping.SCHEMA)
        migrate(self.store, "spine-quotas", quotas.SCHEMA)
        migrate(self.store, "spine-keyring", keyring.SCHEMA)
        self.keyring.load(self.store, self.ids)
        self.faults.load()
        self.quotas.load(self.store)
        self.retention.load(self.store, self.now)
        for table in ("deliveries", "spans", "records", "versions", "dead_deliveries"):
            row = self.store.one(f"SELECT max(id) FROM {table}")
            self.last_id = max(self.last_id, (row and row[0]) or 0)

    async def end_tasks(self) -> None:
        """End what runs beside and commit what is open; once it is so, nothing is begun before the caller's
        next ``await``."""
        self.pump.halt()
        self._close_group()
        while tasks := list(self.flight.tasks):
            await asyncio.sleep(0)  # each of these has begun, so that it ends in order; what they begin comes next
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._close_group()

    def _close_group(self) -> None:
        if self.group.spans:
            self.begin()
        self.flush()

    async def stop(self) -> None:
        """Cancel what runs beside and commit what is open; deliveries in hand keep their rows and
        happen again."""
        self.time.pause()
        await self.end_tasks()
        self.pump.stop()
        # here, in the loop's thread: some of what is remembered may be dropped in no other
        self.catalogue.end()
        self.stopped = True

    def load(self, name: str) -> None:
        """Load a service if it is not yet: tables, operations, pollers."""
        if self.catalogue.loaded(name):
            return
        self.begin()
        service = self.catalogue.load(name, self.store)
        if service is not None:
            self.quotas.attend()
            self._new_tables = True
            self.group.after_commit.append(self._tables_are_made)
            self.start_service(service.name)

    def _tables_are_made(self) -> None:
        self._new_tables = False

    def start_service(self, name: str) -> None:
        """Begin what a loaded service does by itself."""
        service = self.catalogue.services[name]
        if service.start is not None:
            span = self.new_span(SERVICE, name, SYSTEM, None)
            self.spawn(service.start(Work(self, SYSTEM, span, self.catalogue.memory_of[name])), span)

    def spawn(self, coroutine: Coroutine[Any, Any, Any], span: Span) -> asyncio.Task[Any]:
        """Run a coroutine beside; ``span`` is what it is about."""
        task = self.flight.track(coroutine, span)
        task.add_done_callback(_log_failure)
        return task

    # ---- operations

    def find(self, service: str, name: str) -> Operation:
        """The operation, its service loaded; AwsError NotImplemented where there is none."""
        found = self._operations.get((service, name))
        if found is None:
            self.load(service)
            found = self._operations.get((service, name))
            if found is None:
                raise not_implemented(f"The operation {service}:{name}")
        return found

    def submit(
        self,
        operation: Operation,
        request: Request,
        caller: Caller,
        cause: str | None,
        reply: Reply,
        waiting: Callable[[asyncio.Task[None]], None] | None = None,
        asker: str = BY_CLIENT,
    ) -> None:
        """Run an operation; ``reply`` is called once its outcome is durable. ``waiting`` is given the
        task where an abandonable operation waits, so that it can be cancelled."""
        if self.armed is not None and self.faults.holds_up(
            Arrival(operation, request, caller, cause, reply, waiting, asker)
        ):
            return
        audit = self.audit
        if audit is not None and not audit.wants(operation, caller):
            audit = None
        if operation.reads and audit is None and self.armed is None and not self.group.is_open:
            self._read(operation, request, caller, cause, reply)
            return
        self.begin()
        span = self.new_span("operation", operation.title, caller, cause)
        told = None if audit is None else Told(self, audit, (operation, request, caller, span))
        try:
            result = self._run(operation, request, caller, span, asker)
        except AwsError as error:
            if told is not None:
                told.error(error)
            self.group.replies.append((self.faults.after(span, reply), None, error))
            return
        if self.armed is not None:
            reply = self.faults.after(span, reply)
        if type(result) is dict:
            if told is not None:
                told.result(result)
            self.group.replies.append((reply, result, None))
        else:
            if told is not None:
                result = told.outcome(result)
            self.group.starts.append(
                lambda: self._go_on(result, span, reply, waiting if operation.abandonable else None)
            )

    def _read(self, operation: Operation, request: Request, caller: Caller, cause: str | None, reply: Reply) -> None:
        """A read with no transaction open: nothing to commit, the answer leaves when this turn of the loop is over."""
        span = self.new_span("operation", operation.title, caller, cause)
        replies = self.group.replies
        try:
            replies.append((reply, self._run(operation, request, caller, span, BY_CLIENT), None))
        except AwsError as error:
            replies.append((reply, None, error))
        loop = asyncio.get_running_loop()
        if len(replies) == 1:
            loop.call_soon(self._answer_reads)
        if len(self.group.spans) == 1:
            loop.call_later(READ_SPANS_WAIT, self.flush)

    def _answer_reads(self) -> None:
        """Together, so that the clients' next requests come together too: half of the time of many small reads went
        into waking up for each. What was written meanwhile takes them along."""
        group = self.group
        if not group.is_open:
            replies, group.replies = group.replies, []
            for reply, result, error in replies:
                reply(result, error)
            self.flight.look()

    def _run(self, operation: Operation, request: Request, caller: Caller, span: Span, asker: str) -> Any:
        """Run a handler in a savepoint of the open transaction, with its span."""
        started = perf_counter_ns()
        call = Call(self, caller, span.started, span, operation.memory)
        try:
            if self.armed is not None:
                self.faults.before(operation, request, asker, span)
            if operation.rate is not None and asker == BY_CLIENT:
                _throttle(operation.rate, operation.service, caller, span.started)
            if operation.validate is not None:
                operation.validate(request)
            if operation.needs_savepoint:
                result = self.attempt(operation.handler, call, request)
            else:
                result = operation.handler(call, request)
        except AwsError as error:
            span.outcome = error.code
            span.note("error", error.message)
            self.finish_span(span, started)
            raise
        except Exception as error:  # the edge of the process: a fault of ours becomes AWS's 500
            log.exception("operation failed", extra={"operation": operation.title})
            span.outcome = "InternalFailure"
            self.finish_span(span, started)
            raise internal_error() from error
        span.outcome = "ok" if type(result) is dict else None
        self.finish_span(span, started)
        return result

    def attempt(self, handler: Callable[..., T], *arguments: Any) -> T:
        """Run something in a savepoint: all of it happens or nothing."""
        store, group = self.store, self.group
        marks = group.marks()
        loaded = len(self.catalogue.services)
        store.savepoint()
        try:
            result = handler(*arguments)
        except BaseException:
            group.rewind(marks)
            if store.rollback_savepoint():
                self.catalogue.forget()
                if len(self.catalogue.services) > loaded:
                    self.catalogue.restore(store)
            raise
        store.release()
        return result

    def call_nested(
        self, service: str, name: str, request: Request, caller: Caller, parent: Span, now: int, acting: bool = False
    ) -> Result:
        """An operation inside the transaction of another; ``acting``: in a role, which is weighed."""
        operation = self._operations.get((service, name)) or self.find(service, name)
        if acting:
            operation = in_role(operation)
        account, region, _ = caller
        span = Span(self.new_id(), parent.trace, parent.id, "operation", operation.title, account, region, now)
        span.kept = parent.kept
        result = self._run(operation, request, caller, span, NESTED)
        if type(result) is not dict:
            result.close()
            raise AwsError("InternalFailure", f"{operation.title} waits and cannot be called in a transaction.", 500)
        return result

    def ask(self, service: str, name: str, request: Request, caller: Caller) -> Result:
        """What a service's internal read says, before there is an operation that asks; no span tells of it."""
        operation = self.find(service, name)
        span = self.new_span("operation", operation.title, caller, None)
        answer = operation.handler(Call(self, caller, span.started, span, operation.memory), request)
        assert type(answer) is dict and operation.reads
        return answer

    async def call(
        self, service: str, name: str, request: Request, caller: Caller, cause: str | None, acting: bool = False
    ) -> Result:
        """An operation from a coroutine: its committed answer; ``acting``: in a role, which is weighed."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        flight, task = self.flight, asyncio.current_task()

        def reply(result: Result | None, error: AwsError | None) -> None:
            _settle(future, result, error)
            flight.wake(task)

        operation = self.find(service, name)
        self.submit(in_role(operation) if acting else operation, request, caller, cause, reply, asker=BY_SERVICE)
        if not future.done():
            flight.rest(task)
        try:
            return await future
        finally:
            flight.wake(task)

    def _go_on(
        self,
        coroutine: Coroutine[Any, Any, Result],
        span: Span,
        reply: Reply,
        waiting: Callable[[asyncio.Task[None]], None] | None,
    ) -> None:
        task = self.spawn(self._wait_for(coroutine, span, reply), span)
        if waiting is not None:
            waiting(task)

    async def _wait_for(self, coroutine: Coroutine[Any, Any, Result], span: Span, reply: Reply) -> None:
        started = perf_counter_ns()
        try:
            result = await coroutine
        except asyncio.CancelledError:
            reply(None, AwsError("ServiceUnavailable", "The service is stopping.", 503))
            raise
        except AwsError as error:
            span.outcome = error.code
            span.note("error", error.message)
            self.finish_span(span, started)
            reply(None, error)
        except Exception:  # the edge of the process: a fault of ours becomes AWS's 500
            log.exception("operation failed", extra={"operation": span.name})
            span.outcome = "InternalFailure"
            self.finish_span(span, started)
            reply(None, internal_error())
        else:
            span.outcome = "ok"
            self.finish_span(span, started)
            reply(result, None)

    def work(self, caller: Caller, span: Span, memory: Any) -> Work:
        return Work(self, caller, span, memory)

    async def transact(
        self, caller: Caller, span: Span, memory: Any, function: Callable[..., T], arguments: tuple[Any, ...]
    ) -> T:
        """A short transaction for a coroutine, inside the group's; returns once committed."""
        self.begin()
        call = Call(self, caller, self.now, span, memory)
        result = self.attempt(function, call, *arguments)
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self.group.replies.append((partial(_settle, future), result, None))
        return await future

    async def transact_system(self, function: Callable[[Call], T]) -> T:
        """A short transaction of Headwater's own, such as of its surface."""
        return await self.transact(SYSTEM, self.new_span("surface", "", SYSTEM, None), None, function, ())

    # ---- the group

    def begin(self) -> None:
        """Open the group's transaction unless it is; it is closed when this turn of the loop is over."""
        if not self.group.is_open:
            self.store.begin()
            self.group.is_open = True
            self._look_at_the_clock()
            asyncio.get_running_loop().call_soon(self.flush)
            if self._lost_tables:
                self.catalogue.restore(self.store)
                self._lost_tables, self._new_tables = False, True
                self.group.after_commit.append(self._tables_are_made)

    def flush(self) -> None:
        """Carry out what is due, commit, and let the replies go."""
        group = self.group
        if not group.is_open:
            if group.spans and not self.stopped:
                self.begin()
            return
        try:
            self.pump.carry_out()
            if self.armed is not None:
                self.faults.write(self.armed)
            if group.spans:
                size = span_table.write(self.store, group.spans)
                if group.records:
                    size += records.write(self.store, group.records)
                self.retention.wrote(self.store, size, self.last_id, self.now)
            self.store.commit()
        except Exception as error:  # the edge: a full disk must not leave clients without an answer
            log.exception("commit failed")
            self._abandon(error)
            return
        finished = self.group
        self.group = Group()
        self._finish(finished)

    def _finish(self, group: Group) -> None:
        for callback in group.after_commit:
            try:
                callback()
            except Exception:  # the edge of the process: replies must leave whatever happens beside
                log.exception("what was to follow a commit failed")
        for start in group.starts:
            start()
        for key in group.signals:
            for watch in self.watches.get(key, ()):
                watch.notify()
        for channel, message in group.announcements:
            for listener in self.listeners.get(channel, ()):
                listener(message)
        for reply, result, error in group.replies:
            reply(result, error)
        if group.records and "records" in self.listeners:
            for listener in self.listeners["records"]:
                listener(group.records)
        if "spans" in self.listeners:
            for listener in self.listeners["spans"]:
                listener(group.spans)
        self.pump.wake()
        self.flight.look()

    def _abandon(self, error: Exception) -> None:
        """The group did not happen: caches go, those who asked are told, and what is due is tried again soon."""
        self.store.rollback()
        self._lost_tables, self._new_tables = self._new_tables, False
        self.catalogue.forget()
        self.retention.load(self.store, self.now)
        self.faults.load()
        self.quotas.load(self.store)
        group, self.group = self.group, Group()
        self.pump.forget()
        self.failure = AwsError("ServiceUnavailable", f"The store did not commit: {error}", 503)
        for reply, _, _ in group.replies:
            reply(None, self.failure)
        self.pump.wake()
        asyncio.get_running_loop().call_later(AFTER_A_FAILED_COMMIT / 1000, self.flight.look)

    # ---- deliveries, watches, spans

    def cancel(self, identity: int) -> bool:
        if any(item.id == identity and not item.stored for item in self.group.deliveries):
            # it is skipped when its turn comes, unless this savepoint is rolled back
            self.group.cancelled.append(identity)
            return True
        row = self.store.one(ledger.CANCEL, (identity,))
        if row is not None and row[0] is not None:
            self.pump.end_turn(row[0])
        return row is not None

    def watch(self, key: object) -> Watch:
        return Watch(self, key)

    def listen(self, channel: str, callback: Callable[[object], None]) -> Callable[[], None]:
        """Hear what is announced on a channel; the returned function ends it."""
        self.listeners.setdefault(channel, []).append(callback)

        def end() -> None:
            self.listeners[channel].remove(callback)
            if not self.listeners[channel]:
                del self.listeners[channel]

        return end

    def new_id(self) -> int:
        """Rising numbers, unique within the store: milliseconds and a counter."""
        self.last_id = identity = self.last_id + 1
        return identity

    def _look_at_the_clock(self) -> int:
        """One look for all that happens in this turn; ids go on from it."""
        self.now = now = self.clock.now()
        if self.last_id < now << 20:
            self.last_id = now << 20
        return now

    def new_span(self, kind: str, name: str, caller: Caller, cause: str | None) -> Span:
        now = self.now if self.group.is_open else self._look_at_the_clock()
        identity = self.new_id()
        if cause is None:
            trace, parent = self.ids.trace(now, identity), None
        else:
            trace, parent = split_cause(cause)
        return Span(identity, trace, parent, kind, name, caller.account, caller.region, now)

    def finish_span(self, span: Span, started: int) -> None:
        span.duration = (perf_counter_ns() - started) // 1000
        if span.kept:
            self.group.spans.append(span)


SYSTEM = Caller("000000000000", "us-east-1", "arn:aws:iam::000000000000:root")


def _throttle(rate: quotas.Rate, service: str, caller: Caller, now: int) -> None:
    if not rate.take(caller.account, caller.region, now):
        raise throttled(service)


def _settle(future: asyncio.Future[Any], result: Any, error: AwsError | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)


def _log_failure(task: asyncio.Task[Any]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("background task failed", exc_info=error)
