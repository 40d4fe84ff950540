"""The routes of our own surface."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from headwater import __version__
from headwater.insight.follow import follow
from headwater.insight.traces import find_trace, last_trace, tree
from headwater.spine.engine import SYSTEM, Engine
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call
from headwater.spine.work import Work

Route = Callable[[Mapping[str, str], Any], Awaitable[Any]]
Stream = Callable[[Mapping[str, str], Callable[[bytes], None]], Callable[[], None]]


def routes(engine: Engine) -> dict[tuple[str, str], Route]:
    """Method and path to what answers them."""
    return {
        ("GET", "/_headwater/health"): lambda query, body: _health(engine),
        ("GET", "/_localstack/health"): lambda query, body: _localstack_health(engine),
        ("POST", "/_headwater/reset"): lambda query, body: _reset(engine),
        ("POST", "/_localstack/state/reset"): lambda query, body: _reset(engine),
        ("GET", "/_headwater/trace"): lambda query, body: _trace(engine, query),
        ("PUT", "/_headwater/cloudformation/response"): lambda query, body: _respond(engine, query, body),
    }


def streams(engine: Engine) -> dict[str, Stream]:
    """Paths to what goes on being sent until the client leaves."""
    return {"/_headwater/follow": lambda query, send: follow(engine, query, send)}


async def _health(engine: Engine) -> dict[str, Any]:
    return {
        "status": "ready",
        "version": __version__,
        "endpoint": engine.endpoint,
        "services": sorted(engine.catalogue.houses),
    }


async def _localstack_health(engine: Engine) -> dict[str, Any]:
    loaded = engine.catalogue.loaded
    services = {name: "running" if loaded(name) else "available" for name in sorted(engine.catalogue.houses)}
    return {"services": services, "edition": "headwater", "version": __version__}


async def _reset(engine: Engine) -> dict[str, Any]:
    await engine.reset()
    return {"status": "reset"}


async def _trace(engine: Engine, query: Mapping[str, str]) -> dict[str, Any]:
    """``id`` names a trace, an ARN or something that a span notes; without it, the newest."""
    work = Work(engine, SYSTEM, engine.new_span("surface", "trace", SYSTEM, None), None)

    def read(call: Call) -> dict[str, Any]:
        found = find_trace(call, query["id"]) if "id" in query else last_trace(call)
        if found is None:
            raise AwsError("NotFound", "No such trace.", 404)
        return {"trace": found, "spans": tree(call, found)}

    await work.transact(lambda call: None)  # spans of this turn are written before they are read
    return await work.transact(read)


async def _respond(engine: Engine, query: Mapping[str, str], body: Any) -> dict[str, Any]:
    """A custom resource's answer: what the `ResponseURL` of its request leads to."""
    answer = {"Token": query.get("token", ""), "Body": body}
    return await engine.call("cloudformation", "Respond", answer, SYSTEM, None)
