"""Status changes of standard executions as events on the default bus.

https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
"""

from __future__ import annotations

from headwater.services.states.record import Record
from headwater.spine.operations import Call

_DETAIL_TYPE = "Step Functions Execution Status Change"


def put_status_event(call: Call, record: Record) -> None:
    """Nothing is sent while nobody has ever touched EventBridge: there can be no rule."""
    if not call.engine.catalogue.loaded("events"):
        return
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
        "redriveCount": 0,
        "redriveDate": None,
        "redriveStatus": "NOT_REDRIVABLE" if record.status in ("RUNNING", "SUCCEEDED") else "REDRIVABLE",
        "redriveStatusReason": None,
        "inputDetails": {"included": True},
        "outputDetails": None if record.output is None else {"included": True},
        "error": record.error,
        "cause": record.cause,
    }
    if record.qualifier is not None:
        version = record.qualifier.rpartition(":")[2].isdigit()
        detail["stateMachineVersionArn" if version else "stateMachineAliasArn"] = record.qualifier
    request = {"Source": "aws.states", "DetailType": _DETAIL_TYPE, "Detail": detail, "Resources": [record.arn]}
    call.operation("events", "PutServiceEvent", request)
