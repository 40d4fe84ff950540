"""Status changes of standard executions as events on the default bus.

https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
"""

from __future__ import annotations

from headwater.services.states.record import Record, qualifiers
from headwater.services.states.redrivable import redrive_status
from headwater.spine.operations import Call

_DETAIL_TYPE = "Step Functions Execution Status Change"


def is_heard(call: Call) -> bool:
    """Whether there can be a rule that wants to know. There is none while nobody has ever touched EventBridge."""
    return call.engine.catalogue.loaded("events") and bool(call.ask("events", "HasRules")["HasRules"])


def tell_status(call: Call, record: Record) -> None:
    """Send what has become of an execution to whoever listens; of a map run's children nothing is told."""
    if record.map_run is None and is_heard(call):
        put_status_event(call, record)


def put_status_event(call: Call, record: Record) -> None:
    status, reason = redrive_status(record, call.now)
    detail = {
        "executionArn": record.arn,
        "stateMachineArn": record.machine,
        "name": record.name,
        "status": record.status,
        "startDate": record.started,
        "stopDate": record.stopped,
        "input": record.input,
        "output": record.output,
        "stateMachineVersionArn": None,
        "stateMachineAliasArn": None,
        "redriveCount": record.redrives,
        "redriveDate": record.redriven,
        "redriveStatus": status,
        "redriveStatusReason": reason,
        "inputDetails": {"included": True},
        "outputDetails": None if record.output is None else {"included": True},
        "error": record.error,
        "cause": record.cause,
    }
    detail |= qualifiers(call, record.machine, record.definition, record.qualifier)
    request = {"Source": "aws.states", "DetailType": _DETAIL_TYPE, "Detail": detail, "Resources": [record.arn]}
    call.operation("events", "PutServiceEvent", request)
