"""Targets: each is handed a batch by its service's own operation, as a client would.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-event-target.html
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from headwater.languages.inputs import InvalidInput
from headwater.services.pipes.compiled import CompiledPipe, Input, Stage
from headwater.services.pipes.http import call_http
from headwater.services.pipes.invoking import as_list, invoke_function, run_state_machine
from headwater.services.pipes.validation import MOST_AT_ONCE
from headwater.spine.errors import AwsError
from headwater.spine.operations import Request, Result
from headwater.spine.polling import failed_items
from headwater.spine.timestamps import parse
from headwater.spine.work import Work

# The identifiers of the events that were not taken; None: the whole batch.
Failed = Sequence[str] | None
Target = Callable[[Work, CompiledPipe, list[Input]], Awaitable[Failed]]


async def send(work: Work, pipe: CompiledPipe, inputs: list[Input]) -> Failed:
    """Hand over a batch, in as many parts as the target's service needs. AwsError: it could not be handed over."""
    service = pipe.target.arn.service
    target, most = TARGETS[service], MOST_AT_ONCE.get(service, len(inputs))
    failed: list[str] = []
    for first in range(0, len(inputs), most):
        part = await target(work, pipe, inputs[first : first + most])
        if part is None:
            return None
        failed += part
    return failed


def _text(stage: Stage, item: Input, name: str, block: Mapping[str, Any]) -> str | None:
    """A parameter, dynamic or not; None where there is none."""
    text = block.get(name)
    if not text:
        return None
    try:
        return stage.dynamic(text).of(item.event)
    except InvalidInput as refusal:
        raise AwsError("ValidationException", str(refusal)) from None


def _instant(stage: Stage, item: Input, name: str, block: Mapping[str, Any]) -> int | None:
    text = _text(stage, item, name, block)
    try:
        return None if text is None else int(text) if text.isdecimal() else parse(text)
    except ValueError:
        raise AwsError("ValidationException", f"{name} is not a time: {text}") from None


async def _call(work: Work, stage: Stage, name: str, request: Request) -> Result:
    arn = stage.arn
    return await work.operation(arn.service, name, request, arn.account or None, arn.region or None, stage.principal)


async def _to_function(work: Work, pipe: CompiledPipe, inputs: list[Input]) -> Failed:
    stage = pipe.target
    if (stage.parameters.get("LambdaFunctionParameters") or {}).get("InvocationType") == "FIRE_AND_FORGET":
        request = {"FunctionName": str(stage.arn), "InvocationType": "Event", "Payload": as_list(inputs)}
        await _call(work, stage, "Invoke", request)
        return ()
    return failed_items(await invoke_function(work, stage, inputs))


async def _to_state_machine(work: Work, pipe: CompiledPipe, inputs: list[Input]) -> Failed:
    stage = pipe.target
    if (stage.parameters.get("StepFunctionStateMachineParameters") or {}).get("InvocationType") == "FIRE_AND_FORGET":
        request = {"stateMachineArn": str(stage.arn), "input": as_list(inputs).decode()}
        await _call(work, stage, "StartExecution", request)
        return ()
    return failed_items(await run_state_machine(work, stage, inputs))


async def _to_queue(work: Work, pipe: CompiledPipe, inputs: list[Input]) -> Failed:
    stage, block = pipe.target, pipe.target.parameters.get("SqsQueueParameters") or {}
    entries: list[dict[str, Any]] = []
    for place, item in enumerate(inputs):
        entry = {"Id": str(place), "MessageBody": item.text}
        for name in ("MessageGroupId", "MessageDeduplicationId"):
            if (text := _text(stage, item, name, block)) is not None:
                entry[name] = text
        entries.append(entry)
    url = f"{work.call().endpoint}/{stage.arn.account}/{stage.arn.resource}"
    answer = await _call(work, stage, "SendMessageBatch", {"QueueUrl": url, "Entries": entries})
    return _failed_entries(inputs, [(int(each["Id"]), each) for each in answer.get("Failed") or ()])


async def _to_topic(work: Work, pipe: CompiledPipe, inputs: list[Input]) -> Failed:
    entries = [{"Id": str(place), "Message": item.text} for place, item in enumerate(inputs)]
    request = {"TopicArn": str(pipe.target.arn), "PublishBatchRequestEntries": entries}
    answer = await _call(work, pipe.target, "PublishBatch", request)
    return _failed_entries(inputs, [(int(each["Id"]), each) for each in answer.get("Failed") or ()])


async def _to_bus(work: Work, pipe: CompiledPipe, inputs: list[Input]) -> Failed:
    if pipe.target.arn.resource.startswith("api-destination/"):
        return await _to_http(work, pipe, inputs)
    stage, block = pipe.target, pipe.target.parameters.get("EventBridgeEventBusParameters") or {}
    entries = []
    for item in inputs:
        resources = (_text(stage, item, "arn", {"arn": text}) for text in block.get("Resources") or ())
        entries.append(
            {
                "EventBusName": str(stage.arn),
                "Source": _text(stage, item, "Source", block) or f"Pipe {pipe.name}",
                "DetailType": _text(stage, item, "DetailType", block) or f"Event from aws:{_kind(pipe)}",
                "Detail": item.text,
                "Resources": [text for text in resources if text],
                "Time": _instant(stage, item, "Time", block),
            }
        )
    given = [{name: value for name, value in entry.items() if value is not None} for entry in entries]
    answer = await _call(work, stage, "PutEvents", {"Entries": given})
    refused = [(place, each) for place, each in enumerate(answer["Entries"]) if each.get("ErrorCode")]
    return _failed_entries(inputs, refused)


def _kind(pipe: CompiledPipe) -> str:
    return pipe.source.arn.split(":")[2]


async def _to_log_group(work: Work, pipe: CompiledPipe, inputs: list[Input]) -> Failed:
    stage, block = pipe.target, pipe.target.parameters.get("CloudWatchLogsParameters") or {}
    group = stage.arn.resource.removeprefix("log-group:").removesuffix(":*")
    streams: dict[str, list[dict[str, Any]]] = {}
    for item in inputs:
        at = _instant(stage, item, "Timestamp", block)
        entry = {"timestamp": work.now if at is None else at, "message": item.text}
        streams.setdefault(_text(stage, item, "LogStreamName", block) or pipe.name, []).append(entry)
    for stream, entries in streams.items():
        place = {"logGroupName": group, "logStreamName": stream}
        try:
            await _call(work, stage, "CreateLogStream", place)
        except AwsError as error:
            if error.code != "ResourceAlreadyExistsException":
                raise
        entries.sort(key=lambda entry: int(entry["timestamp"]))
        await _call(work, stage, "PutLogEvents", {**place, "logEvents": entries})
    return ()


async def _to_stream(work: Work, pipe: CompiledPipe, inputs: list[Input]) -> Failed:
    stage, block = pipe.target, pipe.target.parameters.get("KinesisStreamParameters") or {}
    records = [
        {"Data": item.text.encode(), "PartitionKey": _text(stage, item, "PartitionKey", block)} for item in inputs
    ]
    answer = await _call(work, stage, "PutRecords", {"StreamARN": str(stage.arn), "Records": records})
    refused = [(place, each) for place, each in enumerate(answer["Records"]) if each.get("ErrorCode")]
    return _failed_entries(inputs, refused)


async def _to_delivery_stream(work: Work, pipe: CompiledPipe, inputs: list[Input]) -> Failed:
    records = [{"Data": item.text.encode()} for item in inputs]
    request = {"DeliveryStreamName": pipe.target.arn.name, "Records": records}
    answer = await _call(work, pipe.target, "PutRecordBatch", request)
    refused = [(place, each) for place, each in enumerate(answer["RequestResponses"]) if each.get("ErrorCode")]
    return _failed_entries(inputs, refused)


async def _to_http(work: Work, pipe: CompiledPipe, inputs: list[Input]) -> Failed:
    for item in inputs:
        await call_http(work, pipe.target, item)
    return ()


def _failed_entries(inputs: list[Input], refused: list[tuple[int, Mapping[str, Any]]]) -> Failed:
    """Some entries were refused: these are tried again. All were: the first one's error is the batch's."""
    if refused and len(refused) == len(inputs):
        first = refused[0][1]
        code = first.get("Code") or first.get("ErrorCode") or "TargetFailed"
        raise AwsError(str(code), str(first.get("Message") or first.get("ErrorMessage") or ""))
    names = [inputs[place].event.identity for place, _ in refused]
    return names if all(names) else None


TARGETS: Mapping[str, Target] = MappingProxyType(
    {
        "events": _to_bus,
        "execute-api": _to_http,
        "firehose": _to_delivery_stream,
        "kinesis": _to_stream,
        "lambda": _to_function,
        "logs": _to_log_group,
        "sns": _to_topic,
        "sqs": _to_queue,
        "states": _to_state_machine,
    }
)
