"""On-demand backups of tables. One is whole as soon as the answer has left, which says CREATING as AWS does.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateBackup.html
"""

from __future__ import annotations

from headwater.services.dynamodb.backup import (
    SYSTEM,
    USER,
    Backup,
    drop_backup,
    find_backup,
    keep_backup,
    list_backups_after,
)
from headwater.services.dynamodb.errors import invalid_parameter, validation
from headwater.services.dynamodb.history import copy_items
from headwater.services.dynamodb.recovery import find_backed_up
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.timestamps import iso8601

_PAGE = 100
_LATEST = 1 << 62


@operation("dynamodb", "CreateBackup")
def create_backup(call: Call, request: Request) -> Result:
    table = find_backed_up(call, request["TableName"])
    backup = keep_backup(call, table, USER, request["BackupName"], call.ids.hex(8))
    copy_items(call, table, backup.id, call.now)
    return {"BackupDetails": backup.details("CREATING")}


@operation("dynamodb", "DescribeBackup", reads=True)
def describe_backup(call: Call, request: Request) -> Result:
    return {"BackupDescription": _find(call, request).described("AVAILABLE")}


@operation("dynamodb", "DeleteBackup")
def delete_backup(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DeleteBackup.html"""
    backup = _find(call, request)
    if backup.kind == SYSTEM and backup.expires is not None:
        raise validation(
            f"Invalid Request: User is not allowed to delete the system backup with arn {backup.arn}. "
            f"It will automatically expire on {iso8601(backup.expires)}"
        )
    drop_backup(call, backup)
    return {"BackupDescription": backup.described("DELETED")}


def _find(call: Call, request: Request) -> Backup:
    backup = find_backup(call, request["BackupArn"])
    call.span.subject = backup.arn
    return backup


@operation("dynamodb", "ListBackups", reads=True)
def list_backups(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ListBackups.html"""
    since, before = request.get("TimeRangeLowerBound", 0), request.get("TimeRangeUpperBound", _LATEST)
    if since > before:
        raise invalid_parameter("Time range lower bound must be less than or equal to upper bound")
    kind = request.get("BackupType", USER)
    name = request.get("TableName", "").rpartition("/")[2]
    limit = request.get("Limit", _PAGE)
    found = [
        backup
        for backup in list_backups_after(call, since, before, _place(request.get("ExclusiveStartBackupArn")))
        if kind in ("ALL", backup.kind) and name in ("", backup.table_name)
    ]
    result: Result = {"BackupSummaries": [backup.summary() for backup in found[:limit]]}
    if len(found) > limit:
        result["LastEvaluatedBackupArn"] = found[limit - 1].arn
    return result


def _place(arn: str | None) -> tuple[int, str]:
    """Where a page goes on: the ARN tells when its backup was made, be it there still or not."""
    if arn is None:
        return 0, ""
    instant = arn.rpartition("/backup/")[2].partition("-")[0]
    if not (instant.isascii() and instant.isdigit()):
        raise validation("Invalid Backup ARN")
    return int(instant), arn
