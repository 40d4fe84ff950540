"""Calls of AWS's APIs as events, for rules that ask for ``AWS API Call via CloudTrail``.

Nothing is done for accounts and regions whose default bus has no such rule; nothing at all where there is none.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from headwater.languages.patterns import InvalidPattern
from headwater.services.events import tables
from headwater.services.events.buses import DEFAULT, bus_name
from headwater.services.events.trail_event import DETAIL_TYPE, is_data, is_read, trail_detail, trail_source
from headwater.spine.arns import parse_arn
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Caller, Operation, Request, Result
from headwater.spine.spans import Span
from headwater.spine.work import Work

if TYPE_CHECKING:
    from headwater.services.events.routing import Routes
    from headwater.spine.engine import Engine

# Rules of this state get calls that only read, too.
EVERYTHING = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
log = logging.getLogger(__name__)
Here = tuple[str, str]


class Trail:
    """The audit of an engine: which accounts and regions have rules that ask, as the memory of the service has it."""

    def __init__(self, engine: Engine, routes: Routes) -> None:
        self._engine = engine
        self._routes = routes

    def wants(self, operation: Operation, caller: Caller) -> bool:
        asked = self._routes.trailed
        if asked is None:
            asked = self._routes.trailed = _asked(self._engine, self._routes)
        reads_too = asked.get((caller.account, caller.region))
        if reads_too is None or operation.internal or is_data(operation.service, operation.name):
            return False
        return reads_too or not is_read(operation.name)

    def tell(
        self,
        operation: Operation,
        request: Request,
        caller: Caller,
        span: Span,
        result: Result | None,
        error: AwsError | None,
    ) -> None:
        engine = self._engine
        try:
            event = {
                "Source": trail_source(operation.service),
                "DetailType": DETAIL_TYPE,
                "Detail": trail_detail(operation, request, caller, engine.now, engine.ids, result, error),
                "ReadOnly": is_read(operation.name),
            }
            engine.call_nested("events", "PutServiceEvent", event, caller, span, engine.now)
        except AwsError:  # the call itself has gone well: what is told of it must not undo it
            log.exception("a call could not be told of", extra={"operation": operation.title})


def _asked(engine: Engine, routes: Routes) -> dict[Here, bool]:
    """The accounts and regions with rules that ask for calls, and whether for those that read, too."""
    asked: dict[Here, bool] = {}
    for row in engine.store.all(tables.RULES_NAMING_CALLS):
        bus = parse_arn(row[1])
        if bus is not None and bus_name(row[1]) == DEFAULT and _names_calls(routes, row[3]):
            here = (bus.account, bus.region)
            asked[here] = asked.get(here, False) or row[5] == EVERYTHING
    return asked


def _names_calls(routes: Routes, pattern: str) -> bool:
    """Whether a pattern asks for the detail type by name; that it excludes nothing else is not asking."""
    try:
        branches = routes.pattern(pattern).branches
    except InvalidPattern:
        return False
    return any(
        field.path == "detail-type" and field.accepts(DETAIL_TYPE) and _is_named(field.predicates)
        for branch in branches
        for field in branch.fields
    )


def _is_named(predicates: tuple[Any, ...]) -> bool:
    return any(predicate.operator not in ("anything-but", "exists") for predicate in predicates)


def attend(call: Call, pattern: str | None) -> None:
    """A rule has changed: calls are told of from now on if it asks for them."""
    call.memory.trailed = None
    if pattern is not None and _may_name_calls(pattern) and call.engine.audit is None:
        call.engine.audit = Trail(call.engine, call.memory)


def _may_name_calls(pattern: str) -> bool:
    return "AWS API" in pattern or "CloudTrail" in pattern


async def start(work: Work) -> None:
    """Rules that ask may be there from a former process."""
    if work.engine.store.one(tables.RULES_NAMING_CALLS) is not None and work.engine.audit is None:
        work.engine.audit = Trail(work.engine, work.memory)
