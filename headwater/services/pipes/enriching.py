"""Enrichment: what it answers takes the events' place.

https://docs.aws.amazon.com/eventbridge/latest/userguide/pipes-enrichment.html
"""

from __future__ import annotations

from typing import Any

import orjson

from headwater.languages.pipe_inputs import PipeEvent
from headwater.services.pipes.compiled import Input, Stage
from headwater.services.pipes.http import call_http
from headwater.services.pipes.invoking import invoke_function, run_state_machine
from headwater.spine.errors import AwsError
from headwater.spine.work import Work


async def enrich(work: Work, stage: Stage, inputs: list[Input]) -> list[PipeEvent]:
    """Functions and state machines get the batch as a list, and answer a list (an empty one: nothing is sent on) or
    one event. Over HTTP it is one event that is enriched."""
    if stage.arn.service == "lambda":
        answer = await invoke_function(work, stage, inputs)
    elif stage.arn.service == "states":
        answer = await run_state_machine(work, stage, inputs)
    else:
        answer = [_parsed(await call_http(work, stage, item)) for item in inputs]
        if len(answer) == 1 and isinstance(answer[0], list):
            answer = answer[0]
    values = answer if isinstance(answer, list) else [answer]
    # where there are as many as there were, each is that of its place
    names = [item.event.identity for item in inputs] if len(values) == len(inputs) else [""] * len(values)
    return [PipeEvent(value, name) for value, name in zip(values, names, strict=True)]


def _parsed(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise AwsError("EnrichmentFailed", "The enrichment's answer is not JSON.") from None
