"""Continuous backups: point-in-time recovery, switched on and off, and told.

Switched on, each change of an item leaves behind what the item was before (`history.py`), for as many days as are asked
for. The latest time to which a table can be restored is now; AWS is some minutes behind.
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateContinuousBackups.html
"""

from __future__ import annotations

from typing import Any, NamedTuple

from headwater.services.dynamodb.errors import backed_up_table_not_found, validation
from headwater.services.dynamodb.lifecycle import save_definition
from headwater.services.dynamodb.sweeping import sweep_history
from headwater.services.dynamodb.table import RECOVERY, Table, find_table
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result, operation

_LONGEST_DAYS = 35
_DAY = 86_400_000


class Window(NamedTuple):
    """The times to which a table can be restored, in milliseconds."""

    earliest: int
    latest: int


@operation("dynamodb", "UpdateContinuousBackups")
def update_continuous_backups(call: Call, request: Request) -> Result:
    specification = request["PointInTimeRecoverySpecification"]
    enabled = specification["PointInTimeRecoveryEnabled"]
    if not enabled and "RecoveryPeriodInDays" in specification:
        raise validation("Invalid Request: Cannot specify RecoveryPeriodInDays when disabling point-in-time recovery.")
    table = find_backed_up(call, request["TableName"])
    definition = {name: value for name, value in table.definition.items() if name != RECOVERY}
    present = table.definition.get(RECOVERY, {})
    if enabled:
        days = specification.get("RecoveryPeriodInDays", _LONGEST_DAYS)
        begun = {name: present[name] for name in ("since", "history") if name in present}
        definition[RECOVERY] = {"since": call.now, "history": call.new_id(), **begun, "days": days}
    elif "history" in present:
        sweep_history(call, table, present["history"])
    return _described(call, save_definition(call, table, definition))


@operation("dynamodb", "DescribeContinuousBackups", reads=True)
def describe_continuous_backups(call: Call, request: Request) -> Result:
    return _described(call, find_backed_up(call, request["TableName"]))


def find_backed_up(call: Call, name: str) -> Table:
    """What backs up says in its own words that there is no such table."""
    try:
        return find_table(call, name)
    except AwsError as error:
        if error.code != "ResourceNotFoundException":
            raise
        raise backed_up_table_not_found(name.rpartition("/")[2]) from None


def restorable(call: Call, table: Table) -> Window:
    """AwsError where the recovery of the table is off."""
    setting = table.definition.get(RECOVERY)
    if setting is None:
        raise AwsError(
            "PointInTimeRecoveryUnavailableException",
            f"Point in time recovery is not enabled for table '{table.name}'",
        )
    if "history" not in setting:  # switched on when nothing was kept of it
        return Window(call.now, call.now)
    return Window(max(setting["since"], call.now - setting["days"] * _DAY), call.now)


def _described(call: Call, table: Table) -> Result:
    recovery: dict[str, Any] = {"PointInTimeRecoveryStatus": "DISABLED"}
    if RECOVERY in table.definition:
        window = restorable(call, table)
        recovery = {
            "PointInTimeRecoveryStatus": "ENABLED",
            "RecoveryPeriodInDays": table.definition[RECOVERY]["days"],
            "EarliestRestorableDateTime": window.earliest,
            "LatestRestorableDateTime": window.latest,
        }
    return {
        "ContinuousBackupsDescription": {
            "ContinuousBackupsStatus": "ENABLED",
            "PointInTimeRecoveryDescription": recovery,
        }
    }
