"""A pipe, compiled once it runs: how its source is polled, and what is made of an event on the way."""

from __future__ import annotations

from base64 import b64decode
from typing import Any

import orjson

from headwater.languages.patterns import PIPES, compile_pattern
from headwater.languages.pipe_inputs import DynamicText, PipeEvent, PipeTemplate
from headwater.services.pipes.logging import LogSettings
from headwater.services.pipes.validation import SOURCE_BLOCKS
from headwater.spine.arns import Arn, parse_arn
from headwater.spine.operations import Caller
from headwater.spine.permissions import session_of
from headwater.spine.polling import Source
from headwater.spine.timestamps import iso8601_milliseconds


class Stage:
    """An enrichment or a target: where it is, what it is handed, and the principal that the pipe is to it."""

    __slots__ = ("arn", "parameters", "principal", "template")

    def __init__(self, arn: str, parameters: dict[str, Any], principal: str) -> None:
        parsed = parse_arn(arn)
        assert parsed is not None, arn
        self.arn: Arn = parsed
        self.parameters = parameters
        self.principal = principal
        template = parameters.get("InputTemplate")
        self.template = PipeTemplate(template) if template else None

    def dynamic(self, text: str) -> DynamicText:
        return DynamicText(text)


class Input:
    """What a stage gets of one event, and the event itself, which parameters lead into."""

    __slots__ = ("_free", "event", "text")

    def __init__(self, event: PipeEvent, text: str, free: bool) -> None:
        self.event = event
        self.text = text
        self._free = free

    @property
    def value(self) -> Any:
        """As JSON: a text that is none is a JSON string."""
        if self._free:
            return self.text
        try:
            return orjson.loads(self.text)
        except orjson.JSONDecodeError:
            return self.text


class CompiledPipe:
    """The definition of a pipe, compiled."""

    def __init__(self, arn: str, account: str, region: str, definition: dict[str, Any]) -> None:
        self.arn = arn
        self.name = arn.rpartition("/")[2]
        self.source = _source(arn, account, region, definition)
        self.queue = self.source.arn.split(":")[2] == "sqs"
        # records of Kinesis name who reads them
        self._role = definition["RoleArn"] if self.source.arn.split(":")[2] == "kinesis" else ""
        parameters = (definition.get("SourceParameters") or {}).get(SOURCE_BLOCKS[self.source.arn.split(":")[2]]) or {}
        self.dead_letters: str | None = (parameters.get("DeadLetterConfig") or {}).get("Arn")
        principal = session_of(definition["RoleArn"], self.name)
        enrichment = definition.get("Enrichment")
        self.enrichment = (
            Stage(enrichment, definition.get("EnrichmentParameters") or {}, principal) if enrichment else None
        )
        self.target = Stage(definition["Target"], definition.get("TargetParameters") or {}, principal)
        self.logs = LogSettings(arn, definition.get("LogConfiguration") or {})
        self._variables = {
            "aws.pipes.pipe-arn": arn,
            "aws.pipes.pipe-name": self.name,
            "aws.pipes.source-arn": self.source.arn,
            "aws.pipes.enrichment-arn": enrichment or "",
            "aws.pipes.target-arn": definition["Target"],
        }

    def events(self, records: list[dict[str, Any]]) -> list[PipeEvent]:
        """The records of the source as events."""
        if self.queue:
            return [PipeEvent(record, record["messageId"], "body") for record in records]
        if self._role:
            named = ({**record, "invokeIdentityArn": self._role} for record in records)
            return [PipeEvent(record, record["eventID"], "data", b64decode) for record in named]
        return [PipeEvent(record, record["eventID"]) for record in records]

    def inputs(self, stage: Stage, events: list[PipeEvent], now: int) -> list[Input]:
        """What a stage gets of each event."""
        if stage.template is None:
            return [Input(event, orjson.dumps(event.value).decode(), free=False) for event in events]
        variables = self._variables | {"aws.pipes.event.ingestion-time": iso8601_milliseconds(now)}
        return [Input(event, *stage.template.render(event, variables)) for event in events]


def _source(arn: str, account: str, region: str, definition: dict[str, Any]) -> Source:
    parameters = definition.get("SourceParameters") or {}
    block = parameters.get(SOURCE_BLOCKS[definition["Source"].split(":")[2]]) or {}
    filters = (parameters.get("FilterCriteria") or {}).get("Filters") or ()
    age = block.get("MaximumRecordAgeInSeconds", -1)
    return Source(
        arn=definition["Source"],
        caller=Caller(account, region, f"arn:aws:iam::{account}:root"),
        batch=block["BatchSize"],
        window=block.get("MaximumBatchingWindowInSeconds", 0) * 1000,
        filters=tuple(compile_pattern(each["Pattern"], PIPES) for each in filters),
        parallel=block.get("ParallelizationFactor", 1),
        retries=block.get("MaximumRetryAttempts", -1),
        age=age * 1000 if age >= 0 else -1,
        bisect=block.get("OnPartialBatchItemFailure") == "AUTOMATIC_BISECT",
        taker=arn,
    )
