"""Operations: the one door to a service, and the call that a handler gets."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import orjson

from headwater.spine import records
from headwater.spine.deliveries import DEFAULT_POLICY, PENDING, Delivery, Exhausted, Policy
from headwater.spine.faults import Rule
from headwater.spine.ids import Ids
from headwater.spine.quota import Quota
from headwater.spine.spans import Span, split_cause
from headwater.spine.store import Transaction, Value
from headwater.spine.store.blobs import BlobStore

if TYPE_CHECKING:
    from headwater.spine.authorization import Needs
    from headwater.spine.engine import Engine
    from headwater.spine.quotas import Rate
    from headwater.spine.work import Watch, Work

Request = Mapping[str, Any]
Result = dict[str, Any]
Answer = Result | Coroutine[Any, Any, Result]
Handler = Callable[["Call", Request], Answer]
HandlerT = TypeVar("HandlerT", bound=Callable[..., Any])


# the principal of a request that nobody signed
ANYBODY = "*"
_UNCOUNTED = 100_000


class Caller(NamedTuple):
    """Who calls: 12-digit account, region, and the principal's ARN."""

    account: str
    region: str
    principal: str


class Operation:
    """A named AWS operation with its implementation."""

    __slots__ = (
        "abandonable",
        "handler",
        "in_role",
        "internal",
        "memory",
        "name",
        "needs",
        "needs_savepoint",
        "rate",
        "reads",
        "service",
        "title",
        "validate",
    )

    def __init__(self, mark: OperationMark, handler: Handler) -> None:
        self.service = mark.service
        self.name = mark.name
        self.title = f"{mark.service}:{mark.name}"
        self.handler = handler
        self.internal = mark.internal
        self.reads = mark.reads
        self.abandonable = mark.abandonable
        self.needs_savepoint = not (mark.reads or mark.atomic)
        self.memory: Any = None
        self.validate: Callable[[Request], None] | None = None
        self.rate: Rate | None = None  # at which clients may ask for it
        self.needs: Needs | None = None  # of whoever acts in a role
        self.in_role: Operation | None = None  # the twin that asks it of them


class OperationMark(NamedTuple):
    """What ``@operation`` leaves on a function for the service that lists its module."""

    service: str
    name: str
    internal: bool
    reads: bool
    abandonable: bool
    atomic: bool


def operation(
    service: str,
    name: str,
    *,
    internal: bool = False,
    reads: bool = False,
    abandonable: bool = False,
    atomic: bool = False,
) -> Callable[[HandlerT], HandlerT]:
    """Mark a function as the implementation of an operation.

    ``internal``: has no AWS API and cannot be reached by the wire protocols. ``reads``: writes
    nothing, sends no delivery and signals nothing, so that it needs no savepoint and no commit.
    ``atomic``: whatever it writes, delivers or signals comes after the last thing that can fail, so
    that it needs no savepoint (a fifth of a small write's cost). ``abandonable``: where it waits and
    its client goes away, it is not gone on with.
    """

    def mark(handler: HandlerT) -> HandlerT:
        marks = [
            *getattr(handler, "__operations__", ()),
            OperationMark(service, name, internal, reads, abandonable, atomic),
        ]
        handler.__operations__ = marks  # type: ignore[attr-defined]
        return handler

    return mark


class Call:
    """What a handler sees of the world: the transaction, the clock, the caller, the cause."""

    __slots__ = ("account", "caller", "engine", "memory", "now", "principal", "region", "span", "store")

    def __init__(self, engine: Engine, caller: Caller, now: int, span: Span, memory: Any) -> None:
        self.engine = engine
        self.store: Transaction = engine.store
        self.caller = caller
        self.account, self.region, self.principal = caller
        self.now = now
        self.span = span
        self.memory = memory

    @property
    def ids(self) -> Ids:
        return self.engine.ids

    @property
    def blobs(self) -> BlobStore:
        return self.engine.blobs

    @property
    def endpoint(self) -> str:
        """Our own base URL, such as ``http://127.0.0.1:4566``."""
        return self.engine.endpoint

    @property
    def secure_endpoint(self) -> str:
        """The same by https, such as ``https://127.0.0.1:4567``; empty where there is no TLS."""
        return self.engine.secure_endpoint

    @property
    def cause(self) -> str:
        """The present span as text, to be stored with whatever comes of this call."""
        return self.span.cause

    def caused_by(self, cause: str) -> Call:
        """The same, with the operations that follow hung under another span."""
        trace, parent = split_cause(cause)
        stand_in = Span(parent or 0, trace, None, "cause", "", "", "", 0)
        return Call(self.engine, self.caller, self.now, stand_in, self.memory)

    @property
    def work(self) -> Work:
        """For a coroutine that goes on after this call's transaction."""
        return self.engine.work(self.caller, self.span, self.memory)

    def new_id(self) -> int:
        """A number larger than all before it, unique within the store: for the keys of rows."""
        return self.engine.new_id()

    def operation(
        self,
        service: str,
        name: str,
        request: Request,
        account: str | None = None,
        region: str | None = None,
        principal: str | None = None,
    ) -> Result:
        """Call another operation inside this transaction; all or nothing of it happens. ``principal``: the session of
        the role in which the service does it for its customer."""
        caller = self.caller
        if (account and account != self.account) or (region and region != self.region) or principal:
            caller = Caller(account or self.account, region or self.region, principal or self.principal)
        return self.engine.call_nested(service, name, request, caller, self.span, self.now, principal is not None)

    def ask(self, service: str, name: str, request: Request = MappingProxyType({})) -> Result:
        """What another service's internal read says, and no span tells of: for what is asked at each request."""
        operation = self.engine.find(service, name)
        answer = operation.handler(Call(self.engine, self.caller, self.now, self.span, operation.memory), request)
        assert type(answer) is dict and operation.reads
        return answer

    def deliver(
        self,
        handler: str,
        payload: Any,
        *,
        target: str = "",
        due: int | None = None,
        policy: Policy = DEFAULT_POLICY,
        ordering: str | None = None,
        cause: str | None = None,
        account: str | None = None,
        region: str | None = None,
    ) -> int:
        """Leave something to be done: now (``due`` None) or at an instant (ms). Its id is returned.

        ``payload`` is anything that JSON can hold. Deliveries of one ``ordering`` key are done one
        after the other, in the order in which they were left.
        """
        engine, span, now = self.engine, self.span, self.now
        trace, parent = (span.trace, span.id) if cause is None else split_cause(cause)
        identity = engine.new_id()
        item = Delivery(
            identity, now if due is None else due, handler, target, payload, 0, policy, ordering, trace, parent,
            account or self.account, region or self.region, now, False,
        )  # fmt: skip
        engine.group.deliveries.append(item)
        return identity

    def cancel(self, identity: int) -> bool:
        """Take a delivery back; False where it is gone already."""
        return self.engine.cancel(identity)

    def record(
        self, channel: str, name: str, body: str, routes: list[tuple[str, str, int]], cause: str | None = None
    ) -> None:
        """Keep what was published, so that it can be explained: on which channel (its ARN), its id, its JSON, and to
        whom it goes as (rule or subscription, target, delivery)."""
        self.engine.group.records.append(
            records.make_row(self.new_id(), cause or self.span.cause, channel, name, body, routes)
        )

    def bury(self, item: Delivery, why: Exhausted, dead_letter: str | None) -> None:
        """Keep a delivery that its own handler gives up, for whoever asks; what its policy gives up is kept anyway.
        The span ends as the last attempt did, though the delivery is done."""
        self.span.outcome = why.code
        self.engine.pump.bury(item, why, dead_letter)

    @property
    def is_faulty(self) -> bool:
        """Whether any fault was asked for, so that :meth:`fault` is worth asking."""
        return self.engine.armed is not None

    def fault(self, service: str, name: str, target: str, kinds: frozenset[str]) -> Rule | None:
        """What is to befall something that goes to a target otherwise than by a delivery, such as a message."""
        rule = self.engine.faults.at(service, name, target, kinds, self.span.trace)
        if rule is not None:
            self.span.note("fault", rule.kind)
        return rule

    def quota(self, quota: Quota) -> int:
        """How many there may be of what a quota counts."""
        return self.engine.quotas.of(quota)

    def is_full(self, quota: Quota, count: str, parameters: Sequence[Value]) -> bool:
        """Whether there are as many as there may be, by a statement that counts them. What nobody reaches on one
        machine is not counted, unless it was changed to less."""
        most = self.engine.quotas.of(quota)
        return most < _UNCOUNTED and (self.store.one(count, parameters) or (0,))[0] >= most

    def allows(self, rate: str, count: int = 1) -> bool:
        """Whether the rate of that name, if one is set, allows so many more now; they are counted."""
        return self.engine.quotas.allows(rate, self.caller, self.now, count)

    def pending(self, identity: int) -> tuple[int, Any] | None:
        """When a delivery is due and what it holds; None where it is gone."""
        row = self.store.one(PENDING, (identity,))
        return None if row is None else (row[0], orjson.loads(row[1]))

    def signal(self, key: object) -> None:
        """Wake, once committed, whoever watches the key."""
        self.engine.group.signals.append(key)

    def watch(self, key: object) -> Watch:
        """Watch a key from now on; hand the watch to a coroutine."""
        return self.engine.watch(key)

    def announce(self, channel: str, message: object) -> None:
        """Tell, once committed, whoever listens on the channel; nothing durable."""
        self.engine.group.announcements.append((channel, message))

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Have something done once this is committed, such as dropping files."""
        self.engine.group.after_commit.append(callback)
