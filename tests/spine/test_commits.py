"""A commit that fails, as on a full disk: nothing of its group has happened; all goes on once there is room."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from headwater.spine.errors import AwsError
from headwater.spine.pump import AFTER_A_FAILED_COMMIT
from tests.spine.bench import START, Bench


def run(folder: Path, test: Callable[[Bench], Coroutine[Any, Any, None]]) -> None:
    async def with_bench() -> None:
        async with Bench(folder) as bench:
            await test(bench)

    asyncio.run(with_bench())


@contextmanager
def full_disk(bench: Bench) -> Iterator[mock.Mock]:
    """This bench's disk alone: servers that other tests share may run in this process, in threads of their own."""
    with mock.patch.object(bench.engine.store, "commit", side_effect=OSError("disk full")) as commit:
        yield commit


async def refused(bench: Bench, name: str, **request: Any) -> None:
    with full_disk(bench), pytest.raises(AwsError, match="disk full") as raised:
        await bench.call(name, **request)
    assert raised.value.status == 503


def test_nothing_of_a_group_has_happened(tmp_path: Path) -> None:
    async def test(bench: Bench) -> None:
        await bench.call("Write", Word="kept")
        await refused(bench, "Write", Word="lost")
        assert await bench.words() == ["kept"]

    run(tmp_path, test)


def test_a_service_whose_first_commit_fails_has_its_tables_later(tmp_path: Path) -> None:
    async def test(bench: Bench) -> None:
        for _ in range(2):
            await refused(bench, "Write", Word="lost")
        await bench.call("Write", Word="kept")
        assert await bench.words() == ["kept"]

    run(tmp_path, test)


def test_what_is_due_is_tried_again_though_nobody_asks_for_anything(tmp_path: Path) -> None:
    async def test(bench: Bench) -> None:
        await bench.call("Leave", Word="later", Due=START + 5000)
        with full_disk(bench):
            bench.clock.advance_to(START + 5000)
            await bench.rest()
        bench.clock.advance_to(START + 5000 + AFTER_A_FAILED_COMMIT)
        assert await bench.words() == ["later"]

    run(tmp_path, test)


def test_whoever_waits_for_rest_is_told(tmp_path: Path) -> None:
    async def test(bench: Bench) -> None:
        with full_disk(bench), mock.patch("headwater.spine.engine.AFTER_A_FAILED_COMMIT", 0):
            asked = asyncio.ensure_future(bench.call("Write", Word="lost"))
            await asyncio.sleep(0)
            assert not bench.engine.flight.is_at_rest()
            await asyncio.wait_for(bench.rest(), 60)
        with pytest.raises(AwsError):
            await asked

    run(tmp_path, test)


def test_what_a_coroutine_ended_with_is_done_again(tmp_path: Path) -> None:
    async def test(bench: Bench) -> None:
        await bench.call("Leave", Word="slow", Handler="toy.slow", Policy=[3])
        await bench.rest()
        await refused(bench, "Go")
        await bench.call("Go")  # it ends, and the next commit fails
        with full_disk(bench):
            await bench.rest()
        assert await bench.words() == []
        await bench.advance(AFTER_A_FAILED_COMMIT)
        await bench.call("Go")
        assert await bench.words() == ["slow"]
        assert not bench.engine.store.all("SELECT * FROM deliveries")

    run(tmp_path, test)


def test_the_clock_is_moved_no_further(tmp_path: Path) -> None:
    async def test(bench: Bench) -> None:
        await bench.call("Leave", Word="later", Due=START + 5000)
        with full_disk(bench) as commit, pytest.raises(AwsError, match="disk full"):
            await bench.advance(7 * 86_400_000)
        assert commit.call_count == 1  # what fails again and again would fail as often as there are seconds in a week
        assert bench.clock.now() == START + 5000
        await bench.advance(1)
        assert await bench.words() == ["later"]

    run(tmp_path, test)
