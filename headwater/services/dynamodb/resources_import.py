"""The ``ImportSourceSpecification`` of ``AWS::DynamoDB::Table``: the table is made by an import, which is waited for.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-dynamodb-table-importsourcespecification.html
"""

from __future__ import annotations

from typing import Any

from headwater.spine.errors import AwsError, not_implemented
from headwater.spine.operations import Call
from headwater.spine.work import Work

_OF_IMPORT = (
    *("TableName", "AttributeDefinitions", "KeySchema", "BillingMode", "ProvisionedThroughput", "OnDemandThroughput"),
    *("SSESpecification", "GlobalSecondaryIndexes"),
)
_AFTERWARDS = ("StreamSpecification", "TableClass", "DeletionProtectionEnabled", "WarmThroughput")


def begin_import(call: Call, specification: dict[str, Any], settings: dict[str, Any]) -> str:
    """``settings``: the table, as CreateTable takes it; the ARN of its import."""
    if "LocalSecondaryIndexes" in settings:
        raise not_implemented("LocalSecondaryIndexes of a table with an ImportSourceSpecification")
    parameters = {name: settings[name] for name in _OF_IMPORT if name in settings}
    request = {**specification, "TableCreationParameters": parameters, "ClientToken": call.ids.uuid()}
    made = call.operation("dynamodb", "ImportTable", request)["ImportTableDescription"]
    arn: str = made["ImportArn"]
    return arn


async def await_import(work: Work, arn: str) -> None:
    """Until an import is done. AwsError where it has failed."""
    with work.watch(("dynamodb-job", arn)) as watch:
        while True:
            answer = await work.operation("dynamodb", "DescribeImport", {"ImportArn": arn})
            job = answer["ImportTableDescription"]
            if job["ImportStatus"] == "COMPLETED":
                return
            if job["ImportStatus"] == "FAILED":
                raise AwsError(job["FailureCode"], job["FailureMessage"])
            await watch.wait()


def set_afterwards(call: Call, settings: dict[str, Any]) -> None:
    """What an import does not take of a new table."""
    for name in _AFTERWARDS:
        if name in settings:
            call.operation("dynamodb", "UpdateTable", {"TableName": settings["TableName"], name: settings[name]})
