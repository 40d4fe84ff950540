"""Metrics of a moment: how it stands now, asked of the service. There is no past of them but what alarms had kept."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from headwater.spine.errors import AwsError
from headwater.spine.operations import Call

if TYPE_CHECKING:
    from headwater.services.monitoring.metric import Metric

_ATTRIBUTES: Mapping[str, str] = MappingProxyType(
    {
        "ApproximateNumberOfMessagesVisible": "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesNotVisible": "ApproximateNumberOfMessagesNotVisible",
        "ApproximateNumberOfMessagesDelayed": "ApproximateNumberOfMessagesDelayed",
    }
)
GAUGES: Mapping[tuple[str, str], str] = MappingProxyType({("AWS/SQS", name): "Count" for name in _ATTRIBUTES})
"""With their units."""


def read_gauge(call: Call, metric: Metric) -> float | None:
    """How it stands; None where what it is about is not there."""
    queue = dict(metric.dimensions).get("QueueName")
    if queue is None or len(metric.dimensions) != 1 or not call.engine.catalogue.loaded("sqs"):
        return None
    attribute = _ATTRIBUTES[metric.name]
    try:
        url = call.operation("sqs", "GetQueueUrl", {"QueueName": queue})["QueueUrl"]
        request = {"QueueUrl": url, "AttributeNames": [attribute]}
        return float(call.operation("sqs", "GetQueueAttributes", request)["Attributes"][attribute])
    except AwsError:
        return None
