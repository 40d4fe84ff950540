"""Operations, transactions, deliveries: the promises of the spine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from headwater.spine.errors import AwsError
from tests.spine.bench import START, Bench


def run(folder: Path, test: Callable[[Bench], Coroutine[Any, Any, None]]) -> None:
    async def with_bench() -> None:
        async with Bench(folder) as bench:
            await test(bench)

    asyncio.run(with_bench())


def test_a_failed_operation_leaves_nothing(tmp_path: Path) -> None:
    async def test(bench: Bench) -> None:
        with pytest.raises(AwsError, match="Refused"):
            await bench.call("Write", Word="lost", Fail=True)
        assert await bench.words() == []
        assert bench.engine.catalogue.memory_of["toy"].cleared == 1

    run(tmp_path, test)


def test_operations_of_one_turn_share_a_commit_but_not_a_fate(tmp_path: Path) -> None:
    async def test(bench: Bench) -> None:
        results = await asyncio.gather(
            bench.call("Write", Word="a"),
            bench.call("Write", Word="b", Fail=True),
            bench.call("Write", Word="c"),
            return_exceptions=True,
        )
        assert isinstance(results[1], AwsError)
        assert await bench.words() == ["a", "c"]

    run(tmp_path, test)


def test_a_nested_operation_is_rolled_back_alone(tmp_path: Path) -> None:
    async def test(bench: Bench) -> None:
        assert await bench.call("Nest") == {"Inner": "Refused"}
        assert await bench.words() == ["outer"]

    run(tmp_path, test)


def test_what_is_lacking_is_named(tmp_path: Path) -> None:
    async def test(bench: Bench) -> None:
        with pytest.raises(AwsError, match="toy:Fly is not implemented") as raised:
            await bench.call("Fly")
        assert (raised.value.code, raised.value.status) == ("NotImplemented", 501)

    run(tmp_path, test)


def test_a_watch_made_in_a_transaction_sees_what_the_same_commit_signals(tmp_path: Path) -> None:
    async def test(bench: Bench) -> None:
        waiting = asyncio.ensure_future(bench.call("Await", Until=START + 1000))
        await asyncio.gather(bench.call("Write", Word="x"))
        assert await waiting == {"Woken": True}
        late = asyncio.ensure_future(bench.call("Await", Until=START + 1000))
        await asyncio.sleep(0)
        await bench.advance(1000)
        assert await late == {"Woken": False}

    run(tmp_path, test)


def test_a_delivery_that_is_due_happens_with_its_cause(tmp_path: Path) -> None:
    async def test(bench: Bench) -> None:
        await bench.call("Leave", Word="now")
        assert await bench.words() == ["now"]
        assert bench.engine.store.all("SELECT * FROM deliveries") == []

    run(tmp_path, test)


def test_a_timer_rings_at_its_time_and_not_before(tmp_path: Path) -> None:
    async def test(bench: Bench) -> None:
        await bench.call("Leave", Word="later", Due=START + 5000)
        await bench.advance(4999)
        assert await bench.words() == []
        await bench.advance(1)
        assert await bench.words() == ["later"]

    run(tmp_path, test)


def test_a_cancelled_delivery_does_not_happen(tmp_path: Path) -> None:
    async def test(bench: Bench) -> None:
        await bench.call("Leave", Word="never", Cancel=True)
        left = await bench.call("Leave", Word="nor this", Due=START + 10)
        assert await bench.call("Cancel", Id=left["Id"]) == {"Cancelled": True}
        assert await bench.call("Cancel", Id=left["Id"]) == {"Cancelled": False}
        await bench.advance(100)
        assert await bench.words() == []

    run(tmp_path, test)


@pytest.mark.parametrize("handler", ["toy.word", "toy.slow"])
def test_failures_are_tried_again_as_the_policy_says(tmp_path: Path, handler: str) -> None:
    async def test(bench: Bench) -> None:
        await bench.call("Leave", Word="third time", Fail=2, Policy=(5, 0, 100, 2.0), Handler=handler)
        for wait in (0, 100, 200):
            await bench.advance(wait)
            if handler == "toy.slow":
                await bench.call("Go")
        assert await bench.words() == ["third time"]

    run(tmp_path, test)


@pytest.mark.parametrize(
    ("policy", "final", "expected"),
    [
        ((2, 0, 100), False, "dead x after 2: Busy MaximumRetryAttempts"),
        ((0, 250, 100), False, "dead x after 2: Busy MaximumEventAgeInSeconds"),
        ((9, 0, 100), True, "dead x after 1: Busy None"),
    ],
)
def test_the_policy_gives_up_and_says_why(tmp_path: Path, policy: tuple[int, ...], final: bool, expected: str) -> None:
    async def test(bench: Bench) -> None:
        await bench.call("Leave", Word="x", Fail=99, Policy=policy, Final=final)
        await bench.advance(10_000)
        assert await bench.words() == [expected]
        assert bench.engine.store.all("SELECT * FROM deliveries") == []

    run(tmp_path, test)


def test_a_recurring_delivery_recurs(tmp_path: Path) -> None:
    async def test(bench: Bench) -> None:
        await bench.call("Leave", Word="tick", Handler="toy.every")
        await bench.advance(3500)
        assert await bench.words() == ["tick"] * 4

    run(tmp_path, test)


def test_an_ordering_key_keeps_the_order_behind_a_failure(tmp_path: Path) -> None:
    async def test(bench: Bench) -> None:
        await bench.call("Leave", Word="first", Fail=1, Policy=(5, 0, 100), Ordering="k")
        await bench.call("Leave", Word="second", Ordering="k")
        await bench.call("Leave", Word="other", Ordering="j")
        assert await bench.words() == ["other"]
        await bench.advance(200)
        assert await bench.words() == ["other", "first", "second"]

    run(tmp_path, test)


def test_those_behind_a_cancelled_delivery_take_their_turn(tmp_path: Path) -> None:
    async def test(bench: Bench) -> None:
        first = await bench.call("Leave", Word="first", Due=START + 10_000, Ordering="k")
        for word in ("second", "third"):
            await bench.call("Leave", Word=word, Ordering="k")
        waiting = bench.engine.store.all("SELECT waits FROM deliveries ORDER BY id")
        assert waiting == [(0,), (1,), (1,)]
        assert await bench.words() == []
        await bench.call("Cancel", Id=first["Id"])
        assert await bench.words() == ["second", "third"]

    run(tmp_path, test)


def test_more_deliveries_than_a_group_carries_all_happen(tmp_path: Path) -> None:
    async def test(bench: Bench) -> None:
        await asyncio.gather(*(bench.call("Leave", Word=str(number)) for number in range(1000)))
        await bench.advance(1000)
        assert sorted(await bench.words(), key=int) == [str(number) for number in range(1000)]

    run(tmp_path, test)


def test_a_crash_loses_nothing_and_in_flight_work_happens_again(tmp_path: Path) -> None:
    async def before() -> None:
        bench = Bench(tmp_path)
        await bench.engine.start()
        await bench.call("Write", Word="acknowledged")
        await bench.call("Leave", Word="timer", Due=START + 5000)
        await bench.call("Leave", Word="in flight", Handler="toy.slow")
        await bench.rest()
        assert bench.engine.pump.running == 1
        bench.crash()
        await asyncio.sleep(0)

    async def after() -> None:
        async with Bench(tmp_path, START + 1000) as bench:
            await bench.rest()
            assert bench.engine.pump.running == 1
            # the attempt that the crash cut short does not count
            assert bench.engine.store.all("SELECT attempt FROM deliveries WHERE leased = 1") == [(1,)]
            await bench.call("Go")
            assert await bench.words() == ["acknowledged", "in flight"]
            await bench.advance(4000)
            assert await bench.words() == ["acknowledged", "in flight", "timer"]

    asyncio.run(before())
    asyncio.run(after())


def test_reset_forgets_everything_and_goes_on(tmp_path: Path) -> None:
    async def test(bench: Bench) -> None:
        await bench.call("Write", Word="old")
        await bench.call("Leave", Word="timer", Due=START + 5000)
        await bench.engine.universes.reset()
        await bench.advance(10_000)
        assert await bench.words() == []
        await bench.call("Write", Word="new")
        assert await bench.words() == ["new"]

    run(tmp_path, test)


def test_every_span_hangs_under_its_cause(tmp_path: Path) -> None:
    async def test(bench: Bench) -> None:
        await bench.call("Leave", Word="x", Fail=1, Policy=(3, 0, 100))
        await bench.advance(200)
        rows = bench.engine.store.all(
            "SELECT s.name, s.outcome, p.name FROM spans AS s LEFT JOIN spans AS p ON p.id = s.parent "
            "WHERE s.name <> 'toy:Words' ORDER BY s.id"
        )
        assert rows == [
            ("toy:Leave", "ok", None),
            ("toy.word", "Busy", "toy:Leave"),
            ("toy.word", "ok", "toy:Leave"),
        ]

    run(tmp_path, test)
