"""A service for tests of what is in flight: nodes that hand on, each in a way of its own."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import orjson

from headwater.spine.deliveries import Delivery, Failed, Policy, delivery
from headwater.spine.errors import AwsError
from headwater.spine.operations import Answer, Call, Request, Result, operation
from headwater.spine.service import Service
from headwater.spine.work import Work

SCHEMA = (
    "CREATE TABLE graph_visits (id BIGINT PRIMARY KEY, trace TEXT NOT NULL)",
    "CREATE TABLE graph_queue (id BIGINT PRIMARY KEY, body TEXT NOT NULL, cause TEXT NOT NULL)",
)
_PAUSE = 1000
_SLOW = ("async", "nested", "reads", "together", "operations", "within", "lingers", "signalled")


@operation("graph", "Start")
def start(call: Call, request: Request) -> Result:
    _hand_on(call, {"nodes": request["Nodes"], "at": 0})
    return {"Trace": call.span.trace}


@operation("graph", "Visits", reads=True)
def visits(call: Call, request: Request) -> Result:
    traces = [trace for (trace,) in call.store.all("SELECT trace FROM graph_visits")]
    return {"Visits": len([t for t in traces if t == request.get("Trace", t)])}


def _hand_on(call: Call, payload: dict[str, Any]) -> None:
    """To a node, in its own way."""
    way = payload["nodes"][payload["at"]]["Way"]
    if way == "queue":
        row = (call.new_id(), orjson.dumps(payload).decode(), call.cause)
        call.store.run("INSERT INTO graph_queue (id, body, cause) VALUES (?, ?, ?)", row)
        call.signal("graph-queue")
    elif way == "later":
        call.deliver("graph.now", payload, due=call.now + _PAUSE)
    elif way == "fails once":
        call.deliver("graph.fails", payload, policy=Policy(2))
    elif way == "in order":
        call.deliver("graph.slow", payload, ordering="graph")
    else:
        call.deliver("graph.slow" if way in _SLOW else f"graph.{way}", payload)


def _visit(call: Call, payload: dict[str, Any]) -> None:
    call.store.run("INSERT INTO graph_visits (id, trace) VALUES (?, ?)", (call.new_id(), call.span.trace))
    for target in payload["nodes"][payload["at"]]["To"]:
        _hand_on(call, {"nodes": payload["nodes"], "at": target})


@delivery("graph.now")
def visit_now(call: Call, item: Delivery) -> None:
    _visit(call, item.payload)


@delivery("graph.fails")
def fail_once(call: Call, item: Delivery) -> None:
    if item.attempt == 1:
        raise Failed("Busy")
    _visit(call, item.payload)


@delivery("graph.slow")
def visit_slowly(call: Call, item: Delivery) -> Any:
    return _slowly(call.work, item.payload)


async def _slowly(work: Work, payload: dict[str, Any]) -> Any:
    node = payload["nodes"][payload["at"]]
    if node["Way"] == "nested":
        await work.operation("graph", "Outside", {"Turns": node["Turns"]})
    elif node["Way"] == "reads":
        for _ in range(1 + node["Turns"]):
            await work.operation("graph", "Visits", {})
    elif node["Way"] == "together":
        await work.together(*(_outside(turns) for turns in range(node["Turns"])))
    elif node["Way"] == "operations":
        asked = [work.operation("graph", name, {"Turns": node["Turns"]}) for name in ("Outside", "Visits")]
        await work.together(*asked)
    elif node["Way"] == "within":
        await work.within(_PAUSE, _outside(node["Turns"]))
    elif node["Way"] == "lingers":
        await work.linger(600)
    elif node["Way"] == "signalled":
        await _signalled(work, node["Turns"])
    else:
        await _outside(node["Turns"])
    return lambda call: _visit(call, payload)


async def _signalled(work: Work, turns: int) -> None:
    """Wait for what another task tells."""
    key = object()

    async def tell() -> None:
        await _outside(turns)
        await work.transact(lambda call: call.signal(key))

    with work.watch(key) as watch:
        work.spawn(tell())
        await watch.wait()


async def _outside(turns: int) -> None:
    """As a function's process or a socket: the loop knows nothing of it until it answers."""
    for _ in range(turns):
        answered = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_later(0.0005, _answer, answered)
        await answered


def _answer(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


@operation("graph", "Outside")
def outside(call: Call, request: Request) -> Answer:
    async def wait() -> Result:
        await _outside(request["Turns"])
        return {}

    return wait()


@delivery("graph.stuck")
def stick(call: Call, item: Delivery) -> Any:
    async def wait() -> None:
        await asyncio.get_running_loop().create_future()

    return wait()


@operation("graph", "Within")
def within(call: Call, request: Request) -> Answer:
    async def wait(work: Work) -> Result:
        try:
            await work.within(request["Milliseconds"], work.sleep_until(work.now + 10**9))
        except TimeoutError:
            raise AwsError("TimedOut", "as asked") from None
        return {}

    return wait(call.work)


async def poll(work: Work) -> None:
    """As an event source mapping: takes what there is, waits for commits where there is nothing."""
    with work.watch("graph-queue") as watch:
        while True:
            row = await work.transact(_take)
            if row is None:
                await watch.wait()
                continue
            body, cause = row
            handled = work.caused_by(cause)
            handled.spawn(_handle(handled, orjson.loads(body)))


def _take(call: Call) -> tuple[str, str] | None:
    row = call.store.one("SELECT id, body, cause FROM graph_queue ORDER BY id LIMIT 1")
    if row is None:
        return None
    call.store.run("DELETE FROM graph_queue WHERE id = ?", (row[0],))
    return row[1], row[2]


async def _handle(work: Work, payload: dict[str, Any]) -> None:
    await _outside(1)
    await work.transact(_visit, payload)


SERVICE = Service("graph", modules=(sys.modules[__name__],), schema=SCHEMA, start=poll)
