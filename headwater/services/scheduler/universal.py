"""Universal targets: any operation that changes something, of any service here, by its name in the AWS SDKs.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import orjson

from headwater.services import SERVICES
from headwater.services.scheduler.errors import check_json, validation
from headwater.spine.arns import Arn
from headwater.spine.errors import not_implemented
from headwater.spine.models import Model, load_model
from headwater.spine.operations import Call, Request
from headwater.spine.requests import Reader, read_request

# The identifiers of the SDKs where they are not our names.
_SDK_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "cloudwatch": "monitoring",
        "cloudwatchlogs": "logs",
        "eventbridge": "events",
        "iotdataplane": "iotdata",
        "sfn": "states",
    }
)
_OURS_ALONE = frozenset(_SDK_NAMES.values())
# Actions whose names begin so only read.
_READING = (
    *("get", "describe", "list", "poll", "receive", "search", "scan", "query", "select", "read", "lookup", "discover"),
    *("validate", "batchGet", "batchDescribe", "batchRead", "transactGet", "adminGet", "adminList", "testMigration"),
    *("retrieve", "testConnection", "translateDocument", "isAuthorized", "invokeModel"),
)


def is_universal(arn: Arn) -> bool:
    return arn.service == "scheduler" and not arn.region and not arn.account and arn.resource.startswith("aws-sdk:")


def check_universal(call: Call, arn: Arn, target: Mapping[str, Any]) -> None:
    _, _, action = arn.resource.partition(":")[2].partition(":")
    if action.startswith(_READING):
        raise validation(f"{action} API is not supported.")
    service, operation, _ = _operation(arn)
    text = target.get("Input")
    if not text:
        raise validation("You must provide an input to set this target for your schedule.")
    check_json(text)
    call.engine.find(service, operation)  # raises NotImplemented by name


def _operation(arn: Arn) -> tuple[str, str, Model]:
    """The service and the operation under our names, and the service's model."""
    sdk, _, action = arn.resource.partition(":")[2].partition(":")
    service = _SDK_NAMES.get(sdk, sdk)
    listing = SERVICES.get(service)
    if listing is None or listing.model is None or sdk in _OURS_ALONE:
        raise not_implemented(f"A schedule's target of the service {sdk}")
    model = load_model(listing.model)
    operation = action[:1].upper() + action[1:]
    if operation not in model.operations:
        raise validation(f"{action} API is not supported.")
    return service, operation, model


def universal_request(arn: Arn, text: str) -> tuple[str, str, Request]:
    """Service, operation and request of an input; UnfitParameters where it is not of the operation's form."""
    service, operation, model = _operation(arn)
    return service, operation, read_request(model, operation, orjson.loads(text), Reader("EventBridge Scheduler"))
