"""Reading the objects of an import into its table: lines of DynamoDB JSON, or CSV.

An item that is none is counted, told in the log of imports, and left out; a line that is no JSON ends its object. The
table is CREATING until all is read. What is cut short is read anew from the start, into the same table.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataImport.Format.html
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Iterator
from typing import Any, NamedTuple

import orjson

from headwater.languages.dynamodb.errors import SerializationException, ValidationException
from headwater.languages.dynamodb.values import MAX_ITEM_SIZE, Item, check_item
from headwater.languages.item_sources import SourceError, csv_items, lines, unpacked
from headwater.services.dynamodb.errors import validation
from headwater.services.dynamodb.imports import LOG_GROUP
from headwater.services.dynamodb.jobs import IMPORT, Job, change_job, fail_job, failure_of, job_of
from headwater.services.dynamodb.lifecycle import insert_table, new_definition, save_definition
from headwater.services.dynamodb.parameters import check_names
from headwater.services.dynamodb.table import Table, table_by_arn
from headwater.services.dynamodb.writing import PUT_TOO_LARGE, Change, encode, load, write
from headwater.spine.deliveries import Delivery, delivery
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call
from headwater.spine.store.blobs import pieces_of
from headwater.spine.work import Work

_PORTION = 100
_MOST_TOLD = 10_000
_LOG_PORTION = 500
_INVALID = (
    "Some of the items failed validation checks and were not imported. "
    "Please check CloudWatch error logs for more details."
)

Finish = Callable[[Call], None]


class Found(NamedTuple):
    """Something that an object holds: an item in wire form, or what is wrong with it."""

    place: int
    item: Item | None
    problem: str = ""


@delivery("dynamodb.import")
def read_import(call: Call, item: Delivery) -> Coroutine[Any, Any, Finish] | None:
    job = job_of(call, IMPORT, item.payload["import"])
    return None if job is None or job.done else _Importer(call.work, job).run()


class _Importer:
    """One import, and what is counted of it."""

    def __init__(self, work: Work, job: Job) -> None:
        self._work, self._job = work, job
        self._source: dict[str, Any] = job.document["S3BucketSource"]
        self._counts = {"ErrorCount": 0, "ProcessedSizeBytes": 0, "ProcessedItemCount": 0, "ImportedItemCount": 0}
        self._problems: list[str] = []

    async def run(self) -> Finish:
        job = self._job
        try:
            keys = await self._list()
            if not await self._work.transact(_make_table, job):
                message = f"Table already exists: {job.document['TableCreationParameters']['TableName']}"
                return lambda call: _end(call, fail_job(call, job, "TableAlreadyExists", message))
            for key in keys:
                await self._read(key)
            await self._tell()
        except AwsError as error:
            code, told = failure_of(error)
            return lambda call: _end(call, fail_job(call, job, code, told))
        counted = job._replace(document={**job.document, **self._counts})
        if self._counts["ErrorCount"]:
            return lambda call: _end(call, fail_job(call, counted, "ItemValidationError", _INVALID))
        return lambda call: _end(call, change_job(call, counted, ImportStatus="COMPLETED", EndTime=call.now))

    async def _list(self) -> list[str]:
        request = {**self._bucket(), "Prefix": self._source.get("S3KeyPrefix", "")}
        keys: list[str] = []
        while True:
            page = await self._work.operation("s3", "ListObjectsV2", request)
            keys += [found["Key"] for found in page.get("Contents") or ()]
            if not page.get("NextContinuationToken"):
                return keys
            request = {**request, "ContinuationToken": page["NextContinuationToken"]}

    def _bucket(self) -> dict[str, Any]:
        return {"Bucket": self._source["S3Bucket"], "ExpectedBucketOwner": self._source["S3BucketOwner"]}

    async def _read(self, key: str) -> None:
        answer = await self._work.operation("s3", "GetObject", {**self._bucket(), "Key": key})
        self._counts["ProcessedSizeBytes"] += answer["ContentLength"]
        portion: list[Found] = []
        for found in _items(pieces_of(answer["Body"]), self._job.document):
            portion.append(found)
            if len(portion) == _PORTION:
                await self._put(key, portion)
                portion = []
        if portion:
            await self._put(key, portion)

    async def _put(self, key: str, portion: list[Found]) -> None:
        refused = await self._work.transact(_put_items, self._job, portion)
        self._counts["ProcessedItemCount"] += len(portion)
        self._counts["ImportedItemCount"] += len(portion) - len(refused)
        self._counts["ErrorCount"] += len(refused)
        for index, problem in refused[: _MOST_TOLD - len(self._problems)]:
            pointer = {"bucket": self._source["S3Bucket"], "key": key, "itemIndex": index}
            told = {"itemS3Pointer": pointer, "importArn": self._job.arn, "errorMessages": [problem]}
            self._problems.append(orjson.dumps(told).decode())

    async def _tell(self) -> None:
        """Writes what was wrong to the log of imports."""
        if not self._problems:
            return
        place = {"logGroupName": LOG_GROUP, "logStreamName": f"{self._job.name}/error"}
        for name, request in (("CreateLogGroup", {"logGroupName": LOG_GROUP}), ("CreateLogStream", place)):
            try:
                await self._work.operation("logs", name, request)
            except AwsError as error:
                if error.code != "ResourceAlreadyExistsException":
                    raise
        for start in range(0, len(self._problems), _LOG_PORTION):
            told = self._problems[start : start + _LOG_PORTION]
            events = [{"timestamp": self._work.now, "message": message} for message in told]
            await self._work.operation("logs", "PutLogEvents", {**place, "logEvents": events})


def _make_table(call: Call, job: Job) -> bool:
    """Makes the table, unless it is there since this import was cut short; False where another has its name."""
    present = table_by_arn(call, job.document["TableArn"])
    if present is not None:
        return bool(present.definition["TableId"] == job.table_id)
    definition = new_definition(call, job.document["TableCreationParameters"])
    insert_table(call, {**definition, "TableId": job.table_id, "importing": True})
    return True


def _end(call: Call, job: Job) -> None:
    table = table_by_arn(call, job.document["TableArn"])
    if table is not None and table.definition["TableId"] == job.table_id:
        save_definition(call, table, {**table.definition, "importing": False})


def _put_items(call: Call, job: Job, portion: list[Found]) -> list[tuple[int, str]]:
    """Writes items; the places of those that are none, with what is wrong."""
    table = table_by_arn(call, job.document["TableArn"])
    assert table is not None  # it cannot be deleted while it is CREATING
    refused = []
    for found in portion:
        problem = found.problem if found.item is None else _put(call, table, found.item)
        if problem is not None:
            refused.append((found.place, problem))
    return refused


def _put(call: Call, table: Table, item: Item) -> str | None:
    try:
        if check_item(item) > MAX_ITEM_SIZE:
            raise validation(PUT_TOO_LARGE)
        check_names(item)
        key = table.key_of(item)
        table.check_index_keys(item)
        encoded = encode(item, PUT_TOO_LARGE)
    except (ValidationException, SerializationException) as error:
        return str(error)
    except AwsError as error:
        return error.message
    write(call, Change(table, key, load(call, table, key), item), encoded)
    return None


def _items(pieces: Iterable[bytes], document: dict[str, Any]) -> Iterator[Found]:
    """What an object holds; where it cannot be read on, that is the last."""
    index = -1
    try:
        if document["InputCompressionType"] == "GZIP":
            pieces = unpacked(pieces, always=True)
        read = _rows(pieces, document) if document["InputFormat"] == "CSV" else _lines(pieces)
        for index, item in enumerate(read):
            yield Found(index, item, "" if item is not None else "The line holds no Item")
    except SourceError as error:
        yield Found(index + 1, None, str(error))


def _lines(pieces: Iterable[bytes]) -> Iterator[Item | None]:
    for line in lines(pieces):
        if not line.strip():
            continue
        try:
            record = orjson.loads(line)
        except orjson.JSONDecodeError:
            raise SourceError("Invalid JSON") from None
        item = record.get("Item") if isinstance(record, dict) else None
        yield item if isinstance(item, dict) else None


def _rows(pieces: Iterable[bytes], document: dict[str, Any]) -> Iterator[Item]:
    """All cells are texts but those of keys."""
    options = (document.get("InputFormatOptions") or {}).get("Csv") or {}
    defined = document["TableCreationParameters"]["AttributeDefinitions"]
    types = {part["AttributeName"]: part["AttributeType"] for part in defined}
    for row in csv_items(pieces, options.get("HeaderList"), options.get("Delimiter", ",")):
        yield {name: {types.get(name, "S"): cell} for name, cell in row.items()}
