"""What the alarms say that are a stack's rollback triggers."""

from __future__ import annotations

from headwater.services.cloudformation.stack import Stack
from headwater.spine.arns import parse_arn
from headwater.spine.operations import Call

_LACKING = ""


def alarmed(call: Call, stack: Stack) -> str | None:
    """Why an operation on a stack is to be taken back: a trigger is missing, or rings."""
    states = {trigger["Arn"]: _state_of(call, trigger["Arn"]) for trigger in stack.triggers}
    for state, told in (
        (_LACKING, "Rollback triggers do not exist"),
        ("ALARM", "Rollback triggers are in ALARM state"),
    ):
        if found := [arn for arn, each in states.items() if each == state]:
            return f"{told}: [{', '.join(found)}]. "
    return None


def _state_of(call: Call, trigger: str) -> str:
    arn = parse_arn(trigger)
    if arn is None or not arn.resource.startswith("alarm:"):
        return _LACKING
    request = {"AlarmNames": [arn.resource.partition(":")[2]], "AlarmTypes": ["MetricAlarm", "CompositeAlarm"]}
    found = call.operation("monitoring", "DescribeAlarms", request, arn.account, arn.region)
    alarms = [*(found.get("MetricAlarms") or ()), *(found.get("CompositeAlarms") or ())]
    return str(alarms[0]["StateValue"]) if alarms else _LACKING
