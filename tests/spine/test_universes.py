"""Snapshots of the engine: rows, time, identifiers, and what ran when they were taken."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from headwater.spine.clock import Clock
from headwater.spine.engine import SYSTEM
from headwater.spine.errors import AwsError
from headwater.spine.store.blobs import BlobStore
from tests.spine.bench import START, Bench


def run(folder: Path, test: Callable[[Bench], Coroutine[Any, Any, None]]) -> None:
    async def whole() -> None:
        async with Bench(folder) as bench:
            await test(bench)

    asyncio.run(whole())


def test_a_snapshot_brings_back_rows_and_timers_and_time(tmp_path: Path) -> None:
    async def test(bench: Bench) -> None:
        universes = bench.engine.universes
        await bench.call("Write", Word="kept")
        await bench.call("Leave", Word="timer", Due=START + 5000)
        await universes.save("one")
        for _ in range(3):
            await bench.call("Write", Word="after")
            await bench.advance(10_000)
            assert await bench.words() == ["kept", "after", "timer"]
            await universes.restore("one")
            assert bench.clock.now() == START
            assert bench.clock.mode == "frozen"
            assert await bench.words() == ["kept"]
        await bench.advance(5000)
        assert await bench.words() == ["kept", "timer"]

    run(tmp_path, test)


def test_what_was_in_hand_is_done_again_in_each_universe(tmp_path: Path) -> None:
    async def test(bench: Bench) -> None:
        await bench.call("Leave", Word="in flight", Handler="toy.slow")
        await bench.rest()
        assert bench.engine.pump.running == 1
        await bench.engine.universes.save("running")
        for _ in range(2):
            await bench.call("Go")
            assert await bench.words() == ["in flight"]
            await bench.engine.universes.restore("running")
            await bench.rest()
            assert await bench.words() == []
            assert bench.engine.pump.running == 1

    run(tmp_path, test)


def test_identifiers_of_a_seeded_cloud_repeat(tmp_path: Path) -> None:
    async def test(bench: Bench) -> None:
        engine = bench.engine
        await engine.universes.save("one")
        seen = []
        for _ in range(2):
            await bench.call("Write", Word="x")
            seen.append((engine.ids.uuid(), engine.last_id))
            await engine.universes.restore("one")
        assert seen[0] == seen[1]

    run(tmp_path, test)


def test_snapshots_survive_the_process(tmp_path: Path) -> None:
    async def before(bench: Bench) -> None:
        await bench.call("Write", Word="old")
        await bench.engine.universes.save("old")
        await bench.call("Write", Word="new")
        await bench.engine.universes.save("new")

    async def after(bench: Bench) -> None:
        universes = bench.engine.universes
        assert [each.name for each in universes.all()] == ["new", "old"]
        await universes.restore("old")
        assert await bench.words() == ["old"]
        await universes.restore("new")
        assert await bench.words() == ["old", "new"]
        universes.delete("old")
        assert [each.name for each in universes.all()] == ["new"]
        with pytest.raises(AwsError, match="no snapshot named old"):
            await universes.restore("old")
        with pytest.raises(AwsError, match="name matches"):
            await universes.save("../elsewhere")

    run(tmp_path, before)
    # as a crash leaves them: one that was being made, and one between its former and its new self
    (tmp_path / "snapshots" / ".tmp1").mkdir()
    (tmp_path / "snapshots" / "new").rename(tmp_path / "snapshots" / ".former-new")
    run(tmp_path, after)
    assert not list((tmp_path / "snapshots").glob(".*"))


def test_an_advance_ends_with_the_universe_that_it_was_in(tmp_path: Path) -> None:
    async def test(bench: Bench) -> None:
        await bench.engine.universes.save("one")
        bench.engine.flight.track(asyncio.sleep(60), bench.engine.new_span("test", "", SYSTEM, None))
        advance = asyncio.create_task(bench.advance(10_000))
        await asyncio.sleep(0)
        await bench.engine.universes.restore("one")
        with pytest.raises(AwsError, match="restored"):
            await advance
        assert bench.clock.now() == START

    run(tmp_path, test)


def test_bodies_stay_as_long_as_a_snapshot_needs_them(tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path)
    kept, other = blobs.write(b"kept"), blobs.write(b"other")
    blobs.keep("one", [kept])
    blobs.keep("two", [kept])
    blobs.delete(kept)
    blobs.delete(other)
    assert blobs.digests() == [kept]
    blobs.release("one")
    blobs.delete(kept)
    assert blobs.digests() == [kept]
    blobs.release("two")
    blobs.delete(kept)
    assert blobs.digests() == []


def test_a_clock_that_goes_on_does_so_from_the_snapshots_time(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = [1_800_000_000_700]
    monkeypatch.setattr("headwater.spine.clock.machine_now", lambda: machine[0])
    monkeypatch.setattr("headwater.spine.clock.time.time_ns", lambda: machine[0] * 1_000_000)

    async def test() -> None:
        clock = Clock()
        state, taken = clock.state("real"), clock.now()
        machine[0] += 3_600_000
        clock.stand()
        clock.advance_to(clock.now() + 86_400_000)
        clock.take_up(state, taken)
        assert (clock.mode, clock.now()) == ("real", taken)
        # what is signed in this second is dated as this clock has it, and neither a day nor an hour ahead
        assert abs(clock.signed_at(machine[0] // 1000 * 1000) - taken) < 1000
        machine[0] += 5000
        assert clock.now() == taken + 5000

    asyncio.run(test())
