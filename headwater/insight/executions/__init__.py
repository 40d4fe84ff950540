"""Executions of state machines: what one did over its machine's graph, two compared, many replayed.

The rooms are loaded when one of them is first asked for: with them comes the whole language, which would make every
start a quarter longer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headwater.spine.engine import Engine

Query = Mapping[str, str]


async def answer_show(engine: Engine, query: Query, body: Any) -> dict[str, Any]:
    from headwater.insight.executions import answers

    return await answers.answer_show(engine, query, body)


async def answer_diff(engine: Engine, query: Query, body: Any) -> dict[str, Any]:
    from headwater.insight.executions import answers

    return await answers.answer_diff(engine, query, body)


async def answer_replay(engine: Engine, query: Query, body: Any) -> dict[str, Any]:
    from headwater.insight.executions import answers

    return await answers.answer_replay(engine, query, body)


async def answer_graph(engine: Engine, query: Query, body: Any) -> dict[str, Any]:
    from headwater.insight.executions import answers

    return await answers.answer_graph(engine, query, body)
