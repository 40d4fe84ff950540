"""What runs beside: one poller for each pipe that runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from headwater.services.pipes import tables
from headwater.services.pipes.compiled import CompiledPipe
from headwater.services.pipes.row import CHANGED
from headwater.spine.arns import Arn, parse_arn
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call
from headwater.spine.polling import GivenUp, Handled, QueuePoller, StreamPoller, keep_running, run_batch
from headwater.spine.timestamps import iso8601_milliseconds
from headwater.spine.work import Work

Record = dict[str, Any]


async def start(work: Work) -> None:
    async def poll(pipe: CompiledPipe) -> None:
        poller = QueuePoller if pipe.queue else StreamPoller
        await poller(work, pipe.source, PipeConsumer(pipe)).run()

    await keep_running(work, CHANGED, _running, poll)


def _running(call: Call) -> dict[str, tuple[int, CompiledPipe]]:
    return {
        arn: (revision, CompiledPipe(arn, account, region, orjson.loads(definition)))
        for arn, account, region, definition, revision in call.store.all(tables.RUNNING)
    }


class PipeConsumer:
    """Has the batches of a pipe's source executed."""

    def __init__(self, pipe: CompiledPipe) -> None:
        self._pipe = pipe

    async def handle(self, work: Work, records: list[Record], causes: list[str]) -> Handled:
        pipe = self._pipe
        request = {"Pipe": pipe, "Records": records}
        answer = await run_batch(work, pipe.source.caller, causes, "pipes", "Execute", request, pipe.arn)
        return Handled(answer["Failed"])

    def missed(self, call: Call, record: Mapping[str, Any], cause: str) -> None:
        reasons = [pattern.explain(record).reason() for pattern in self._pipe.source.filters]
        call.caused_by(cause).operation("pipes", "Miss", {"Pipe": self._pipe.arn, "Reasons": reasons})

    # ---- of streams

    def position(self, call: Call, shard: str) -> int:
        row = call.store.one(tables.FIND_POSITION, (self._pipe.arn, shard))
        return row[0] if row else 0

    def advance(self, call: Call, shard: str, position: int) -> None:
        call.store.run(tables.PUT_POSITION, (self._pipe.arn, shard, position))

    def give_up(self, call: Call, batch: GivenUp) -> None:
        """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-dynamodb.html"""
        call.span.note("given up", batch.condition)
        arn = parse_arn(self._pipe.dead_letters or "")
        if arn is None:
            return
        letter = {
            "context": {
                "partnerResourceArn": self._pipe.arn,
                "condition": batch.condition,
                "approximateInvokeCount": batch.attempts,
            },
            "version": "1.0",
            "timestamp": iso8601_milliseconds(call.now),
            **batch.told,
        }
        body = orjson.dumps(letter).decode()
        self._send(call.caused_by(batch.causes[0]), arn, body)

    def _send(self, call: Call, arn: Arn, body: str) -> None:
        """To where the pipe's dead letters go, in the pipe's role. A refusal is noted: nothing else comes of it."""
        name, request = "Publish", {"TopicArn": str(arn), "Message": body}
        if arn.service != "sns":
            url = f"{call.endpoint}/{arn.account}/{arn.resource}"
            name, request = "SendMessage", {"QueueUrl": url, "MessageBody": body}
        try:
            call.operation(arn.service, name, request, arn.account, arn.region, self._pipe.target.principal)
        except AwsError as error:
            call.span.note("dead letter failed", str(error))

    async def note(self, ok: bool) -> None:
        """Pipes tell of it in their logs."""
