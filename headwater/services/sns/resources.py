"""CloudFormation's types of SNS.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_SNS.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from headwater.services.sns.errors import invalid
from headwater.spine.arns import make_arn
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call
from headwater.spine.resource_tags import Tagging, as_pairs, resource_tags
from headwater.spine.resources import Change, Replace, Resource, all_listed, found, resource

_TAGGING = Tagging("sns")
_ATTRIBUTES = (
    *("ContentBasedDeduplication", "DisplayName", "FifoThroughputScope", "FifoTopic", "KmsMasterKeyId"),
    *("SignatureVersion", "TracingConfig", "ArchivePolicy", "MaximumMessageSize", "DeliveryPolicy"),
)
# what an attribute is set to where a template no longer names it
_RESET = {"ContentBasedDeduplication": "false", "SignatureVersion": "1", "TracingConfig": "PassThrough"}
_RESET |= {"FifoThroughputScope": "Topic", "MaximumMessageSize": "262144"}
_LOGGED = {"http/s": "HTTP", "sqs": "SQS", "lambda": "Lambda", "firehose": "Firehose", "application": "Application"}
_OF_SUBSCRIPTION = (
    *("DeliveryPolicy", "FilterPolicy", "FilterPolicyScope", "RawMessageDelivery", "RedrivePolicy"),
    *("ReplayPolicy", "SubscriptionRoleArn"),
)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return orjson.dumps(value).decode() if isinstance(value, (dict, list)) else str(value)


def _read(text: str) -> Any:
    """An attribute as a template gives it."""
    if text in ("true", "false"):
        return text == "true"
    return orjson.loads(text) if text.startswith("{") else text


def _chosen(properties: dict[str, Any], names: tuple[str, ...]) -> dict[str, str]:
    return {name: _text(properties[name]) for name in names if properties.get(name) is not None}


def _ignore_missing(call: Call, name: str, request: dict[str, Any]) -> None:
    try:
        call.operation("sns", name, request)
    except AwsError as error:
        if error.code != "NotFound":
            raise


def _topic_attributes(properties: dict[str, Any]) -> dict[str, str]:
    attributes = _chosen(properties, _ATTRIBUTES)
    for logging in properties.get("DeliveryStatusLogging") or ():
        logged = _LOGGED.get(str(logging["Protocol"]).lower())
        if logged is None:
            raise invalid(f"DeliveryStatusLogging Reason: Unknown protocol {logging['Protocol']}")
        attributes |= {logged + name: _text(value) for name, value in logging.items() if name != "Protocol"}
    return attributes


@resource("AWS::SNS::Topic")
class TopicResource(Resource):
    def create(self, call: Call, change: Change) -> None:
        properties = change.properties
        fifo = _text(properties.get("FifoTopic", "")) == "true"
        name = properties.get("TopicName") or change.physical_name(251) + (".fifo" if fifo else "")
        request: dict[str, Any] = {
            "Name": name,
            "Attributes": _topic_attributes(properties),
            "Tags": as_pairs(resource_tags(change)),
        }
        if properties.get("DataProtectionPolicy"):
            request["DataProtectionPolicy"] = _text(properties["DataProtectionPolicy"])
        arn = call.operation("sns", "CreateTopic", request)["TopicArn"]
        for subscription in properties.get("Subscription") or ():
            call.operation("sns", "Subscribe", {"TopicArn": arn, **subscription})
        self._describe(change, arn)

    def update(self, call: Call, change: Change) -> None:
        properties, previous = change.properties, change.previous
        if any(properties.get(name) != previous.get(name) for name in ("TopicName", "FifoTopic")):
            raise Replace
        arn = change.physical_id
        wanted, former = _topic_attributes(properties), _topic_attributes(previous)
        gone = {name: _RESET.get(name, "") for name in former if name not in wanted}
        for name, value in (gone | wanted).items():
            if name != "FifoTopic" and former.get(name) != value:
                request = {"TopicArn": arn, "AttributeName": name, "AttributeValue": value}
                call.operation("sns", "SetTopicAttributes", request)
        for subscription in properties.get("Subscription") or ():
            if subscription not in (previous.get("Subscription") or ()):
                call.operation("sns", "Subscribe", {"TopicArn": arn, **subscription})
        _TAGGING.update(call, {"ResourceArn": arn}, change)
        self._describe(change, arn)

    def delete(self, call: Call, change: Change) -> None:
        call.operation("sns", "DeleteTopic", {"TopicArn": change.physical_id})

    def read(self, call: Call, change: Change) -> dict[str, Any]:
        """Without its subscriptions and how deliveries are logged."""
        arn = change.physical_id
        told = call.operation("sns", "GetTopicAttributes", {"TopicArn": arn})["Attributes"]
        self._describe(change, arn)
        present = {
            name: _read(told[name]) if told.get(name) else None for name in _ATTRIBUTES if name != "DeliveryPolicy"
        }
        name, tags = change.attributes["TopicName"], _TAGGING.present(call, {"ResourceArn": arn})
        return {**present, "TopicName": name, "Tags": tags}

    def named(self, call: Call, properties: Mapping[str, Any]) -> str | None:
        arn = make_arn("sns", call.region, call.account, str(properties.get("TopicName")))
        return arn if found(call, "sns", "GetTopicAttributes", {"TopicArn": arn}) else None

    def known(self, call: Call) -> list[str]:
        return [topic["TopicArn"] for topic in all_listed(call, "sns", "ListTopics", "Topics")]

    def _describe(self, change: Change, arn: str) -> None:
        change.physical_id = arn
        change.attributes = {"TopicArn": arn, "TopicName": arn.rpartition(":")[2]}


@resource("AWS::SNS::Subscription")
class SubscriptionResource(Resource):
    def create(self, call: Call, change: Change) -> None:
        properties = change.properties
        request = {
            "TopicArn": properties["TopicArn"],
            "Protocol": properties["Protocol"],
            "Endpoint": properties.get("Endpoint"),
            "Attributes": _chosen(properties, _OF_SUBSCRIPTION),
            "ReturnSubscriptionArn": True,
        }
        # a topic may be in another region than the stack
        region = properties.get("Region") or None
        change.physical_id = call.operation("sns", "Subscribe", request, region=region)["SubscriptionArn"]
        change.attributes = {"Arn": change.physical_id}

    def update(self, call: Call, change: Change) -> None:
        if any(
            change.properties.get(name) != change.previous.get(name) for name in ("TopicArn", "Protocol", "Endpoint")
        ):
            raise Replace
        wanted, former = (_chosen(properties, _OF_SUBSCRIPTION) for properties in (change.properties, change.previous))
        reset = {name: "false" if name == "RawMessageDelivery" else "" for name in former if name not in wanted}
        reset.pop("FilterPolicyScope", None)
        # the scope first: the policy is checked by its rules
        for name, value in sorted((reset | wanted).items(), key=lambda item: item[0] != "FilterPolicyScope"):
            request = {"SubscriptionArn": change.physical_id, "AttributeName": name, "AttributeValue": value}
            call.operation("sns", "SetSubscriptionAttributes", request)

    def delete(self, call: Call, change: Change) -> None:
        _ignore_missing(call, "Unsubscribe", {"SubscriptionArn": change.physical_id})


@resource("AWS::SNS::TopicPolicy")
class TopicPolicyResource(Resource):
    """A policy document set on topics."""

    def create(self, call: Call, change: Change) -> None:
        self._set(call, change.properties["Topics"], orjson.dumps(change.properties["PolicyDocument"]).decode())
        change.physical_id = change.physical_id or change.physical_name(128)
        change.attributes = {"Id": change.physical_id}

    def update(self, call: Call, change: Change) -> None:
        topics = change.properties["Topics"]
        self._set(call, [topic for topic in change.previous.get("Topics") or () if topic not in topics], "")
        self.create(call, change)

    def delete(self, call: Call, change: Change) -> None:
        self._set(call, change.properties.get("Topics") or [], "")

    def _set(self, call: Call, topics: list[str], policy: str) -> None:
        for topic in topics:
            _set_policy(call, topic, policy)


@resource("AWS::SNS::TopicInlinePolicy")
class TopicInlinePolicyResource(Resource):
    """The policy of one topic, with the topic for its identity."""

    def create(self, call: Call, change: Change) -> None:
        _set_policy(call, change.properties["TopicArn"], _text(change.properties["PolicyDocument"]))
        change.physical_id = change.properties["TopicArn"]

    def update(self, call: Call, change: Change) -> None:
        if change.properties["TopicArn"] != change.previous.get("TopicArn"):
            raise Replace
        self.create(call, change)

    def delete(self, call: Call, change: Change) -> None:
        _set_policy(call, change.physical_id, "")


def _set_policy(call: Call, topic: str, policy: str) -> None:
    request = {"TopicArn": topic, "AttributeName": "Policy", "AttributeValue": policy}
    _ignore_missing(call, "SetTopicAttributes", request)
