"""How many environments a function has."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from runtime_lab import Lab

MEETING = """
import os, time

def handler(event, context):
    open(os.path.join(event["folder"], event["name"]), "w").close()
    until = time.monotonic() + event["seconds"]
    while not os.path.exists(os.path.join(event["folder"], event["other"])) and time.monotonic() < until:
        time.sleep(0.01)
    return os.path.exists(os.path.join(event["folder"], event["other"]))
"""


@pytest.mark.parametrize("busy", [False, True])
def test_a_free_processor_is_used_though_the_last_start_was_slow(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, busy: bool
) -> None:
    """Two invocations that wait for each other meet; where all processors are busy, the second waits for the first."""
    function = lab.function(MEETING, timeout=60)
    folder = str(tmp_path)
    assert lab.answer(function, {"folder": folder, "name": "a", "other": "a", "seconds": 0}) is True
    (pool,) = (each for arn, each in lab.runtime._pools.items() if arn == function.arn)
    monkeypatch.setattr(pool, "_patience", 10_000.0)
    monkeypatch.setattr(pool, "_moved", float("inf"))  # environments become free for those who wait
    pressure = lab.runtime._host.pressure
    monkeypatch.setattr(pressure, "is_high", lambda now: busy)
    monkeypatch.setattr(pressure, "processors", 1)
    seconds = 0.3 if busy else 50

    async def both() -> list[bool]:
        meeting = {"folder": folder, "seconds": seconds}
        first = lab.invocation(function, meeting | {"name": "b", "other": "c"}, "r-2")
        second = lab.invocation(function, meeting | {"name": "c", "other": "b"}, "r-3")
        return [json.loads(each.payload) for each in await asyncio.gather(first, second)]

    assert lab.run(both()) == [not busy, True]
