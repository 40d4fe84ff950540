"""One coroutine beside for each row that wants one; whoever changes the rows signals."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, TypeVar

from headwater.spine.operations import Call
from headwater.spine.work import Work

T = TypeVar("T")


async def keep_running(
    work: Work,
    changed: object,
    wanted: Callable[[Call], Mapping[str, tuple[int, T]]],
    run: Callable[[T], Coroutine[Any, Any, None]],
) -> None:
    """``wanted(call)`` gives what is to run, by identity, with a number that is another after each change. Whenever
    ``changed`` is signalled, what is no longer wanted is ended, and what is newly wanted begun. With this, all end."""
    running: dict[str, tuple[int, asyncio.Task[None]]] = {}
    try:
        with work.watch(changed) as watch:
            while True:
                rows = await work.transact(wanted)
                for identity, (revision, task) in list(running.items()):
                    if identity not in rows or rows[identity][0] != revision:
                        task.cancel()
                        del running[identity]
                for identity, (revision, item) in rows.items():
                    if identity not in running:
                        running[identity] = (revision, work.spawn(run(item)))
                await watch.wait()
    finally:
        for _, task in running.values():
            task.cancel()
