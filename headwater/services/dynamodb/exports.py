"""ExportTableToPointInTime: what a table held at a time, or what changed in between, written to a bucket.

What is to be written is copied as soon as it is asked for; the writing follows (`exporting.py`).
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport.HowItWorks.html
"""

from __future__ import annotations

from typing import Any

from headwater.services.dynamodb.errors import backed_up_table_not_found, invalid_parameter, validation
from headwater.services.dynamodb.history import copy_changes, copy_items
from headwater.services.dynamodb.jobs import EXPORT, begin_job, conflict, find_job, list_jobs, same_job
from headwater.services.dynamodb.recovery import restorable
from headwater.services.dynamodb.table import Table, table_by_arn
from headwater.spine.arns import parse_arn
from headwater.spine.deliveries import FOREVER
from headwater.spine.errors import AwsError, not_implemented
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.timestamps import iso8601_seconds

_PAGE = 10
_MINUTE = 60_000
_SHORTEST, _LONGEST = 15 * _MINUTE, 24 * 60 * _MINUTE
_ECHOED = ("TableArn", "ClientToken", "S3Bucket", "S3BucketOwner", "S3Prefix", "S3SseKmsKeyId", "ExportType")
_SPECIFICATION = "IncrementalExportSpecification"


@operation("dynamodb", "ExportTableToPointInTime")
def export_table(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ExportTableToPointInTime.html"""
    _check_request(request)
    before = same_job(call, EXPORT, request.get("ClientToken"))
    if before is not None:
        if _asked(before.document) != _asked(_document(request, before.document.get("ExportTime"))):
            raise conflict(EXPORT)
        return {"ExportDescription": before.document}
    table = _source(call, request["TableArn"])
    specification = request.get(_SPECIFICATION)
    document = _document(request, None if specification else request.get("ExportTime", call.now))
    if specification is None:
        window = restorable(call, table)
        if not window.earliest <= document["ExportTime"] <= window.latest:
            raise _invalid_time("Export Time is invalid")
    else:
        document[_SPECIFICATION] = _period(call, table, specification)
    document["TableId"] = table.definition["TableId"]
    job = begin_job(call, EXPORT, table.arn, document["TableId"], document)
    call.span.subject = job.arn
    if specification is None:
        copy_items(call, table, job.id, document["ExportTime"])
    else:
        period = document[_SPECIFICATION]
        old_images = period["ExportViewType"] == "NEW_AND_OLD_IMAGES"
        copy_changes(call, table, job.id, period["ExportFromTime"], period["ExportToTime"], old_images)
    call.deliver("dynamodb.export", {"export": job.arn}, target=job.arn, policy=FOREVER)
    return {"ExportDescription": job.document}


@operation("dynamodb", "DescribeExport", reads=True)
def describe_export(call: Call, request: Request) -> Result:
    job = find_job(call, EXPORT, request["ExportArn"])
    call.span.subject = job.arn
    return {"ExportDescription": job.document}


@operation("dynamodb", "ListExports", reads=True)
def list_exports(call: Call, request: Request) -> Result:
    """Of a table, only those of the table that there is now."""
    jobs, token = list_jobs(call, EXPORT, request, request.get("MaxResults", _PAGE))
    if "TableArn" in request:
        table = table_by_arn(call, request["TableArn"])
        jobs = [job for job in jobs if table is not None and job.table_id == table.definition["TableId"]]
    shown = [
        {
            "ExportArn": job.arn,
            "ExportStatus": job.document["ExportStatus"],
            "ExportType": job.document.get("ExportType", "FULL_EXPORT"),
        }
        for job in jobs
    ]
    return {"ExportSummaries": shown} | ({} if token is None else {"NextToken": token})


def _check_request(request: Request) -> None:
    if request.get("ExportFormat") == "ION":
        raise not_implemented("ExportFormat ION of ExportTableToPointInTime")
    if request.get("FilterSpecification"):
        raise not_implemented("FilterSpecification of ExportTableToPointInTime")
    if "S3SseKmsKeyId" in request and request.get("S3SseAlgorithm") != "KMS":
        raise validation("Invalid Request: KMS Key Id is not supported for this encryption type")
    kind, specification = request.get("ExportType"), request.get(_SPECIFICATION)
    problem = None
    if kind is None and specification is not None:
        problem = "Export Type expected to be Incremental Export when incremental export specification is provided"
    elif kind == "FULL_EXPORT" and specification is not None:
        problem = "When Export Type is Full Export , Incremental Export Specification should not be provided"
    elif kind == "INCREMENTAL_EXPORT" and specification is None:
        problem = "Incremental Export Specification expected when export type is set as Incremental Export"
    elif specification is not None and "ExportFromTime" not in specification:
        problem = "ExportFromTime must be provided in IncrementalExportSpecification"
    if problem is not None:
        raise validation(f"Invalid Request: {problem}")


def _document(request: Request, at: int | None) -> dict[str, Any]:
    """What a description says of the request."""
    document: dict[str, Any] = {name: request[name] for name in _ECHOED if name in request}
    document["ExportFormat"] = request.get("ExportFormat", "DYNAMODB_JSON")
    document["S3SseAlgorithm"] = request.get("S3SseAlgorithm", "AES256")
    return document if at is None else {**document, "ExportTime": at}


def _asked(document: dict[str, Any]) -> dict[str, Any]:
    """By which requests with the same token are told apart."""
    return {name: document.get(name) for name in (*_ECHOED, "ExportFormat", "S3SseAlgorithm", "ExportTime")}


def _source(call: Call, arn: str) -> Table:
    parts = parse_arn(arn)
    if parts is None or parts.service != "dynamodb":
        raise invalid_parameter("tableArn is not a valid ARN")
    if not parts.resource.startswith("table/") or parts.resource.count("/") != 1:
        raise validation("Invalid Request: Table ARN is invalid.")
    if parts.account != call.account:
        raise AwsError("AccessDeniedException", "Access is denied")
    table = table_by_arn(call, arn)
    if table is None or parts.region != call.region:
        raise backed_up_table_not_found(arn)
    return table


def _period(call: Call, table: Table, specification: dict[str, Any]) -> dict[str, Any]:
    begin, end = specification["ExportFromTime"], specification.get("ExportToTime", call.now)
    if begin < table.definition["created"] or begin > end:
        when = iso8601_seconds(begin)
        raise _invalid_time(f"Incremental export period from time cannot be less than the table creation time : {when}")
    if end > call.now:
        when = iso8601_seconds(end)
        raise _invalid_time(f"Incremental export period to time cannot be greater than the current time : {when}")
    span = "Difference between export period from time and export period to time is"
    if end - begin < _SHORTEST:
        raise _invalid_time(f"{span} less than 15 minutes")
    if end - begin > _LONGEST:
        raise _invalid_time(f"{span} more than 24 hours")
    if begin < restorable(call, table).earliest:
        raise _invalid_time("Point in Time Recovery is not available for specified export time")
    view = specification.get("ExportViewType", "NEW_AND_OLD_IMAGES")
    return {"ExportFromTime": begin, "ExportToTime": end, "ExportViewType": view}


def _invalid_time(message: str) -> AwsError:
    return AwsError("InvalidExportTimeException", message)
