"""Faults in the engine alone: order kept, things done at least once, chance that repeats, rows that agree."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.insight.settle import settle
from headwater.spine.faults import DELIVERY, OF_DELIVERIES, FaultSet, Rule, name_of, read_rule, resources_of, restored
from tests.spine.bench import Bench
from tests.spine.test_flight import Graph, forward, graphs, reached

kinds = st.sampled_from(["duplicate", "delay", "crash-after-send"])
rules = st.lists(
    st.builds(
        Rule, kind=kinds, service=st.just("graph"), operation=st.sampled_from(["*", "now", "slow", "fails"]),
        probability=st.sampled_from([0.2, 0.5, None]), milliseconds=st.just(700),
        times=st.sampled_from([1, 3, None]), nth=st.sampled_from([2, None]),
    ),
    min_size=1, max_size=3,
)  # fmt: skip


def run(test: Callable[[Bench], Coroutine[Any, Any, None]]) -> None:
    async def with_bench() -> None:
        with tempfile.TemporaryDirectory() as folder:
            async with Bench(Path(folder), service="graph", house="tests.spine.graph") as bench:
                await bench.call("Visits")
                await bench.rest()
                await test(bench)

    asyncio.run(with_bench())


@settings(max_examples=40)
@given(graphs, rules, st.integers(0, 100))
def test_settled_means_settled_whatever_goes_wrong(graph: Graph, asked: list[Rule], seed: int) -> None:
    nodes = [{"Way": way, "To": forward(graph, at, edges), "Turns": n} for at, (way, edges, n) in enumerate(graph)]

    async def test(bench: Bench) -> None:
        engine = bench.engine
        await engine.transact_system(lambda call: engine.faults.change(asked, seed, None))
        await bench.call("Start", Nodes=nodes)
        settlement = await settle(engine, None, 20)
        assert settlement.settled
        before = (await bench.call("Visits"))["Visits"]
        for _ in range(30):
            await asyncio.sleep(0)
        assert (await bench.call("Visits"))["Visits"] == before
        assert settlement.timers or before >= reached(graph, 0)
        await engine.time.advance(100_000_000)
        visits = (await bench.call("Visits"))["Visits"]
        delayed = all(rule.kind == "delay" for rule in asked)
        assert visits == reached(graph, 0) if delayed else visits >= reached(graph, 0)
        assert not engine.store.all("SELECT * FROM deliveries")
        fired = engine.faults.fired()
        assert [each.number for each in fired] == list(range(1, sum(rule.fired for rule in asked) + 1))
        assert engine.armed is not None
        assert not engine.armed.spared
        assert engine.armed == restored(engine.armed.state())

    run(test)


passes = st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xyz")), max_size=60)


@given(passes, st.randoms(use_true_random=False), st.integers(0, 1000))
def test_what_befalls_a_place_is_the_same_whatever_runs_beside(
    order: list[tuple[str, str]], chance: Any, seed: int
) -> None:
    def befallen(order: list[tuple[str, str]]) -> set[tuple[str, str, int, str]]:
        asked = [Rule("duplicate", probability=0.3), Rule("delay", resource="x", probability=0.5)]
        made = FaultSet(seed, asked)
        for operation, resource in order:
            made.meet(OF_DELIVERIES, "service", DELIVERY, "s", operation, [resource], "", 0)
        return {(each.operation, each.resource, each.nth, each.kind) for each in made.news}

    mixed = list(order)
    chance.shuffle(mixed)
    fired = befallen(order)
    assert fired == befallen(mixed)
    # and each can be brought back alone, by its place and its number there
    for operation, resource, nth, kind in list(fired)[:3]:
        one = FaultSet(0, [read_rule({"kind": kind, "operation": operation, "resource": resource, "nth": nth})])
        for passing in order:
            one.meet(OF_DELIVERIES, "service", DELIVERY, "s", passing[0], [passing[1]], "", 0)
        assert [(f.operation, f.resource, f.nth, f.kind) for f in one.news] == [(operation, resource, nth, kind)]


def test_resources_have_names() -> None:
    arn = "arn:aws:{}:us-east-1:000000000000:{}"
    for text, name in (
        (arn.format("sqs", "orders"), "orders"),
        (arn.format("sqs", "shop-Orders-1V2YSMKAXXJ1"), "Orders"),
        ("http://127.0.0.1:4566/000000000000/shop-Orders-1V2YSMKAXXJ1.fifo", "Orders"),
        (arn.format("lambda", "function:pay:live"), "pay"),
        (arn.format("dynamodb", "table/orders/stream/2026"), "orders"),
        (arn.format("states", "execution:machine:one"), "machine"),
        (arn.format("events", "rule/bus/placed"), "placed"),
        ("arn:aws:s3:::bucket/key/of/it", "bucket"),
        ("plain", "plain"),
    ):
        assert name_of(text) == name
    assert resources_of({"TableName": "t", "Key": {"id": {"S": "x"}}}) == ["t"]
    assert resources_of({"Entries": [{"EventBusName": "b", "Source": "s"}]}) == ["b"]
    assert resources_of({"RequestItems": {"t": [], "u": []}}) == ["t", "u"]
    assert resources_of({"TransactItems": [{"Put": {"TableName": "t"}}]}) == ["t"]
