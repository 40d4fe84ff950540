"""Which spans tell which of AWS's metrics.

https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html
https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from headwater.services.monitoring.counting import Count, Dead, Seen, Value

_RUNS = ("lambda:Invoke", "lambda.event")
_EVENTS = ("lambda.event",)
_API = ("execute-api:Invoke",)
_SENDS, _RECEIVES = ("sqs:SendMessage", "sqs:SendMessageBatch"), ("sqs:ReceiveMessage", "sqs:Poll")
_DELETES = ("sqs:DeleteMessage", "sqs:DeleteMessageBatch")
_ITEMS = tuple(
    f"dynamodb:{name}"
    for name in ("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan", "BatchGetItem", "BatchWriteItem",
                 "TransactGetItems", "TransactWriteItems")
)  # fmt: skip
_THROTTLED = ("TooManyRequestsException", "ThrottlingException")


def _run(value: Value) -> Value:
    """Of a function that ran; leaving it an event is no run."""
    return lambda seen: value(seen) if "requestId" in seen.notes else None


def _throttled(seen: Seen) -> float | None:
    if seen.outcome in _THROTTLED or "throttled" in seen.notes:
        return 1.0
    return 0.0 if "requestId" in seen.notes else None


def _milliseconds(seen: Seen) -> float | None:
    return None if seen.duration is None else seen.duration / 1000


def _one_if(test: Callable[[Seen], bool]) -> Value:
    return lambda seen: float(test(seen))


def _done(seen: Seen) -> float | None:
    """How many of a batch succeeded, or the one."""
    return float(seen.notes.get("succeeded", 1)) if seen.fine else None


def _received(seen: Seen) -> float | None:
    return float(seen.notes.get("messages", 1)) if seen.fine else None


def _fine(seen: Seen) -> float | None:
    return 1.0 if seen.fine else None


def _noted(name: str) -> Value:
    return lambda seen: 1.0 if name in seen.notes else None


def _class(digit: int) -> Value:
    return lambda seen: float(seen.notes.get("status", 500 if not seen.fine else 200) // 100 == digit)


def _only(name: str) -> Value:
    return lambda seen: 1.0 if seen.outcome == name else None


SOURCES: Mapping[tuple[str, str], Count | Dead] = MappingProxyType(
    {
        ("AWS/Lambda", "Invocations"): Count(_RUNS, _run(lambda seen: 1.0)),
        ("AWS/Lambda", "Errors"): Count(_RUNS, _run(_one_if(lambda seen: "functionError" in seen.notes))),
        ("AWS/Lambda", "Duration"): Count(_RUNS, _run(_milliseconds), "Milliseconds"),
        ("AWS/Lambda", "Throttles"): Count(_RUNS, _throttled),
        ("AWS/Lambda", "DestinationDeliveryFailures"): Count(_EVENTS, _noted("destination failed")),
        ("AWS/Lambda", "DeadLetterErrors"): Count(_EVENTS, _noted("dead letter failed")),
        ("AWS/SQS", "NumberOfMessagesSent"): Count(_SENDS, _done),
        ("AWS/SQS", "NumberOfMessagesReceived"): Count(_RECEIVES, _received),
        ("AWS/SQS", "NumberOfMessagesDeleted"): Count(_DELETES, _done),
        ("AWS/Events", "Invocations"): Count(("events.target",), lambda seen: 1.0),
        ("AWS/Events", "SuccessfulInvocationAttempts"): Count(("events.target",), _fine),
        ("AWS/Events", "FailedInvocations"): Dead("events.target", "rule", lambda seen: 1.0),
        ("AWS/Events", "InvocationsSentToDlq"): Dead(
            "events.target", "rule", lambda seen: 1.0 if "dead-lettered to" in seen.notes else None
        ),
        ("AWS/States", "ExecutionsStarted"): Count(("states:StartExecution", "states:StartSyncExecution"), _fine),
        ("AWS/ApiGateway", "Count"): Count(_API, lambda seen: 1.0),
        ("AWS/ApiGateway", "4xx"): Count(_API, _class(4)),
        ("AWS/ApiGateway", "5xx"): Count(_API, _class(5)),
        ("AWS/ApiGateway", "4XXError"): Count(_API, _class(4)),
        ("AWS/ApiGateway", "5XXError"): Count(_API, _class(5)),
        ("AWS/ApiGateway", "Latency"): Count(_API, _milliseconds, "Milliseconds"),
        ("AWS/DynamoDB", "SuccessfulRequestLatency"): Count(
            _ITEMS, lambda seen: _milliseconds(seen) if seen.fine else None, "Milliseconds"
        ),
        ("AWS/DynamoDB", "ConditionalCheckFailedRequests"): Count(_ITEMS, _only("ConditionalCheckFailedException")),
        ("AWS/DynamoDB", "UserErrors"): Count(_ITEMS, _only("ValidationException")),
        ("AWS/SNS", "NumberOfMessagesPublished"): Count(("sns:Publish", "sns:PublishBatch"), _done),
        ("AWS/SNS", "NumberOfNotificationsDelivered"): Count(("sns.subscription",), _fine),
        ("AWS/SNS", "NumberOfNotificationsFailed"): Dead("sns.subscription", "subscription", lambda seen: 1.0),
    }
)
