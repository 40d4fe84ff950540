"""Exports and imports as their rows keep them: jobs that are begun, go on by themselves, and are told for ever after.

``document`` is the description, as DescribeExport or DescribeImport shows it.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import orjson

from headwater.services.dynamodb import tables
from headwater.services.dynamodb.errors import validation
from headwater.spine.arns import parse_arn
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request

EXPORT, IMPORT = "Export", "Import"
_LATEST = 1 << 62
_TOKEN = re.compile("[0-9a-f]{112}")


class Job(NamedTuple):
    """``kind``: Export or Import; ``table_id``: what CreateTable gave the table that it is of."""

    id: int
    arn: str
    kind: str
    table_id: str
    document: dict[str, Any]

    @property
    def done(self) -> bool:
        return bool(self.document[f"{self.kind}Status"] != "IN_PROGRESS")

    @property
    def name(self) -> str:
        return self.arn.rpartition("/")[2]


def begin_job(call: Call, kind: str, table_arn: str, table_id: str, document: dict[str, Any]) -> Job:
    """Writes the row of a job and leaves its work to a delivery, which is named after its kind."""
    arn = f"{table_arn}/{kind.lower()}/{call.now:014d}-{call.ids.hex(8)}"
    told = {f"{kind}Arn": arn, f"{kind}Status": "IN_PROGRESS", "StartTime": call.now, **document}
    job = Job(call.new_id(), arn, kind, table_id, told)
    row = (job.id, arn, kind, call.account, call.region, table_arn, table_id, document.get("ClientToken"))
    call.store.run(tables.INSERT_JOB, (*row, orjson.dumps(told).decode()))
    return job


def change_job(call: Call, job: Job, **changes: Any) -> Job:
    changed = job._replace(document={**job.document, **changes})
    call.store.run(tables.SET_JOB, (orjson.dumps(changed.document).decode(), job.id))
    call.signal(("dynamodb-job", job.arn))
    return changed


def fail_job(call: Call, job: Job, code: str, message: str) -> Job:
    failure = {"FailureCode": code, "FailureMessage": message, "EndTime": call.now}
    return change_job(call, job, **{f"{job.kind}Status": "FAILED"}, **failure)


def failure_of(error: AwsError) -> tuple[str, str]:
    """How a job tells what S3 or KMS refused it."""
    code = f"Kms{error.code}" if error.code == "NotFoundException" else f"S3{error.code}"
    what = f"Service: Amazon S3; Status Code: {error.status}; Error Code: {error.code}"
    return code, f"{error.message} ({what})"


def same_job(call: Call, kind: str, token: str | None) -> Job | None:
    """The job that was begun with the same client token."""
    row = None if token is None else call.store.one(tables.JOB_OF_TOKEN, (call.account, call.region, kind, token))
    return None if row is None else _read(row)


def conflict(kind: str) -> AwsError:
    text = f"{kind} conflict: Duplicate request detected with conflicting parameters"
    return AwsError(f"{kind}ConflictException", text)


def find_job(call: Call, kind: str, arn: str) -> Job:
    parts = parse_arn(arn)
    if parts is None or f"/{kind.lower()}/" not in parts.resource:
        raise validation(f"Invalid {kind} ARN")
    if parts.account != call.account:
        raise AwsError("AccessDeniedException", "Access is denied")
    row = call.store.one(tables.FIND_JOB, (kind, arn))
    if row is None or parts.region != call.region:
        raise AwsError(f"{kind}NotFoundException", f"{kind} not found: {kind} not found: {arn}")
    return _read(row)


def job_of(call: Call, kind: str, arn: str) -> Job | None:
    row = call.store.one(tables.FIND_JOB, (kind, arn))
    return None if row is None else _read(row)


def list_jobs(call: Call, kind: str, request: Request, limit: int) -> tuple[list[Job], str | None]:
    """A page of jobs, the newest first, and the token of the next."""
    token, arn = request.get("NextToken"), request.get("TableArn")
    if token is not None and _TOKEN.fullmatch(token) is None:
        raise validation(f"Invalid Request: Provided nextToken is invalid: {token}")
    before = _LATEST if token is None else int(token, 16)
    asked = (call.account, call.region, kind, before)
    if arn is None:
        rows = call.store.all(tables.LIST_JOBS, (*asked, limit + 1))
    else:
        rows = call.store.all(tables.LIST_JOBS_OF_TABLE, (*asked, arn, limit + 1))
    found = [_read(row) for row in rows]
    return found[:limit], f"{found[limit - 1].id:0112x}" if len(found) > limit else None


def _read(row: tuple[Any, ...]) -> Job:
    identity, arn, kind, table_id, text = row
    return Job(identity, arn, kind, table_id, orjson.loads(text))
