"""Reading a map run's items: from the state's data, or from Amazon S3 as ItemReader says. In slices, each of which is
stored before the next is read; after a crash the reading begins anew.

https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

from headwater.languages.asl.errors import StateFailed
from headwater.languages.item_sources import SourceError
from headwater.services.states.item_objects import read_objects
from headwater.services.states.map_inputs import (
    Abandoned,
    Place,
    end_reading,
    fail_reading,
    forget_inputs,
    store_slice,
)
from headwater.spine.deliveries import Delivery, delivery
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call
from headwater.spine.work import Work

ITEM_READER_FAILED = "States.ItemReaderFailed"
_SLICE = 500
Finisher = Callable[[Call], None]
Item = tuple[Any, dict[str, Any]]


@delivery("states.map_read")
def read_items(call: Call, item: Delivery) -> Coroutine[Any, Any, Finisher]:
    run_id, items = item.payload
    return _read(call.work, run_id, items)


async def _read(work: Work, run_id: int, items: list[Any] | None) -> Finisher:
    try:
        settings = await work.transact(forget_inputs, run_id)
        limit = settings["reader"]["max_items"] if items is None else len(items)
        if limit < 0:
            raise SourceError("field MaxItems must be positive")
        source = _given(items) if items is not None else read_objects(work, settings["reader"])
        end = await _store(work, run_id, source, limit)
    except Abandoned:
        return lambda call: None
    except StateFailed as failed:
        error, cause = failed.error or "", failed.cause or ""
        return lambda call: fail_reading(call, run_id, error, cause)
    except (SourceError, AwsError) as failed:
        reason = failed.message if isinstance(failed, AwsError) else str(failed)
        return lambda call: fail_reading(call, run_id, ITEM_READER_FAILED, reason)
    return lambda call: end_reading(call, run_id, end)


async def _given(items: list[Any]) -> AsyncIterator[Item]:
    for value in items:
        yield value, {"Source": "STATE_DATA"}


async def _store(work: Work, run_id: int, source: AsyncIterator[Item], limit: int) -> Place:
    at, held = Place(), list[Item]()
    async for item in source:
        if at.items + len(held) >= limit:
            break
        held.append(item)
        if len(held) == _SLICE:
            at = await work.transact(_slice, run_id, held, at, False)
            held = []
    return await work.transact(_slice, run_id, held, at, True)


def _slice(call: Call, run_id: int, values: list[Item], at: Place, last: bool) -> Place:
    return store_slice(call, run_id, values, at, last=last)
