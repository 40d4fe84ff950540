"""CloudFormation's types of Kinesis Data Streams.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_Kinesis.html
"""

from __future__ import annotations

from typing import Any

import orjson

from headwater.spine.arns import make_arn
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call
from headwater.spine.resources import Change, Replace, Resource, resource

_DAY = 24


@resource("AWS::Kinesis::Stream")
class StreamResource(Resource):
    """`Ref` is the name; attribute Arn. It is there at once: later settings need not wait until it is ACTIVE."""

    def create(self, call: Call, change: Change) -> Any:
        properties = change.properties
        name = properties.get("Name") or change.physical_name(128)
        mode = (properties.get("StreamModeDetails") or {}).get("StreamMode") or "PROVISIONED"
        request: dict[str, Any] = {
            "StreamName": name,
            "StreamModeDetails": {"StreamMode": mode},
            "Tags": _tags(change) or None,
        }
        if mode == "PROVISIONED":
            request["ShardCount"] = int(properties.get("ShardCount") or 1)
        if properties.get("MaxRecordSizeInKiB"):
            request["MaxRecordSizeInKiB"] = int(properties["MaxRecordSizeInKiB"])
        call.operation("kinesis", "CreateStream", request)
        change.physical_id = name
        change.attributes = {"Arn": make_arn("kinesis", call.region, call.account, f"stream/{name}")}
        return self._follow(change, _settings(properties))

    def update(self, call: Call, change: Change) -> Any:
        properties, previous = change.properties, change.previous
        if properties.get("Name") != previous.get("Name"):
            raise Replace
        arn, wanted = change.attributes["Arn"], _tags(change)
        former = call.operation("kinesis", "ListTagsForResource", {"ResourceARN": arn})["Tags"]
        if gone := [tag["Key"] for tag in former if tag["Key"] not in wanted]:
            call.operation("kinesis", "UntagResource", {"ResourceARN": arn, "TagKeys": gone})
        if wanted:
            call.operation("kinesis", "TagResource", {"ResourceARN": arn, "Tags": wanted})
        return self._follow(change, _updates(call, change))

    def delete(self, call: Call, change: Change) -> Any:
        request = {"StreamName": change.physical_id, "EnforceConsumerDeletion": True}
        _unless_gone(call, "DeleteStream", request)
        return self._leave(change, make_arn("kinesis", call.region, call.account, f"stream/{change.physical_id}"))

    async def _leave(self, change: Change, arn: str) -> None:
        """Until it is gone."""
        assert change.work is not None
        try:
            await _until_active(change.work, arn)
        except AwsError as error:
            if error.code != "ResourceNotFoundException":
                raise

    async def _follow(self, change: Change, steps: list[tuple[str, dict[str, Any]]]) -> None:
        """One after the other, each once the stream is ACTIVE."""
        work, arn = change.work, change.attributes["Arn"]
        assert work is not None
        await _until_active(work, arn)
        for name, request in steps:
            await work.operation("kinesis", name, request | {"StreamARN": arn})
            await _until_active(work, arn)


async def _until_active(work: Any, arn: str) -> None:
    with work.watch(("kinesis-stream", arn)) as watch:
        while True:
            summary = await work.operation("kinesis", "DescribeStreamSummary", {"StreamARN": arn})
            if summary["StreamDescriptionSummary"]["StreamStatus"] == "ACTIVE":
                return
            await watch.wait()


def _settings(properties: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    steps: list[tuple[str, dict[str, Any]]] = []
    hours = int(properties.get("RetentionPeriodHours") or _DAY)
    if hours != _DAY:
        steps.append(("IncreaseStreamRetentionPeriod", {"RetentionPeriodHours": hours}))
    if encryption := properties.get("StreamEncryption"):
        steps.append(("StartStreamEncryption", {name: encryption[name] for name in ("EncryptionType", "KeyId")}))
    if metrics := properties.get("DesiredShardLevelMetrics"):
        steps.append(("EnableEnhancedMonitoring", {"ShardLevelMetrics": metrics}))
    return steps


def _updates(call: Call, change: Change) -> list[tuple[str, dict[str, Any]]]:
    """What brings the stream from what it is to what the template says."""
    properties, previous = change.properties, change.previous
    request = {"StreamARN": change.attributes["Arn"]}
    is_now = call.operation("kinesis", "DescribeStreamSummary", request)["StreamDescriptionSummary"]
    steps: list[tuple[str, dict[str, Any]]] = []
    mode = (properties.get("StreamModeDetails") or {}).get("StreamMode") or "PROVISIONED"
    if mode != is_now["StreamModeDetails"]["StreamMode"]:
        steps.append(("UpdateStreamMode", {"StreamModeDetails": {"StreamMode": mode}}))
    count = int(properties.get("ShardCount") or 0)
    if mode == "PROVISIONED" and count and count != is_now["OpenShardCount"]:
        steps.append(("UpdateShardCount", {"TargetShardCount": count, "ScalingType": "UNIFORM_SCALING"}))
    hours = int(properties.get("RetentionPeriodHours") or _DAY)
    if hours != is_now["RetentionPeriodHours"]:
        direction = "Increase" if hours > is_now["RetentionPeriodHours"] else "Decrease"
        steps.append((f"{direction}StreamRetentionPeriod", {"RetentionPeriodHours": hours}))
    if properties.get("StreamEncryption") != previous.get("StreamEncryption"):
        encryption = properties.get("StreamEncryption") or previous["StreamEncryption"]
        name = "StartStreamEncryption" if properties.get("StreamEncryption") else "StopStreamEncryption"
        steps.append((name, {each: encryption[each] for each in ("EncryptionType", "KeyId")}))
    size = int(properties.get("MaxRecordSizeInKiB") or 1024)
    if size != is_now["MaxRecordSizeInKiB"]:
        steps.append(("UpdateMaxRecordSize", {"MaxRecordSizeInKiB": size}))
    return steps


def _tags(change: Change) -> dict[str, str]:
    own = {tag["Key"]: tag["Value"] for tag in change.properties.get("Tags") or ()}
    return {key: value for key, value in (change.tags | own).items() if not key.startswith("aws:")}


@resource("AWS::Kinesis::StreamConsumer")
class StreamConsumerResource(Resource):
    """`Ref` is the ARN."""

    def create(self, call: Call, change: Change) -> None:
        request = {name: change.properties[name] for name in ("StreamARN", "ConsumerName")}
        made = call.operation("kinesis", "RegisterStreamConsumer", request | {"Tags": _tags(change) or None})[
            "Consumer"
        ]
        change.physical_id = made["ConsumerARN"]
        change.attributes = {
            "ConsumerARN": made["ConsumerARN"],
            "ConsumerName": made["ConsumerName"],
            "ConsumerStatus": "ACTIVE",
            "ConsumerCreationTimestamp": str(made["ConsumerCreationTimestamp"] // 1000),
            "StreamARN": change.properties["StreamARN"],
        }

    def delete(self, call: Call, change: Change) -> None:
        _unless_gone(call, "DeregisterStreamConsumer", {"ConsumerARN": change.physical_id})


@resource("AWS::Kinesis::ResourcePolicy")
class ResourcePolicyResource(Resource):
    """`Ref` is the ARN of what the policy is of."""

    def create(self, call: Call, change: Change) -> None:
        policy = change.properties["ResourcePolicy"]
        text = policy if isinstance(policy, str) else orjson.dumps(policy).decode()
        arn = change.properties["ResourceArn"]
        call.operation("kinesis", "PutResourcePolicy", {"ResourceARN": arn, "Policy": text})
        change.physical_id = arn

    def update(self, call: Call, change: Change) -> None:
        if change.properties["ResourceArn"] != change.previous["ResourceArn"]:
            raise Replace
        self.create(call, change)

    def delete(self, call: Call, change: Change) -> None:
        _unless_gone(call, "DeleteResourcePolicy", {"ResourceARN": change.physical_id})


def _unless_gone(call: Call, operation: str, request: dict[str, Any]) -> None:
    try:
        call.operation("kinesis", operation, request)
    except AwsError as error:
        if error.code != "ResourceNotFoundException":
            raise
