"""A service for tests of the engine: it writes words, delivers them, fails on request."""

from __future__ import annotations

import sys
from typing import Any

from headwater.spine.deliveries import Again, Delivery, Exhausted, Failed, Policy, delivery
from headwater.spine.errors import AwsError
from headwater.spine.operations import Answer, Call, Request, Result, operation
from headwater.spine.service import Service
from headwater.spine.work import Watch, Work

SCHEMA = ("CREATE TABLE toy_words (id BIGINT PRIMARY KEY, word TEXT NOT NULL, at BIGINT NOT NULL)",)
_INSERT = "INSERT INTO toy_words (id, word, at) VALUES (?, ?, ?)"


class Memory:
    def __init__(self) -> None:
        self.cleared = 0

    def clear(self) -> None:
        self.cleared += 1


def _write(call: Call, word: str) -> None:
    call.store.run(_INSERT, (call.new_id(), word, call.now))
    call.signal("words")


@operation("toy", "Write")
def write(call: Call, request: Request) -> Result:
    _write(call, request["Word"])
    if request.get("Fail"):
        raise AwsError("Refused", "as asked")
    return {}


@operation("toy", "Nest")
def nest(call: Call, request: Request) -> Result:
    """Writes; then has another operation write and fail, which must leave nothing."""
    _write(call, "outer")
    try:
        call.operation("toy", "Write", {"Word": "inner", "Fail": True})
    except AwsError as error:
        return {"Inner": error.code}
    return {}


@operation("toy", "Words", reads=True)
def words(call: Call, request: Request) -> Result:
    return {"Words": [word for (word,) in call.store.all("SELECT word FROM toy_words ORDER BY id")]}


@operation("toy", "Await")
def wait(call: Call, request: Request) -> Answer:
    return _await_words(call.work, call.watch("words"), request["Until"])


async def _await_words(work: Work, watch: Watch, until: int) -> Result:
    with watch:
        return {"Woken": await watch.wait(until)}


@operation("toy", "Leave")
def leave(call: Call, request: Request) -> Result:
    """Leaves a delivery: ``Word``, ``Due``, ``Policy``, ``Ordering``, ``Handler``."""
    identity = call.deliver(
        request.get("Handler", "toy.word"),
        {"word": request["Word"], "fail": request.get("Fail", 0), "final": request.get("Final", False)},
        due=request.get("Due"),
        policy=Policy(*request.get("Policy", (1,))),
        ordering=request.get("Ordering"),
    )
    if request.get("Cancel"):
        call.cancel(identity)
    return {"Id": identity}


@operation("toy", "Cancel")
def cancel(call: Call, request: Request) -> Result:
    return {"Cancelled": call.cancel(request["Id"])}


def _dead(call: Call, item: Delivery, why: Exhausted) -> None:
    _write(call, f"dead {item.payload['word']} after {item.attempt}: {why.code} {why.condition}")


@delivery("toy.word", exhausted=_dead)
def deliver_word(call: Call, item: Delivery) -> None:
    if item.attempt <= item.payload["fail"]:
        raise Failed("Busy", "try later", retry=not item.payload["final"])
    _write(call, item.payload["word"])


@delivery("toy.every")
def deliver_every(call: Call, item: Delivery) -> Again:
    _write(call, item.payload["word"])
    return Again(item.due + 1000)


@delivery("toy.slow", exhausted=_dead)
def deliver_slow(call: Call, item: Delivery) -> Any:
    return _slowly(call.work, item)


async def _slowly(work: Work, item: Delivery) -> Any:
    await work.wait("go")
    if item.attempt <= item.payload["fail"]:
        raise Failed("Busy")
    return lambda call: _write(call, item.payload["word"])


@operation("toy", "Go")
def go(call: Call, request: Request) -> Result:
    call.signal("go")
    return {}


SERVICE = Service("toy", modules=(sys.modules[__name__],), schema=SCHEMA, memory=Memory)
