"""The event of an API call, as CloudTrail records it.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from headwater.services import SERVICES
from headwater.services.events.envelope import timestamp
from headwater.spine.errors import AwsError
from headwater.spine.ids import Ids
from headwater.spine.models import Model, load_model
from headwater.spine.operations import Caller, Operation, Request, Result

DETAIL_TYPE = "AWS API Call via CloudTrail"
_READS = re.compile(r"(Get|List|Describe|Head|BatchGet|Lookup|Search|Validate|Filter|Estimate|Test|Detect|Preview)")
_HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
# What moves data is no management event: CloudTrail tells of it only where a trail asks for data events.
_DATA = MappingProxyType(
    {
        "sqs": re.compile(r"(Send|Receive|Delete)Message(Batch)?|ChangeMessageVisibility(Batch)?"),
        "sns": re.compile(r"Publish(Batch)?"),
        "dynamodb": re.compile(r".*Item(s)?|Query|Scan|.*Statement|ExecuteTransaction"),
        "dynamodbstreams": re.compile(r".*"),
        "s3": re.compile(r"(?!.*(ObjectLock|Bucket)).*(Object|Multipart|UploadPart|ListParts).*"),
        "lambda": re.compile(r"Invoke.*"),
        "events": re.compile(r"Put(Partner)?Events"),
        "states": re.compile(r"StartSyncExecution|SendTask.*|GetActivityTask"),
        "logs": re.compile(r"PutLogEvents|GetLogEvents|FilterLogEvents"),
        "monitoring": re.compile(r"PutMetricData"),
        "iotdata": re.compile(r".*"),
        "kinesis": re.compile(r"PutRecords?|GetRecords|GetShardIterator|SubscribeToShard"),
        "firehose": re.compile(r"PutRecord(Batch)?"),
    }
)
_SOURCES = MappingProxyType({"apigatewayv2": "apigateway", "schemas": "schemas"})
# The names of Lambda's operations have their version's date in CloudTrail.
_LAMBDA = MappingProxyType(
    {
        "UpdateFunctionCode": "20150331v2",
        "UpdateFunctionConfiguration": "20150331v2",
        "AddPermission": "20150331v2",
        "RemovePermission": "20150331v2",
        "TagResource": "20170331v2",
        "UntagResource": "20170331v2",
        "PutFunctionConcurrency": "20171031",
        "DeleteFunctionConcurrency": "20171031",
        "PublishLayerVersion": "20181031",
        "DeleteLayerVersion": "20181031",
    }
)
_LAMBDA_DATED = re.compile(r"(Create|Delete|Update|Publish)(Function|Alias|EventSourceMapping|Version)")


def is_read(operation: str) -> bool:
    return _READS.match(operation) is not None


def is_data(service: str, operation: str) -> bool:
    pattern = _DATA.get(service)
    return pattern is not None and pattern.fullmatch(operation) is not None


def trail_source(service: str) -> str:
    return f"aws.{_SOURCES.get(service, service)}"


def trail_detail(
    operation: Operation,
    request: Request,
    caller: Caller,
    now: int,
    ids: Ids,
    result: Result | None,
    error: AwsError | None,
) -> dict[str, Any]:
    """The ``detail`` of the event; members that AWS leaves out where they do not apply are left out."""
    reads = is_read(operation.name)
    listing = SERVICES.get(operation.service)
    model = load_model(listing.model) if listing is not None and listing.model is not None else None
    detail: dict[str, Any] = {
        "eventVersion": "1.11",
        "userIdentity": _identity(caller),
        "eventTime": timestamp(now),
        "eventSource": f"{trail_source(operation.service)[4:]}.amazonaws.com",
        "eventName": event_name(operation.service, operation.name),
        "awsRegion": caller.region,
        "sourceIPAddress": "127.0.0.1",
        "userAgent": "headwater",
    }
    if error is not None:
        detail |= {"errorCode": error.code, "errorMessage": error.message}
    detail["requestParameters"] = _members(model, operation.name, "input", request)
    detail["responseElements"] = None if reads or not result else _members(model, operation.name, "output", result)
    return detail | {
        "requestID": ids.uuid(),
        "eventID": ids.uuid(),
        "readOnly": reads,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": caller.account,
        "eventCategory": "Management",
    }


def event_name(service: str, operation: str) -> str:
    if service != "lambda":
        return operation
    return operation + _LAMBDA.get(operation, "20150331" if _LAMBDA_DATED.fullmatch(operation) else "")


def _identity(caller: Caller) -> dict[str, Any]:
    principal = caller.principal
    kind = "Root"
    if ":assumed-role/" in principal:
        kind = "AssumedRole"
    elif ":user/" in principal:
        kind = "IAMUser"
    identity = {"type": kind, "principalId": caller.account, "arn": principal, "accountId": caller.account}
    return identity | ({"userName": principal.rpartition("/")[2]} if kind == "IAMUser" else {})


def _members(model: Model | None, operation: str, side: str, value: Mapping[str, Any]) -> dict[str, Any] | None:
    reference = model.operations.get(operation, {}).get(side) if model is not None else None
    if model is None or reference is None or not value:
        return None
    told: dict[str, Any] = _told(model, reference["shape"], value) or {}
    return told or None


def _told(model: Model, shape_name: str, value: Any) -> Any:
    """A value by its shape: names of members begin small, secrets are hidden, bodies are left out."""
    shape = model.shapes[shape_name]
    if shape.get("sensitive"):
        return _HIDDEN
    match shape["type"]:
        case "structure" if isinstance(value, Mapping):
            below = {
                name[:1].lower() + name[1:]: _told(model, member["shape"], value[name])
                for name, member in shape["members"].items()
                if value.get(name) is not None
            }
            return {name: each for name, each in below.items() if each is not None}
        case "list" if isinstance(value, (list, tuple)):
            return [_told(model, shape["member"]["shape"], each) for each in value]
        case "map" if isinstance(value, Mapping):
            return {str(key): _told(model, shape["value"]["shape"], each) for key, each in value.items()}
        case "timestamp" if isinstance(value, int):
            return timestamp(value)
    return value if isinstance(value, (str, int, float, bool)) else None
