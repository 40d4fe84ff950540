"""What is in flight: settled means that nothing more comes of anything, on random graphs of things."""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.insight.settle import settle
from headwater.spine.errors import AwsError
from tests.spine.bench import START, Bench

# how a node hands on: each is a way in which something waits, see tests/spine/graph.py
WAYS = (
    *("now", "later", "async", "nested", "reads", "queue", "together", "fails once"),
    *("operations", "within", "lingers", "signalled", "in order"),
)
Graph = list[tuple[str, list[int], int]]
graphs = st.lists(
    st.tuples(st.sampled_from(WAYS), st.lists(st.integers(0, 1000), max_size=3), st.integers(0, 5)),
    min_size=1, max_size=12,
)  # fmt: skip


def run(test: Callable[[Bench], Coroutine[Any, Any, None]]) -> None:
    async def with_bench() -> None:
        with tempfile.TemporaryDirectory() as folder:
            async with Bench(Path(folder), service="graph", house="tests.spine.graph") as bench:
                await bench.call("Visits")
                await bench.rest()  # the poller waits for its first message
                await test(bench)

    asyncio.run(with_bench())


def reached(graph: Graph, start: int) -> int:
    """How many visits a start causes: edges lead forward only, so there is an end."""
    _, edges, _ = graph[start]
    return 1 + sum(reached(graph, target) for target in forward(graph, start, edges))


def forward(graph: Graph, at: int, edges: list[int]) -> list[int]:
    ahead = len(graph) - at - 1
    return [at + 1 + edge % ahead for edge in edges] if ahead else []


def timed(graph: Graph) -> bool:
    return any(way in ("later", "fails once") for way, _, _ in graph)


@settings(max_examples=60)
@given(graphs, st.integers(1, 3), st.randoms(use_true_random=False))
def test_settled_means_that_nothing_more_comes(graph: Graph, starts: int, chance: random.Random) -> None:
    nodes = [{"Way": way, "To": forward(graph, at, edges), "Turns": n} for at, (way, edges, n) in enumerate(graph)]

    async def test(bench: Bench) -> None:
        expected = 0
        for _ in range(starts):
            await bench.call("Start", Nodes=nodes)
            expected += reached(graph, 0)
            for _ in range(chance.randrange(4)):
                await asyncio.sleep(0)
        settlement = await settle(bench.engine, None, 20)
        assert settlement.settled
        before = (await bench.call("Visits"))["Visits"]
        for _ in range(30):
            await asyncio.sleep(0)
        # nothing is visited any more, but by timers, which are listed
        assert (await bench.call("Visits"))["Visits"] == before
        assert bool(settlement.timers) or before == expected
        await bench.engine.time.advance(100_000_000)
        assert (await bench.call("Visits"))["Visits"] == expected
        assert not bench.engine.store.all("SELECT * FROM deliveries")

    run(test)


@settings(max_examples=40)
@given(graphs, graphs)
def test_a_trace_settles_when_all_of_its_own_is_done(mine: Graph, other: Graph) -> None:
    async def test(bench: Bench) -> None:
        traces = []
        for graph in (other, mine):
            nodes = [{"Way": w, "To": forward(graph, at, edges), "Turns": n} for at, (w, edges, n) in enumerate(graph)]
            traces.append((await bench.call("Start", Nodes=nodes))["Trace"])
        settlement = await settle(bench.engine, traces[1], 20)
        assert settlement.settled
        if not timed(mine):
            visits = (await bench.call("Visits", Trace=traces[1]))["Visits"]
            assert visits == reached(mine, 0)
            assert not settlement.timers

    run(test)


@settings(max_examples=20)
@given(graphs)
def test_an_automatic_clock_leaves_no_timer(graph: Graph) -> None:
    nodes = [{"Way": way, "To": forward(graph, at, edges), "Turns": n} for at, (way, edges, n) in enumerate(graph)]

    async def test(bench: Bench) -> None:
        await bench.engine.time.set_mode("auto")
        await bench.call("Start", Nodes=nodes)
        assert (await settle(bench.engine, None, 20)).settled
        assert (await bench.call("Visits"))["Visits"] == reached(graph, 0)

    run(test)


def test_what_holds_it_up_is_named() -> None:
    async def test(bench: Bench) -> None:
        started = await bench.call("Start", Nodes=[{"Way": "stuck", "To": [], "Turns": 0}])
        for trace in (None, started["Trace"]):
            settlement = await settle(bench.engine, trace, 0.01)
            assert not settlement.settled
            assert [(held["name"], held["trace"]) for held in settlement.holding] == [("graph.stuck", started["Trace"])]
        other = await bench.call("Start", Nodes=[{"Way": "now", "To": [], "Turns": 0}])
        assert (await settle(bench.engine, other["Trace"], 0.01)).settled

    run(test)


def test_a_limit_on_the_clock_ends_a_wait() -> None:
    async def test(bench: Bench) -> None:
        limited = asyncio.ensure_future(bench.call("Within", Milliseconds=5000))
        await asyncio.sleep(0)
        assert (await settle(bench.engine, None, 5)).settled
        assert not limited.done()
        advance = await bench.engine.time.advance(4999)
        assert not limited.done()
        assert (advance.began, advance.ended, advance.count) == (START, START + 4999, 0)
        await bench.engine.time.advance(1)
        try:
            await limited
        except AwsError as error:
            assert error.code == "TimedOut"
        else:
            raise AssertionError("it was not ended")

    run(test)
