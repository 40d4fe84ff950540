"""What happened to alarms.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarmHistory.html
"""

from __future__ import annotations

from typing import Any

import orjson

from headwater.services.monitoring import tables
from headwater.services.monitoring.alarm import Alarm, is_composite
from headwater.services.monitoring.errors import bad_token
from headwater.spine.errors import not_implemented
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.pages import make_token, read_place

CONFIGURATION, STATE, ACTION = "ConfigurationUpdate", "StateUpdate", "Action"
_PAGE = 100
_KEPT = 30 * 86_400_000
_LONGEST_DATA, _LONGEST_SUMMARY = 4095, 255


def note_history(call: Call, alarm: Alarm, kind: str, summary: str, data: dict[str, Any]) -> None:
    type_ = "CompositeAlarm" if is_composite(alarm) else "MetricAlarm"
    row = (call.new_id(), call.account, call.region, alarm["AlarmName"], type_, kind, call.now)
    text = orjson.dumps(data).decode()[:_LONGEST_DATA]
    call.store.run(tables.INSERT_HISTORY, (*row, summary[:_LONGEST_SUMMARY], text))


@operation("monitoring", "DescribeAlarmHistory", reads=True)
def describe_alarm_history(call: Call, request: Request) -> Result:
    """Of the last 30 days, the newest first unless told otherwise."""
    if request.get("AlarmContributorId"):
        raise not_implemented("AlarmContributorId of DescribeAlarmHistory")
    start, end = max(request.get("StartDate") or 0, call.now - _KEPT), request.get("EndDate") or call.now
    kinds = request.get("AlarmTypes") or ["MetricAlarm"]
    items = [
        {
            "AlarmName": alarm,
            "AlarmType": type_,
            "Timestamp": at,
            "HistoryItemType": kind,
            "HistorySummary": summary,
            "HistoryData": data,
        }
        for _, alarm, type_, kind, at, summary, data in call.store.all(
            tables.ALARM_HISTORY, (call.account, call.region, start, end)
        )
        if request.get("AlarmName") in (None, alarm)
        and request.get("HistoryItemType") in (None, kind)
        and (type_ in kinds or (request.get("AlarmName") and not request.get("AlarmTypes")))
    ]
    if request.get("ScanBy") != "TimestampAscending":
        items.reverse()
    first, limit = read_place(request.get("NextToken"), bad_token), request.get("MaxRecords") or _PAGE
    result: Result = {"AlarmHistoryItems": items[first : first + limit]}
    if len(items) > first + limit:
        result["NextToken"] = make_token(first + limit)
    return result
