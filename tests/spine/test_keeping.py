"""What is kept of the past: by age and by bytes, cheaply, and through restarts."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from headwater.spine import records, versions
from headwater.spine.keeping import Keep, parse_keep
from headwater.spine.operations import Call
from tests.spine.bench import Bench

DAY = 86_400_000
BODY = "x" * 2000


def count(bench: Bench, table: str) -> int:
    row = bench.engine.store.one(f"SELECT count(*) FROM {table}")
    assert row is not None
    found: int = row[0]
    return found


async def publish(bench: Bench, number: int) -> None:
    """So many records, each in a commit of its own with a span."""
    for _ in range(number):

        def record(call: Call) -> None:
            call.record("arn:aws:events:us-east-1:000000000000:event-bus/default", "id", BODY, [])
            bench.engine.finish_span(call.span, 0)

        await bench.engine.transact_system(record)


def test_by_bytes(tmp_path: Path) -> None:
    most = 200_000

    async def test() -> None:
        sizes = []
        for _ in range(4):
            async with Bench(tmp_path, keep=Keep(bytes=most)) as bench:
                await publish(bench, 200)
                rows = bench.engine.store.all("SELECT length(body) FROM records")
                sizes.append(sum(row[0] for row in rows))
                pages = bench.engine.store.one("PRAGMA page_count")
        # counts are of rows' contents: what a crash or a stop leaves uncounted is less than a segment
        assert all(most * 0.7 < size <= most for size in sizes), sizes
        assert pages is not None
        assert pages[0] * 4096 < 2.5 * most

    asyncio.run(test())


def test_by_age(tmp_path: Path) -> None:
    async def test() -> None:
        async with Bench(tmp_path, keep=Keep(age=2 * DAY)) as bench:
            for _ in range(5):
                await publish(bench, 10)
                await bench.advance(DAY // 2)
            await publish(bench, 1)
            oldest = bench.engine.store.one("SELECT min(id) FROM records")
            assert oldest is not None
            assert 1.9 * DAY < bench.engine.now - (oldest[0] >> 20) <= 2.1 * DAY
            await bench.advance(30 * DAY)
            for _ in range(10):
                await publish(bench, 1)
            assert count(bench, "records") == 10
            assert count(bench, "kept_segments") <= 2

    asyncio.run(test())


def test_what_is_given_up_is_forgotten_with_the_rest(tmp_path: Path) -> None:
    async def test() -> None:
        async with Bench(tmp_path, keep=Keep(age=DAY)) as bench:
            await bench.call("Leave", Word="lost", Fail=3)
            assert count(bench, "dead_deliveries") == 1
            await bench.advance(2 * DAY)
            await publish(bench, 3)
            assert count(bench, "dead_deliveries") == 0

    asyncio.run(test())


def test_versions_that_still_stand_are_kept(tmp_path: Path) -> None:
    async def test() -> None:
        async with Bench(tmp_path, keep=Keep(age=DAY)) as bench:

            def change(call: Call) -> None:
                for number in range(3):
                    versions.keep(call, "bus", "rule", {"number": number})
                versions.keep(call, "bus", "gone", {"number": 0})
                versions.keep(call, "bus", "gone", None)

            await bench.engine.transact_system(change)
            await publish(bench, 1)
            await bench.advance(2 * DAY)
            await publish(bench, 3)
            assert bench.engine.store.all("SELECT name, definition FROM versions") == [("rule", '{"number":2}')]
            standing = versions.standing_at(bench.engine.store, "bus", bench.engine.new_id(), {})
            assert standing == {"rule": {"number": 2}}

    asyncio.run(test())


def test_what_was_there_before_versions_counts_as_it_stands(tmp_path: Path) -> None:
    async def test() -> None:
        async with Bench(tmp_path) as bench:
            first = bench.engine.new_id()
            await bench.engine.transact_system(lambda call: versions.keep(call, "bus", "new", {"n": 1}))
            now = {"old": {"n": 0}, "new": {"n": 1}}
            assert versions.standing_at(bench.engine.store, "bus", first, now) == {"old": {"n": 0}}
            assert versions.standing_at(bench.engine.store, "bus", bench.engine.new_id(), now) == now

    asyncio.run(test())


def test_a_record_of_what_is_rolled_back_is_none(tmp_path: Path) -> None:
    async def test() -> None:
        async with Bench(tmp_path) as bench:

            def fail(call: Call) -> None:
                call.record("channel", "id", "{}", [])
                raise LookupError

            with pytest.raises(LookupError):
                await bench.engine.transact_system(fail)
            await publish(bench, 1)
            assert records.find(bench.engine.store, "id", "channel") is None

    asyncio.run(test())


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ((), Keep(7 * DAY, 1 << 30)),
        (("3d",), Keep(3 * DAY, 1 << 30)),
        (("500MiB",), Keep(7 * DAY, 500 << 20)),
        (("1h", "2 GB"), Keep(3_600_000, 2 << 30)),
    ],
)
def test_keep_as_it_is_written(texts: tuple[str, ...], expected: Keep) -> None:
    assert parse_keep(*texts) == expected


@pytest.mark.parametrize("text", ["", "7", "7 apples", "-1d"])
def test_keep_that_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="neither a length of time"):
        parse_keep(text)
