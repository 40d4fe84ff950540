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
    attribute = _ATTRIBUTES[metric.name]
    found = _read(call, metric, [attribute])
    return None if found is None else float(found[attribute])


def may_change_by_itself(call: Call, metric: Metric) -> bool:
    """Whether time alone may change it: messages of a queue come into sight, and go."""
    if (metric.namespace, metric.name) not in GAUGES:
        return False
    found = _read(call, metric, list(_ATTRIBUTES.values()))
    return found is not None and any(count != "0" for count in found.values())


def _read(call: Call, metric: Metric, attributes: list[str]) -> Mapping[str, str] | None:
    queue = dict(metric.dimensions).get("QueueName")
    if queue is None or len(metric.dimensions) != 1 or not call.engine.catalogue.loaded("sqs"):
        return None
    try:
        url = call.operation("sqs", "GetQueueUrl", {"QueueName": queue})["QueueUrl"]
        request = {"QueueUrl": url, "AttributeNames": attributes}
        found: Mapping[str, str] = call.operation("sqs", "GetQueueAttributes", request)["Attributes"]
        return found
    except AwsError:
        return None
