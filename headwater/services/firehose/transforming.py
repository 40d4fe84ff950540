"""Records go through a function, which answers for each: Ok, Dropped or ProcessingFailed.

https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html
https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-failure-handling.html
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from headwater.services.firehose import tables
from headwater.services.firehose.stream import DeliveryStream, record_id
from headwater.spine.arns import parse_arn
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call
from headwater.spine.work import Work

_FAILED = "processing-failed"
_MESSAGES = {
    "Lambda.FunctionError": "The Lambda function was successfully invoked but it returned an error result.",
    "Lambda.MissingRecordId": "One or more record Ids were not returned. Ensure that the Lambda function returns all "
    "received record Ids.",
    "Lambda.DuplicatedRecordId": "Multiple records were returned with the same record ID. Ensure that the Lambda "
    "function returns unique record IDs for each record.",
    "Lambda.ProcessingFailedStatus": "ProcessingFailed status set for record. Ensure that the Lambda function "
    "processes the record successfully.",
    "Lambda.InvalidResult": "The result of the record is none of Ok, Dropped and ProcessingFailed, or its data is "
    "not base64.",
}


class Held(NamedTuple):
    """A record as its row has it."""

    id: int
    arrived: int
    data: bytes
    metadata: dict[str, Any] | None


class Ready(NamedTuple):
    """What is to be written, with the keys of its partition."""

    data: bytes
    keys: Mapping[tuple[str, str], str]
    arrived: int


class Failure(NamedTuple):
    """What is told of a record that failed, in the folder of its ``kind``."""

    kind: str
    told: dict[str, Any]

    @classmethod
    def of_metadata(cls, record: Ready, message: str) -> Failure:
        told = {
            "attemptsMade": 1,
            "arrivalTimestamp": record.arrived,
            "errorCode": "DynamicPartitioning.MetadataExtractionFailed",
            "errorMessage": f"Partitioning keys could not be extracted: {message}",
            "rawData": b64encode(record.data).decode(),
        }
        return cls("metadata-extraction-failed", told)


class Outcome(NamedTuple):
    ready: list[Ready]
    failures: list[Failure]


def read_batch(call: Call, stream: DeliveryStream, batch: int) -> list[Held]:
    return [
        Held(identity, arrived, data, orjson.loads(metadata) if metadata else None)
        for identity, arrived, data, metadata in call.store.all(tables.BATCH, (stream.id, batch))
    ]


async def transform(work: Work, stream: DeliveryStream, records: list[Held]) -> Outcome:
    """What the function makes of the records, in as many parts as its buffer wants."""
    whole = Outcome([], [])
    for part in _parts(records, stream.destination.processing.buffer):
        outcome = await _transform_part(work, stream, part)
        whole.ready.extend(outcome.ready)
        whole.failures.extend(outcome.failures)
    return whole


def _parts(records: list[Held], most: int) -> list[list[Held]]:
    parts: list[list[Held]] = [[]]
    size = 0
    for record in records:
        if parts[-1] and size + len(record.data) > most:
            parts.append([])
            size = 0
        parts[-1].append(record)
        size += len(record.data)
    return parts


async def _transform_part(work: Work, stream: DeliveryStream, records: list[Held]) -> Outcome:
    processing = stream.destination.processing
    payload = orjson.dumps(_event(work, stream, records))
    function = parse_arn(processing.function)
    assert function is not None
    request = {"FunctionName": processing.function, "Payload": payload}
    principal = stream.acting(stream.destination)
    code, message, attempts = "", "", 0
    while attempts <= processing.retries:
        attempts += 1
        try:
            answer = await work.operation("lambda", "Invoke", request, function.account, function.region, principal)
        except AwsError as error:
            code, message = f"Lambda.{error.code}", error.message
            continue
        if answer.get("FunctionError"):
            code, message = "Lambda.FunctionError", _MESSAGES["Lambda.FunctionError"]
            continue
        return _answered(work, stream, records, answer["Payload"], attempts)
    failures = [_failure(work, stream, record, code, message, attempts) for record in records]
    return Outcome([], failures)


def _event(work: Work, stream: DeliveryStream, records: list[Held]) -> dict[str, Any]:
    event: dict[str, Any] = {
        "invocationId": work.call().ids.uuid(),
        "deliveryStreamArn": stream.arn,
        "region": stream.region,
        "records": [
            {
                "recordId": record_id(record.id),
                "approximateArrivalTimestamp": record.arrived,
                "data": b64encode(record.data).decode(),
                **({"kinesisRecordMetadata": record.metadata} if record.metadata else {}),
            }
            for record in records
        ],
    }
    return event | ({"sourceKinesisStreamArn": stream.source} if stream.source else {})


def _answered(work: Work, stream: DeliveryStream, records: list[Held], payload: bytes, attempts: int) -> Outcome:
    outcome = Outcome([], [])
    answers = _answers(payload)
    for record in records:
        found = answers.get(record_id(record.id), [])
        code = ""
        if len(found) != 1:
            code = "Lambda.DuplicatedRecordId" if found else "Lambda.MissingRecordId"
        elif found[0].get("result") == "Ok" and (data := _data(found[0])) is not None:
            outcome.ready.append(Ready(data, _keys(found[0]), record.arrived))
        elif found[0].get("result") == "ProcessingFailed":
            code = "Lambda.ProcessingFailedStatus"
        elif found[0].get("result") != "Dropped":
            code = "Lambda.InvalidResult"
        if code:
            outcome.failures.append(_failure(work, stream, record, code, _MESSAGES[code], attempts))
    return outcome


def _answers(payload: bytes) -> dict[str, list[dict[str, Any]]]:
    """What a function answered, by the ids of the records."""
    try:
        answer = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return {}
    found: dict[str, list[dict[str, Any]]] = {}
    given = answer.get("records") if isinstance(answer, dict) else None
    for each in given if isinstance(given, list) else ():
        if isinstance(each, dict):
            found.setdefault(str(each.get("recordId")), []).append(each)
    return found


def _data(answer: Mapping[str, Any]) -> bytes | None:
    try:
        return b64decode(answer.get("data") or "", validate=True)
    except (ValueError, TypeError):
        return None


def _keys(answer: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    metadata = answer.get("metadata")
    keys = metadata.get("partitionKeys") if isinstance(metadata, dict) else None
    if not isinstance(keys, dict):
        return {}
    return {("partitionKeyFromLambda", name): str(value) for name, value in keys.items()}


def _failure(work: Work, stream: DeliveryStream, record: Held, code: str, message: str, attempts: int) -> Failure:
    told = {
        "attemptsMade": attempts,
        "arrivalTimestamp": record.arrived,
        "errorCode": code,
        "errorMessage": message,
        "attemptEndingTimestamp": work.now,
        "rawData": b64encode(record.data).decode(),
        "lambdaArn": stream.destination.processing.function,
    }
    return Failure(_FAILED, told)
