"""ImportTable: a new table out of the objects of a bucket. The reading follows (`importing.py`).

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataImport.HowItWorks.html
"""

from __future__ import annotations

from typing import Any

from headwater.services.dynamodb.definitions import check_definition, refuse_lacking
from headwater.services.dynamodb.errors import table_exists, validation
from headwater.services.dynamodb.jobs import IMPORT, begin_job, conflict, find_job, list_jobs, same_job
from headwater.services.dynamodb.table import table_arn, table_by_arn
from headwater.spine.arns import make_arn
from headwater.spine.deliveries import FOREVER
from headwater.spine.errors import not_implemented
from headwater.spine.operations import Call, Request, Result, operation

LOG_GROUP = "/aws-dynamodb/imports"
_PAGE = 10
_ECHOED = ("ClientToken", "InputFormat", "InputFormatOptions", "TableCreationParameters")
_SUMMARY = ("TableArn", "S3BucketSource", "CloudWatchLogGroupArn", "InputFormat", "StartTime", "EndTime")
_COUNTS = ("ErrorCount", "ProcessedSizeBytes", "ProcessedItemCount", "ImportedItemCount")


@operation("dynamodb", "ImportTable")
def import_table(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ImportTable.html"""
    _check_request(request)
    wanted = request["TableCreationParameters"]
    arn = table_arn(call, wanted["TableName"])
    before = same_job(call, IMPORT, request.get("ClientToken"))
    if before is not None and before.document["TableArn"] != arn:
        raise conflict(IMPORT)
    if before is not None and not before.done:
        return {"ImportTableDescription": before.document}
    if table_by_arn(call, arn) is not None:
        raise table_exists(wanted["TableName"])
    if before is not None:
        return {"ImportTableDescription": before.document}
    document: dict[str, Any] = {
        "TableArn": arn,
        "TableId": call.ids.uuid(),
        "S3BucketSource": {"S3BucketOwner": call.account, **request["S3BucketSource"]},
        "CloudWatchLogGroupArn": make_arn("logs", call.region, call.account, f"log-group:{LOG_GROUP}:*"),
        "InputCompressionType": request.get("InputCompressionType", "NONE"),
        **{name: request[name] for name in _ECHOED if name in request},
        **dict.fromkeys(_COUNTS, 0),
    }
    job = begin_job(call, IMPORT, arn, document["TableId"], document)
    call.span.subject = job.arn
    call.deliver("dynamodb.import", {"import": job.arn}, target=job.arn, policy=FOREVER)
    return {"ImportTableDescription": job.document}


@operation("dynamodb", "DescribeImport", reads=True)
def describe_import(call: Call, request: Request) -> Result:
    job = find_job(call, IMPORT, request["ImportArn"])
    call.span.subject = job.arn
    return {"ImportTableDescription": job.document}


@operation("dynamodb", "ListImports", reads=True)
def list_imports(call: Call, request: Request) -> Result:
    jobs, token = list_jobs(call, IMPORT, request, request.get("PageSize", _PAGE))
    shown = [
        {
            "ImportArn": job.arn,
            "ImportStatus": job.document["ImportStatus"],
            **{name: job.document[name] for name in _SUMMARY if name in job.document},
        }
        for job in jobs
    ]
    return {"ImportSummaryList": shown} | ({} if token is None else {"NextToken": token})


def _check_request(request: Request) -> None:
    kind = request["InputFormat"]
    if kind == "ION":
        raise not_implemented("InputFormat ION of ImportTable")
    if request.get("InputCompressionType") == "ZSTD":
        raise not_implemented("InputCompressionType ZSTD of ImportTable")
    if kind != "CSV" and request.get("InputFormatOptions"):
        raise validation(f"Invalid Request: Unsupported InputFormatOptions for the given input format: {kind}.")
    refuse_lacking(request["TableCreationParameters"])
    check_definition(request["TableCreationParameters"])
