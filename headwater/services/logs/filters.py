"""Metric filters and subscription filters of log groups.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutMetricFilter.html
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutSubscriptionFilter.html
"""

from __future__ import annotations

from typing import Any

from headwater.services.logs import tables
from headwater.services.logs.errors import invalid_parameter, no_token
from headwater.services.logs.filter_pattern import compile_extraction, compile_selector
from headwater.services.logs.filter_values import InvalidFilterPattern
from headwater.services.logs.group_filters import (
    METRIC,
    SUBSCRIPTION,
    compiled_pattern,
    compiled_value,
    filters_of,
    save_filters,
)
from headwater.services.logs.log_group import LogGroup, group_arn, named_group
from headwater.spine.admission import NOTE, Visitor, refusal
from headwater.spine.arns import Arn, parse_arn
from headwater.spine.errors import AwsError, not_implemented
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.pages import make_token, read_place
from headwater.spine.permissions import check_passing

_MOST_SUBSCRIPTIONS = 2
_MOST_METRIC_FILTERS = 100
_MOST_DIMENSIONS = 3
_PAGE = 50
_DESTINATIONS = ("lambda", "kinesis", "firehose")
_LACKS = ("applyOnTransformedLogs", "fieldSelectionCriteria", "emitSystemFieldDimensions", "emitSystemFields")


@operation("logs", "PutMetricFilter")
def put_metric_filter(call: Call, request: Request) -> Result:
    told = request["metricTransformations"][0]
    compiled_pattern(request["filterPattern"])
    compiled_value(told["metricValue"], request["filterPattern"])
    dimensions = told.get("dimensions") or {}
    if dimensions and told.get("defaultValue") is not None:
        raise invalid_parameter("Invalid metric transformation: dimensions and default value are mutually exclusive.")
    if len(dimensions) > _MOST_DIMENSIONS:
        raise invalid_parameter(f"A metric filter may have at most {_MOST_DIMENSIONS} dimensions.")
    for selector in dimensions.values():
        try:
            compile_selector(selector, request["filterPattern"])
        except InvalidFilterPattern:
            raise invalid_parameter(f"Invalid metric transformation: {selector}") from None
    return _put(call, request, METRIC, _MOST_METRIC_FILTERS)


@operation("logs", "PutSubscriptionFilter")
def put_subscription_filter(call: Call, request: Request) -> Result:
    compiled_pattern(request["filterPattern"])
    arn = parse_arn(request["destinationArn"])
    if arn is None or arn.service not in _DESTINATIONS:
        if arn is not None and arn.service == "logs":
            raise not_implemented("A destination of CloudWatch Logs for PutSubscriptionFilter")
        raise invalid_parameter("destinationArn is not a valid destination")
    if arn.service != "lambda" and not request.get("roleArn"):
        raise invalid_parameter(f"destinationArn for vendor {arn.service} must have a roleArn")
    if request.get("roleArn"):
        check_passing(call, request["roleArn"], "logs")
    _check_destination(call, named_group(call, request), arn)
    return _put(call, request, SUBSCRIPTION, _MOST_SUBSCRIPTIONS)


def _check_destination(call: Call, group: LogGroup, arn: Arn) -> None:
    """AWS sends a test, which must arrive; here it is looked whether it would."""
    service = arn.service
    name = arn.resource.rpartition("/")[2]
    operation, asked = {
        "lambda": ("GetFunctionConfiguration", {"FunctionName": str(arn)}),
        "kinesis": ("DescribeStreamSummary", {"StreamName": name}),
        "firehose": ("DescribeDeliveryStream", {"DeliveryStreamName": name}),
    }[service]
    try:
        found = call.operation(service, operation, asked, arn.account, arn.region)
    except AwsError:
        raise _unreachable(service) from None
    told = found.get("StreamDescriptionSummary") or found.get("DeliveryStreamDescription") or {}
    if service != "lambda" and "ACTIVE" not in (told.get("StreamStatus"), told.get("DeliveryStreamStatus")):
        raise _unreachable(service)
    visitor = Visitor("logs", f"{group_arn(call, group.name)}:*", call.account)
    why = refusal(call, str(arn), visitor) if service == "lambda" else None
    if why is not None and call.engine.enforces_policies:
        raise _unreachable(service)
    if why is not None:
        call.span.note(NOTE, why)


def _unreachable(service: str) -> AwsError:
    if service == "lambda":
        return invalid_parameter(
            "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute "
            "your function."
        )
    kind, shown = ("Kinesis", "kinesis") if service == "kinesis" else ("Firehose", "Firehose")
    return invalid_parameter(
        f"Could not deliver test message to specified {kind} stream. Check if the given {shown} stream is in ACTIVE "
        "state."
    )


def _put(call: Call, request: Request, kind: str, most: int) -> Result:
    for member in _LACKS:
        if request.get(member):
            raise not_implemented(f"{member} of filters")
    group = named_group(call, request)
    kept = filters_of(group)
    if request["filterName"] not in kept[kind] and len(kept[kind]) >= most:
        raise AwsError("LimitExceededException", "Resource limit exceeded.")
    told = {name: value for name, value in request.items() if value is not None}
    kept[kind][request["filterName"]] = {**told, "creationTime": call.now}
    save_filters(call, group, kept)
    return {}


@operation("logs", "DeleteMetricFilter")
def delete_metric_filter(call: Call, request: Request) -> Result:
    return _delete(call, request, METRIC)


@operation("logs", "DeleteSubscriptionFilter")
def delete_subscription_filter(call: Call, request: Request) -> Result:
    return _delete(call, request, SUBSCRIPTION)


def _delete(call: Call, request: Request, kind: str) -> Result:
    group = named_group(call, request)
    kept = filters_of(group)
    if kept[kind].pop(request["filterName"], None) is None:
        raise AwsError("ResourceNotFoundException", f"The specified {kind} filter does not exist.")
    save_filters(call, group, kept)
    return {}


@operation("logs", "DescribeMetricFilters", reads=True)
def describe_metric_filters(call: Call, request: Request) -> Result:
    if request.get("logGroupName"):
        groups = [named_group(call, request)]
    else:
        groups = [LogGroup(*row) for row in call.store.all(tables.LIST_GROUPS, (call.account, call.region, ""))]
    found = [
        each
        for group in groups
        for each in filters_of(group)[METRIC].values()
        if request.get("metricName") in (None, each["metricTransformations"][0]["metricName"])
        and request.get("metricNamespace") in (None, each["metricTransformations"][0]["metricNamespace"])
    ]
    return _page(request, found, "metricFilters")


@operation("logs", "DescribeSubscriptionFilters", reads=True)
def describe_subscription_filters(call: Call, request: Request) -> Result:
    found = [
        {"distribution": "ByLogStream", **each}
        for each in filters_of(named_group(call, request))[SUBSCRIPTION].values()
    ]
    return _page(request, found, "subscriptionFilters")


def _page(request: Request, found: list[dict[str, Any]], member: str) -> Result:
    prefix, first = request.get("filterNamePrefix") or "", read_place(request.get("nextToken"), no_token)
    named = sorted((each for each in found if each["filterName"].startswith(prefix)), key=lambda e: e["filterName"])
    limit = request.get("limit") or _PAGE
    result: Result = {member: named[first : first + limit]}
    if len(named) > first + limit:
        result["nextToken"] = make_token(first + limit)
    return result


@operation("logs", "TestMetricFilter", reads=True)
def test_metric_filter(call: Call, request: Request) -> Result:
    compiled_pattern(request["filterPattern"])
    extract = compile_extraction(request["filterPattern"])
    return {
        "matches": [
            {"eventNumber": number, "eventMessage": message, "extractedValues": found}
            for number, message in enumerate(request["logEventMessages"], 1)
            if (found := extract(message)) is not None
        ]
    }
