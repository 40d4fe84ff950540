"""Which endpoints a topic takes, by protocol.

https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html
"""

from __future__ import annotations

import re

from headwater.services.sns.errors import invalid
from headwater.services.sns.platforms import find_endpoint
from headwater.services.sns.sms import is_phone_number
from headwater.services.sns.topic import TopicRow
from headwater.spine.arns import parse_arn
from headwater.spine.operations import Call

CONFIRMED_BY_THEIR_OWNER = frozenset({"http", "https", "email", "email-json"})
_EMAIL = re.compile(r"[^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f]+\Z")
_NOT_IN_URLS = re.compile(r"[\x00-\x20\x7f]")
_TAKES_LARGE = frozenset({"sqs", "lambda", "firehose"})


def check_endpoint(call: Call, topic: TopicRow, protocol: str, endpoint: str) -> None:
    """AwsError where SNS refuses it."""
    if protocol not in _CHECKS:
        raise invalid(f"Amazon SNS does not support this protocol string: {protocol}")
    fifo_topic = topic.attributes.get("FifoTopic") == "true"
    if fifo_topic and protocol != "sqs":
        raise invalid(f"Invalid parameter: Endpoint Reason: Please use FIFO SQS queue: {endpoint}")
    if int(topic.attributes.get("MaximumMessageSize", "0")) > 262_144 and protocol not in _TAKES_LARGE:
        raise invalid("Protocol Reason: the topic's MaximumMessageSize is above 256 KiB")
    _CHECKS[protocol](call, endpoint)
    if protocol == "sqs" and endpoint.endswith(".fifo") and not fifo_topic:
        raise invalid(
            "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics"
        )


def _url(scheme: str, endpoint: str) -> None:
    if not endpoint.startswith(f"{scheme}://") or _NOT_IN_URLS.search(endpoint):
        raise invalid("Endpoint must match the specified protocol")


def _queue(call: Call, endpoint: str) -> None:
    arn = parse_arn(endpoint)
    if arn is None or arn.service != "sqs":
        raise invalid("SQS endpoint ARN")


def _function(call: Call, endpoint: str) -> None:
    arn = parse_arn(endpoint)
    if arn is None or arn.service != "lambda":
        raise invalid("Lambda endpoint ARN")


def _delivery_stream(call: Call, endpoint: str) -> None:
    arn = parse_arn(endpoint)
    if arn is None or arn.service != "firehose":
        raise invalid("Firehose endpoint ARN")


def _address(call: Call, endpoint: str) -> None:
    if not _EMAIL.match(endpoint):
        raise invalid("Email address")


def _phone(call: Call, endpoint: str) -> None:
    if not is_phone_number(endpoint):
        raise invalid(f"Invalid SMS endpoint: {endpoint}")


def _device(call: Call, endpoint: str) -> None:
    arn = parse_arn(endpoint)
    if arn is None or arn.service != "sns" or not arn.resource.startswith("endpoint/"):
        raise invalid("Application endpoint arn invalid")
    if find_endpoint(call, endpoint) is None:
        raise invalid(f"Endpoint Reason: Endpoint does not exist for endpoint arn{endpoint}")


_CHECKS = {
    "http": lambda call, endpoint: _url("http", endpoint),
    "https": lambda call, endpoint: _url("https", endpoint),
    "sqs": _queue,
    "lambda": _function,
    "firehose": _delivery_stream,
    "email": _address,
    "email-json": _address,
    "sms": _phone,
    "application": _device,
}
