"""A service's error as a task's: under the name and with the wording of the SDK that Step Functions calls it with.

Optimised integrations are called with AWS's SDK for Java 1, the others with version 2. An error that the service's
model does not know is to both the service's own exception: `DynamoDB.AmazonDynamoDBException`, `S3.S3Exception`.
https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
"""

from __future__ import annotations

from functools import lru_cache

from headwater.languages.asl.commands import TaskFailed
from headwater.services import SERVICES
from headwater.services.states.integrations.catalogue import Target
from headwater.services.states.integrations.recognized import LACKING
from headwater.spine.errors import AwsError
from headwater.spine.models import load_model
from headwater.spine.operations import Call

# What version 1 calls the services.
_OPTIMISED_SERVICES = {
    "dynamodb": "AmazonDynamoDBv2",
    "events": "AmazonEventBridge",
    "lambda": "AWSLambda",
    "sns": "AmazonSNS",
    "sqs": "AmazonSQS",
    "states": "AWSStepFunctions",
}
_HEADS = frozenset({"HeadBucket", "HeadObject"})


def failure(call: Call, target: Target, frame: int, ticket: int, error: AwsError) -> TaskFailed:
    if error.code == LACKING:
        return TaskFailed(frame, ticket, LACKING, error.message, calling=True)
    request_id = call.ids.uuid()
    service = _OPTIMISED_SERVICES.get(target.service, target.prefix) if target.optimised else target.prefix
    if target.optimised:
        details = (
            f"Service: {service}; Status Code: {error.status}; Error Code: {error.code}; Request ID: {request_id}; "
            "Proxy: null"
        )
    else:
        details = f"Service: {service}, Status Code: {error.status}, Request ID: {request_id}"
        if target.service == "s3":
            details += f", Extended Request ID: {call.ids.token(56)}"
    name = _exception(target.service, error.code) or _as_exception(service.removesuffix("v2"))
    # an answer without a message is null to the SDK, as every one to a HEAD is
    message = None if target.operation in _HEADS and target.service == "s3" else error.message
    return TaskFailed(frame, ticket, f"{target.prefix}.{name}", f"{message or 'null'} ({details})", calling=True)


def _exception(service: str, code: str) -> str | None:
    """The SDK's class for an error of the service; None where it is none of its own."""
    listing = SERVICES.get(service)
    if listing is None or listing.model is None:
        return _as_exception(code)
    shape = _modelled(listing.model).get(code)
    return None if shape is None else _as_exception(shape)


@lru_cache(100)
def _modelled(model: str) -> dict[str, str]:
    """The errors of a model: their codes, and the names of their shapes, to these."""
    names: dict[str, str] = {}
    for name, shape in load_model(model).shapes.items():
        if shape.get("exception"):
            names[shape.get("error", {}).get("code", name)] = names[name] = name
    return names


def _as_exception(name: str) -> str:
    return name if name.endswith("Exception") else f"{name.removesuffix('Fault')}Exception"
