"""How each service says that it is asked too often, or that it failed: what its SDK clients try again on.

Codes and statuses are those of botocore's models and of its rules of retrying.
https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from headwater.spine.errors import AwsError
from headwater.spine.faults import THROTTLE, Rule

Said = tuple[str, int, str]
_RATE: Said = ("ThrottlingException", 400, "Rate exceeded")
_OLD_RATE: Said = ("Throttling", 400, "Rate exceeded")
_TOO_MANY: Said = ("TooManyRequestsException", 429, "Too Many Requests")
_INTERNAL: Said = (
    "InternalFailure", 500, "The request processing has failed because of an unknown error, exception or failure.",
)  # fmt: skip

THROTTLED: Mapping[str, Said] = MappingProxyType(
    {
        "apigateway": _TOO_MANY,
        "apigatewayv2": _TOO_MANY,
        "cloudformation": _OLD_RATE,
        "dynamodb": (
            "ProvisionedThroughputExceededException", 400,
            "The level of configured provisioned throughput for the table was exceeded. Consider increasing your "
            "provisioning level with the UpdateTable API.",
        ),
        "dynamodbstreams": ("LimitExceededException", 400, "Rate exceeded"),
        "iam": _OLD_RATE,
        "iotdata": ("ThrottlingException", 429, "Rate exceeded"),
        "kinesis": ("ProvisionedThroughputExceededException", 400, "Rate exceeded for the shards of this stream."),
        "lambda": ("TooManyRequestsException", 429, "Rate Exceeded."),
        "pipes": ("ThrottlingException", 429, "Rate exceeded"),
        "s3": ("SlowDown", 503, "Please reduce your request rate."),
        "scheduler": ("ThrottlingException", 429, "Rate exceeded"),
        "sns": ("Throttled", 429, "Rate exceeded"),
        "sqs": ("RequestThrottled", 403, "The request was denied due to request throttling."),
        "sts": _OLD_RATE,
    }
)  # fmt: skip
FAILED: Mapping[str, Said] = MappingProxyType(
    {
        "dynamodb": ("InternalServerError", 500, "Internal server error"),
        "dynamodbstreams": ("InternalServerError", 500, "Internal server error"),
        "ecr": ("ServerException", 500, "There was an unknown error on the server side."),
        "events": ("InternalException", 500, "Internal error"),
        "iam": ("ServiceFailure", 500, "The request processing has failed because of an unknown error."),
        "iot": ("InternalFailureException", 500, "An unexpected error has occurred."),
        "iotdata": ("InternalFailureException", 500, "An unexpected error has occurred."),
        "kinesis": ("InternalFailureException", 500, "An internal failure has occurred."),
        "lambda": ("ServiceException", 500, "The AWS Lambda service encountered an internal error."),
        "logs": ("InternalServerException", 500, "Internal server error"),
        "monitoring": ("InternalServiceError", 500, "Internal service error"),
        "pipes": ("InternalException", 500, "Internal error"),
        "s3": ("InternalError", 500, "We encountered an internal error. Please try again."),
        "scheduler": ("InternalServerException", 500, "Internal server error"),
        "sns": ("InternalError", 500, "Internal error"),
        "ssm": ("InternalServerError", 500, "Internal server error"),
    }
)


class Unanswered(AwsError):
    """It is done, and nobody is told: a connection is closed without an answer."""

    def __init__(self) -> None:
        super().__init__("SdkClientException", "Unable to execute HTTP request: Read timed out", 504)


def throttled(service: str) -> AwsError:
    """How a service says that it is asked too often."""
    code, status, message = THROTTLED.get(service, _RATE)
    error = AwsError(code, message, status)
    if service == "lambda":
        error.members["Reason"] = "CallerRateLimitExceeded"
    return error


def error_of(rule: Rule, service: str) -> AwsError:
    """The error that a rule of throttling or failing answers with."""
    if rule.kind == THROTTLE:
        return throttled(service)
    code, status, message = FAILED.get(service, _INTERNAL)
    return AwsError(rule.code or code, rule.message or rule.code or message, rule.status or status)
