"""Continuous backups as a setting of a table. Nothing is restored from them: the restoring operations are lacking.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateContinuousBackups.html
"""

from __future__ import annotations

from typing import Any

from headwater.services.dynamodb.lifecycle import save_definition
from headwater.services.dynamodb.table import Table, find_table
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result, operation

_LONGEST_DAYS = 35
_SETTING = "PointInTimeRecovery"


@operation("dynamodb", "UpdateContinuousBackups")
def update_continuous_backups(call: Call, request: Request) -> Result:
    table = _find(call, request)
    specification = request["PointInTimeRecoverySpecification"]
    definition = {name: value for name, value in table.definition.items() if name != _SETTING}
    if specification["PointInTimeRecoveryEnabled"]:
        days = specification.get("RecoveryPeriodInDays", _LONGEST_DAYS)
        since = table.definition.get(_SETTING, {}).get("since", call.now)
        definition[_SETTING] = {"days": days, "since": since}
    return _described(call, save_definition(call, table, definition))


@operation("dynamodb", "DescribeContinuousBackups", reads=True)
def describe_continuous_backups(call: Call, request: Request) -> Result:
    return _described(call, _find(call, request))


def _find(call: Call, request: Request) -> Table:
    """What backs up says in its own words that there is no such table."""
    name = request["TableName"]
    try:
        return find_table(call, name)
    except AwsError as error:
        if error.code != "ResourceNotFoundException":
            raise
        raise AwsError("TableNotFoundException", f"Table not found: {name.rpartition('/')[2]}") from None


def _described(call: Call, table: Table) -> Result:
    setting = table.definition.get(_SETTING)
    recovery: dict[str, Any] = {"PointInTimeRecoveryStatus": "DISABLED"}
    if setting is not None:
        recovery = {
            "PointInTimeRecoveryStatus": "ENABLED",
            "RecoveryPeriodInDays": setting["days"],
            "EarliestRestorableDateTime": max(setting["since"], call.now - setting["days"] * 86_400_000),
            "LatestRestorableDateTime": call.now,
        }
    return {
        "ContinuousBackupsDescription": {
            "ContinuousBackupsStatus": "ENABLED",
            "PointInTimeRecoveryDescription": recovery,
        }
    }
