"""What CreateSchedule and UpdateSchedule check, in AWS's words; what can be checked is not left to the firing.

https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from headwater.languages.schedules import InvalidSchedule, Schedule, parse_schedule
from headwater.services import SERVICES
from headwater.services.scheduler.errors import check_json, validation
from headwater.services.scheduler.universal import check_universal, is_universal
from headwater.spine.arns import Arn, parse_arn
from headwater.spine.errors import not_implemented
from headwater.spine.operations import Call, Request

_LATEST_START = 5 * 60_000
# Of which service each block of parameters is.
_PARAMETERS: Mapping[str, str] = MappingProxyType(
    {
        "EcsParameters": "ecs",
        "EventBridgeParameters": "events",
        "EventBridgePutEventsV2Parameters": "eventbridge",
        "EventBridgePutRawEventsParameters": "eventbridge",
        "KinesisParameters": "kinesis",
        "SageMakerPipelineParameters": "sagemaker",
        "SqsParameters": "sqs",
    }
)
_REQUIRED: Mapping[str, str] = MappingProxyType({"events": "EventBridgeParameters", "kinesis": "KinesisParameters"})
# Templated targets: those that we have, and those that AWS has beside.
TEMPLATED = frozenset({"events", "firehose", "kinesis", "lambda", "sns", "sqs", "states"})
_ELSEWHERE = frozenset({"codebuild", "codepipeline", "ecs", "eventbridge", "inspector", "sagemaker"})
_JSON_INPUT = frozenset({"events", "lambda", "states"})


def check_schedule(call: Call, request: Request) -> Schedule:
    """The compiled expression of a request that is in order; AwsError otherwise."""
    expression = request["ScheduleExpression"]
    try:
        schedule = parse_schedule(expression, loose=True)
    except InvalidSchedule:
        raise validation(f"Invalid Schedule Expression {expression}.") from None
    zone = request.get("ScheduleExpressionTimezone") or "UTC"
    try:
        schedule.first(call.now, None, zone)
    except ValueError:
        raise validation(f"Invalid Schedule Expression Timezone {zone}.") from None
    _check_window(request["FlexibleTimeWindow"])
    if schedule.recurring:
        _check_dates(call, request.get("StartDate"), request.get("EndDate"))
    _check_target(call, request["Target"])
    return schedule


def _check_window(window: Mapping[str, Any]) -> None:
    flexible = window["Mode"] == "FLEXIBLE"
    if flexible == (window.get("MaximumWindowInMinutes") is not None):
        return
    if flexible:
        raise validation("MaximumWindowInMinutes must be provided when FlexibleTimeWindowMode is set to FLEXIBLE.")
    raise validation("MaximumWindowInMinutes must not be provided when FlexibleTimeWindowMode is set to OFF.")


def _check_dates(call: Call, start: int | None, end: int | None) -> None:
    if start is not None and start < call.now - _LATEST_START:
        raise validation("The StartDate you specify cannot be earlier than 5 minutes ago.")
    if start is not None and end is not None and start >= end:
        raise validation("The StartDate you specify must come before the EndDate.")


def _check_target(call: Call, target: Mapping[str, Any]) -> None:
    arn = parse_arn(target["Arn"])
    if arn is None:
        raise validation("Provided Arn is not in correct format.")
    if is_universal(arn):
        check_universal(call, arn, target)
    else:
        _check_templated(call, arn, target)
    for member, service in _PARAMETERS.items():
        if target.get(member) is not None and arn.service != service:
            raise validation(f"Parameters {member} not supported for the target.")


def _check_templated(call: Call, arn: Arn, target: Mapping[str, Any]) -> None:
    service = arn.service
    if service in _ELSEWHERE or (service in TEMPLATED and service not in SERVICES):
        raise not_implemented(f"A schedule's target of the service {service}")
    if service not in TEMPLATED:
        raise validation(f"{service} is not a supported service for a target.")
    if arn.region and arn.region != call.region:
        raise validation(f"The target ARN provided does not match the current region {call.region}.")
    if (block := _REQUIRED.get(service)) and not target.get(block):
        raise validation(f"Parameters {block} must be specified.")
    if service == "sqs":
        _check_queue(arn, (target.get("SqsParameters") or {}).get("MessageGroupId"))
    if service in _JSON_INPUT and (text := target.get("Input")) is not None:
        check_json(text)


def _check_queue(arn: Arn, group: str | None) -> None:
    fifo = arn.resource.endswith(".fifo")
    if fifo and not group:
        raise validation("Parameters SqsParameters must be specified.")
    if group and not fifo:
        raise validation("Parameters MessageGroupId not valid for the target.")
