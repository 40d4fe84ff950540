"""The pages of our surface about executions: show, diff, replay, and the graph of a machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import orjson

from headwater.insight.doors import caller_of
from headwater.insight.executions.picture import picture
from headwater.insight.executions.reading import (
    Recording,
    children_of,
    executions_of,
    machines_of,
    present_definition,
    read_execution,
)
from headwater.insight.executions.replaying import Definitions, replayed
from headwater.languages.asl.comparison import compare
from headwater.languages.asl.drawing import Drawing, draw
from headwater.languages.asl.visits import Visit, by_state, visits
from headwater.spine.engine import Engine
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call

Query = Mapping[str, str]
_MOST = 10_000
_REPLAY_ASKED = {"execution", "machine", "all", "since", "last", "definition", "account", "region"}


async def answer_show(engine: Engine, query: Query, body: Any) -> dict[str, Any]:
    """``execution``: an ARN, a name, or anything in its trace; ``svg=true``: the picture too."""
    recording = await _recording(engine, query, "execution")
    shown = visits(recording.history)
    states = by_state(shown)
    drawing, machine = _drawn(recording)
    runs = [visit for root in shown for _, visit in root.walk() if visit.map_run is not None]
    await engine.transact_system(lambda call: _count_children(call, runs))
    elsewhere = frozenset(_processed(machine, {visit.state for visit in runs}))
    answer = {
        "execution": recording.described,
        "visits": [visit.shown() for visit in shown],
        "states": {
            name: {"outcome": each.outcome, "visits": len(each.visits), "failed": each.failed, "retries": each.retries,
                   "took": each.took}
            for name, each in states.items()
        },
        "not_reached": [
            box.name for box in drawing.boxes if box.name and box.name not in states and box.name not in elsewhere
        ],
        "graph": drawing.shown(),
    }  # fmt: skip
    if query.get("svg") == "true":
        answer["svg"] = picture(drawing, recording.described, states, elsewhere)
    return answer


async def answer_diff(engine: Engine, query: Query, body: Any) -> dict[str, Any]:
    both = [await _recording(engine, query, side) for side in ("first", "second")]
    rows = compare(*(visits(each.history) for each in both))
    sides = {side: each.described for side, each in zip(("first", "second"), both, strict=True)}
    return {
        **sides,
        "same": not any(row.why for row in rows),
        "rows": [
            {
                "path": row.path,
                "why": row.why,
                **{side: {name: value for name, value in visit.shown().items() if name != "inner"}
                   for side, visit in (("first", row.first), ("second", row.second)) if visit is not None},
            }
            for row in rows
        ],
    }  # fmt: skip


async def answer_graph(engine: Engine, query: Query, body: Any) -> dict[str, Any]:
    """``machine``: an ARN."""
    machine = query.get("machine")
    if not machine:
        raise AwsError("BadRequest", "Say which machine: /_headwater/executions/graph?machine=ARN")
    text = await engine.transact_system(lambda call: present_definition(call, machine))
    return draw(orjson.loads(text)).shown()


async def answer_replay(engine: Engine, query: Query, body: Any) -> dict[str, Any]:
    """One ``execution``; or those of a ``machine``, or of ``all`` machines, that began at ``since`` (ms) or later, the
    ``last`` so many."""
    asked = body if isinstance(body, dict) else {}
    since, last, given = asked.get("since", 0), asked.get("last", _MOST), asked.get("definition")
    named = [each for each in ("execution", "machine", "all") if asked.get(each)]
    if len(named) != 1 or not asked.keys() <= _REPLAY_ASKED:
        raise AwsError("BadRequest", 'Say one of {"execution": ID}, {"machine": ARN}, {"all": true}.')
    if type(since) is not int or type(last) is not int or not 1 <= last <= _MOST:
        raise AwsError("BadRequest", f"Since is in milliseconds since the epoch, last a number from 1 to {_MOST}.")
    if not (given is None or isinstance(given, str)):
        raise AwsError("BadRequest", "The definition is a text.")
    definitions = Definitions(given)
    chosen = [str(asked["execution"])] if "execution" in named else await _chosen(engine, asked, since, last)
    found = [
        # a transaction each: others have their turn between them
        await engine.transact_system(partial(replayed, identity=identity, definitions=definitions))
        for identity in chosen
    ]
    return {
        "executions": found,
        "same": sum(not each.keys() & {"departure", "undecided", "problem"} for each in found),
        "left": sum("departure" in each for each in found),
        "undecided": sum("undecided" in each for each in found),
        "problems": sum("problem" in each for each in found),
    }


async def _chosen(engine: Engine, asked: Mapping[str, Any], since: int, last: int) -> list[str]:
    caller = caller_of(dict(asked))

    def read(call: Call) -> list[str]:
        machines = [str(asked["machine"])] if asked.get("machine") else machines_of(call, caller.account, caller.region)
        return [arn for machine in machines for arn in executions_of(call, machine, since)[:last]]

    return await engine.transact_system(read)


async def _recording(engine: Engine, query: Query, name: str) -> Recording:
    identity = query.get(name)
    if not identity:
        raise AwsError("BadRequest", f"Say which execution: {name}=ARN.")
    await engine.transact_system(lambda call: None)  # spans of this turn are written before they are read
    return await engine.transact_system(lambda call: read_execution(call, identity))


def _count_children(call: Call, runs: list[Visit]) -> None:
    for visit in runs:
        visit.children = children_of(call, visit.map_run or "")


def _drawn(recording: Recording) -> tuple[Drawing, Any]:
    """The graph of what the execution ran, and that itself: of a distributed Map's child, the processor's."""
    definition = orjson.loads(recording.definition)
    if recording.state is not None:
        definition = _processor(definition, recording.state) or definition
    return draw(definition), definition


def _inner(state: Any) -> list[Any]:
    return [*state.get("Branches", ()), *(state[key] for key in ("ItemProcessor", "Iterator") if key in state)]


def _processed(workflow: Any, maps: set[str], *, within: bool = False) -> Iterator[str]:
    """The states that the children of these Maps go through."""
    for name, each in workflow["States"].items():
        if within:
            yield name
        for inner in _inner(each):
            yield from _processed(inner, maps, within=within or name in maps)


def _processor(workflow: Any, state: str) -> Any:
    for name, each in workflow["States"].items():
        inner = _inner(each)
        if name == state and inner:
            return inner[0]
        for within in inner:
            if (found := _processor(within, state)) is not None:
                return found
    return None
