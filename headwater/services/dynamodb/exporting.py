"""Writing an export to its bucket: data files of gzipped lines, then the manifests that name them.

Names and contents come of the export alone, so one that is cut short is written over from the start.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport.Output.html
"""

from __future__ import annotations

import asyncio
import gzip
from base64 import b32encode, b64encode
from collections.abc import Callable, Coroutine
from hashlib import md5
from typing import Any

import orjson

from headwater.services.dynamodb import tables
from headwater.services.dynamodb.jobs import EXPORT, Job, change_job, fail_job, failure_of, job_of
from headwater.services.dynamodb.sweeping import sweep_items
from headwater.spine.deliveries import Delivery, delivery
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call
from headwater.spine.timestamps import iso8601_milliseconds
from headwater.spine.work import Work

_ROWS = 1000
_FILE = 4_000_000  # bytes of lines in a file, about
_BEYOND = b"\xff" * 2053

Finish = Callable[[Call], None]


@delivery("dynamodb.export")
def write_export(call: Call, item: Delivery) -> Coroutine[Any, Any, Finish] | None:
    job = job_of(call, EXPORT, item.payload["export"])
    return None if job is None or job.done else _write(call.work, job)


async def _write(work: Work, job: Job) -> Finish:
    writer = _Writer(work, job)
    try:
        return await writer.write()
    except AwsError as error:
        code, message = failure_of(error)
        return lambda call: _end(call, fail_job(call, job, code, message))


def _end(call: Call, job: Job) -> None:
    sweep_items(call, job.arn, job.id)


class _Writer:
    """What one export writes, and counts of it."""

    def __init__(self, work: Work, job: Job) -> None:
        self._work, self._job = work, job
        asked = job.document
        self._root = f"{asked['S3Prefix'].rstrip('/')}/" if asked.get("S3Prefix") else ""
        self._root += "AWSDynamoDB/"
        self._folder = f"{self._root}{job.name}/"
        self._incremental = "IncrementalExportSpecification" in asked
        self._request: dict[str, Any] = {"Bucket": asked["S3Bucket"]}
        if "S3BucketOwner" in asked:
            self._request["ExpectedBucketOwner"] = asked["S3BucketOwner"]
        if asked["S3SseAlgorithm"] == "KMS":
            self._request["ServerSideEncryption"] = "aws:kms"
        if "S3SseKmsKeyId" in asked:
            self._request["SSEKMSKeyId"] = asked["S3SseKmsKeyId"]
        self._files: list[dict[str, Any]] = []
        self._count = self._size = 0

    async def write(self) -> Finish:
        await self._put(f"{self._folder}_started", b"")
        start: tuple[bytes, bytes] | None = (b"", b"")
        lines: list[bytes] = []
        held = 0
        while start is not None:
            rows = await self._work.transact(_rows, self._job.id, start)
            for _, _, row in rows:
                lines.append(row if self._incremental else b'{"Item":' + row + b"}")
                held += len(row)
            start = (rows[-1][0], rows[-1][1] + b"\x00") if len(rows) == _ROWS else None
            if held >= _FILE or start is None:
                await self._put_data(lines)
                lines, held = [], 0
        return await self._put_manifests()

    async def _put(self, key: str, body: bytes) -> str:
        answer = await self._work.operation("s3", "PutObject", {**self._request, "Key": key, "Body": body})
        etag: str = answer["ETag"]
        return etag.strip('"')

    async def _put_data(self, lines: list[bytes]) -> None:
        # in a thread: what four megabytes take is not everybody's
        body = await asyncio.to_thread(gzip.compress, b"".join([line + b"\n" for line in lines]), mtime=0)
        place = f"{self._job.arn}/{len(self._files)}".encode()
        name = b32encode(md5(place, usedforsecurity=False).digest()).decode().rstrip("=").lower()
        # the data of all incremental exports lie together
        key = f"{self._root if self._incremental else self._folder}data/{name}.json.gz"
        etag = await self._put(key, body)
        told = {"itemCount": len(lines), "md5Checksum": _checksum(body), "etag": etag, "dataFileS3Key": key}
        self._files.append(told)
        self._count += len(lines)
        self._size += sum(map(len, lines))

    async def _put_manifests(self) -> Finish:
        listed = b"".join([orjson.dumps(told) + b"\n" for told in self._files])
        ended = self._work.now
        summary = orjson.dumps(self._summary(ended))
        for name, body in (("manifest-files", listed), ("manifest-summary", summary)):
            await self._put(f"{self._folder}{name}.json", body)
            await self._put(f"{self._folder}{name}.md5", _checksum(body).encode())
        manifest = f"{self._folder}manifest-summary.json"
        told = {"ExportManifest": manifest, "ItemCount": self._count, "BilledSizeBytes": self._size, "EndTime": ended}
        job = self._job
        return lambda call: _end(call, change_job(call, job, ExportStatus="COMPLETED", **told))

    def _summary(self, ended: int) -> dict[str, Any]:
        asked = self._job.document
        summary = {
            "version": "2023-08-01" if self._incremental else "2020-06-30",
            "exportArn": self._job.arn,
            "startTime": iso8601_milliseconds(asked["StartTime"]),
            "endTime": iso8601_milliseconds(ended),
            "tableArn": asked["TableArn"],
            "tableId": asked["TableId"],
        }
        if self._incremental:
            period = asked["IncrementalExportSpecification"]
            summary["exportFromTime"] = iso8601_milliseconds(period["ExportFromTime"])
            summary["exportToTime"] = iso8601_milliseconds(period["ExportToTime"])
        else:
            summary["exportTime"] = iso8601_milliseconds(asked["ExportTime"])
        summary |= {
            "s3Bucket": asked["S3Bucket"],
            "s3Prefix": asked.get("S3Prefix"),
            "s3SseAlgorithm": asked["S3SseAlgorithm"],
            "s3SseKmsKeyId": asked.get("S3SseKmsKeyId"),
            "manifestFilesS3Key": f"{self._folder}manifest-files.json",
            "billedSizeBytes": self._size,
            "itemCount": self._count,
            "outputFormat": asked["ExportFormat"],
        }
        if self._incremental:
            summary["outputView"] = asked["IncrementalExportSpecification"]["ExportViewType"]
        return {**summary, "exportType": "INCREMENTAL_EXPORT" if self._incremental else "FULL_EXPORT"}


def _rows(call: Call, owner: int, start: tuple[bytes, bytes]) -> list[tuple[Any, ...]]:
    return call.store.all(tables.SCAN_TABLE, (owner, *start, _BEYOND, _ROWS))


def _checksum(body: bytes) -> str:
    return b64encode(md5(body, usedforsecurity=False).digest()).decode()
