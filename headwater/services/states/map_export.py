"""Writing a map run's results to Amazon S3: a file for each outcome, and the manifest that lists them. Piece by piece,
as a multipart upload where they are many, so that memory stays flat.

https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from headwater.languages.asl.execution import iso
from headwater.languages.asl.result_writer import JSONL, transformed
from headwater.services.states import tables
from headwater.services.states.map_run import MapRun
from headwater.spine.operations import Call
from headwater.spine.work import Work

_FILES = ("FAILED", "PENDING", "SUCCEEDED")
_PART = 8 * 1024 * 1024
_ROWS = 4


def entries(call: Call, run: MapRun) -> Iterator[list[Any]]:
    """What is kept of each child, row by row."""
    place = -1
    while rows := call.store.all(tables.MAP_RESULTS_FROM, (run.id, place, 20)):
        for place, body in rows:  # noqa: B007  the next page begins behind the last
            yield from orjson.loads(body)


def child_record(run: MapRun, entry: list[Any]) -> dict[str, Any]:
    """The child as an export tells of it; members in alphabetical order."""
    _, _, arn, status, output, error, cause, given, started, stopped, redrives = entry
    redrivable = status != "SUCCEEDED"
    record = {
        "Cause": cause,
        "Error": error,
        "ExecutionArn": arn,
        "Input": given,
        "InputDetails": {"Included": True},
        "Name": arn.split(":")[7],
        "Output": output,
        "OutputDetails": None if output is None else {"Included": True},
        "RedriveCount": redrives,
        "RedriveStatus": "REDRIVABLE_BY_MAP_RUN" if redrivable else "NOT_REDRIVABLE",
        "RedriveStatusReason": None if redrivable else f"Execution is {status} and cannot be redriven",
        "StartDate": iso(started),
        "StateMachineArn": run.machine_arn,
        "Status": status,
        "StopDate": iso(stopped),
    }
    return {name: value for name, value in record.items() if value is not None}


class _File:
    """An object that grows by JSON texts: an array of them, or a line each."""

    def __init__(self, work: Work, bucket: Any, key: str, *, lines: bool) -> None:
        self._work = work
        self._object = {"Bucket": bucket, "Key": key}
        self._lines = lines
        self._texts: list[str] = []
        self._held = 0
        self._upload: dict[str, Any] = {}
        self._parts: list[dict[str, Any]] = []
        self.size = 0

    @property
    def empty(self) -> bool:
        return not self._texts and not self._parts

    async def add(self, text: str) -> None:
        self._texts.append(text)
        self._held += len(text)
        if self._held >= _PART:
            await self._write_part(last=False)

    def _take(self, *, last: bool) -> bytes:
        """What is held, with the marks before, between and behind."""
        separator, opening, closing = ("\n", "", "") if self._lines else (",", "[", "]")
        before = separator if self._parts else opening
        body = before + separator.join(self._texts) + (closing if last else "")
        self._texts, self._held = [], 0
        data = body.encode()
        self.size += len(data)
        return data

    async def _write_part(self, *, last: bool) -> None:
        if not self._upload:
            made = await self._work.operation("s3", "CreateMultipartUpload", self._object)
            self._upload = {**self._object, "UploadId": made["UploadId"]}
        number = len(self._parts) + 1
        request = {**self._upload, "PartNumber": number, "Body": self._take(last=last)}
        answer = await self._work.operation("s3", "UploadPart", request)
        self._parts.append({"PartNumber": number, "ETag": answer["ETag"]})

    async def close(self) -> dict[str, Any]:
        """Write what is left: how the manifest names the file."""
        if not self._parts:
            body = self._take(last=True)
            await self._work.operation("s3", "PutObject", {**self._object, "Body": body})
        else:
            if self._texts or not self._lines:
                await self._close_part()
            request = {**self._upload, "MultipartUpload": {"Parts": self._parts}}
            await self._work.operation("s3", "CompleteMultipartUpload", request)
        return {"Key": self._object["Key"], "Size": self.size}

    async def _close_part(self) -> None:
        if self._texts:
            await self._write_part(last=True)
            return
        request = {**self._upload, "PartNumber": len(self._parts) + 1, "Body": b"]"}
        self.size += 1
        answer = await self._work.operation("s3", "UploadPart", request)
        self._parts.append({"PartNumber": request["PartNumber"], "ETag": answer["ETag"]})


async def export(work: Work, run: MapRun, writer: dict[str, Any]) -> str:
    """Write all; the state's output, which names the manifest."""
    parameters = writer["parameters"]
    bucket, prefix = parameters.get("Bucket"), parameters.get("Prefix") or ""
    folder = f"{prefix}/" if prefix and not prefix.endswith("/") else prefix
    folder += run.arn.rpartition(":")[2]
    lines = writer["output_type"] == JSONL
    ending = "jsonl" if lines else "json"
    files = {name: _File(work, bucket, f"{folder}/{name}_0.{ending}", lines=lines) for name in _FILES}
    place = -1
    while page := await work.transact(_page, run.id, place):
        for place, body in page:  # noqa: B007  the next page begins behind the last
            for entry in orjson.loads(body):
                file = files["SUCCEEDED" if entry[3] == "SUCCEEDED" else "FAILED"]
                for text in transformed(child_record(run, entry), entry[4], writer["transformation"]):
                    await file.add(text)
    first = run.next
    while pending := await work.transact(_pending, run, first):
        for text in pending:
            await files["PENDING"].add(text)
        first += len(pending)
    listed = {name: [] if file.empty else [await file.close()] for name, file in files.items()}
    manifest = {"DestinationBucket": bucket, "MapRunArn": run.arn, "ResultFiles": listed}
    key = f"{folder}/manifest.json"
    await work.operation("s3", "PutObject", {"Bucket": bucket, "Key": key, "Body": orjson.dumps(manifest)})
    details = {"MapRunArn": run.arn, "ResultWriterDetails": {"Bucket": bucket, "Key": key}}
    return orjson.dumps(details).decode()


def _page(call: Call, run_id: int, place: int) -> list[tuple[Any, ...]]:
    return call.store.all(tables.MAP_RESULTS_FROM, (run_id, place, _ROWS))


def _pending(call: Call, run: MapRun, first: int) -> list[str]:
    """Some of the children that were never started."""
    row = call.store.one(tables.MAP_INPUTS_AT, (run.id, first))
    if row is None:
        return []
    about = {"InputDetails": {"Included": True}, "StateMachineArn": run.machine_arn, "Status": "PENDING"}
    inputs = orjson.loads(row[1])[first - row[0] :]
    return [orjson.dumps({"Input": orjson.dumps(given).decode(), **about}).decode() for _, given in inputs]
