"""CloudFormation's type of Firehose.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-kinesisfirehose-deliverystream.html
"""

from __future__ import annotations

from typing import Any

from headwater.services.firehose.stream import ACTIVE, CHANGED, stream_arn
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call
from headwater.spine.resource_tags import as_pairs, resource_tags
from headwater.spine.resources import Change, Replace, Resource, resource

_FIXED = ("DeliveryStreamName", "DeliveryStreamType", "KinesisStreamSourceConfiguration")
_NUMBERS = frozenset({"SizeInMBs", "IntervalInSeconds", "DurationInSeconds"})
_SPELLINGS = {"Enabled": {"true": True, "false": False}}


@resource("AWS::KinesisFirehose::DeliveryStream")
class DeliveryStreamResource(Resource):
    """`Ref` is the name; attribute Arn."""

    def create(self, call: Call, change: Change) -> Any:
        name = change.properties.get("DeliveryStreamName") or change.physical_name(64)
        request = _typed({key: value for key, value in change.properties.items() if key != "Tags"})
        call.operation(
            "firehose", "CreateDeliveryStream", request | {"DeliveryStreamName": name, "Tags": _tags(change) or None}
        )
        change.physical_id = name
        change.attributes = {"Arn": stream_arn(call, name)}
        return _until_settled(change)

    def update(self, call: Call, change: Change) -> None:
        properties, previous = change.properties, change.previous
        if any(properties.get(member) != previous.get(member) for member in _FIXED):
            raise Replace
        name = {"DeliveryStreamName": change.physical_id}
        described = call.operation("firehose", "DescribeDeliveryStream", name)["DeliveryStreamDescription"]
        for kind in ("ExtendedS3Destination", "S3Destination"):
            wanted = properties.get(f"{kind}Configuration")
            if wanted is not None and wanted != previous.get(f"{kind}Configuration"):
                update = _typed(dict(wanted))
                if "S3BackupConfiguration" in update:
                    update["S3BackupUpdate"] = update.pop("S3BackupConfiguration")
                place = {
                    "CurrentDeliveryStreamVersionId": described["VersionId"],
                    "DestinationId": described["Destinations"][0]["DestinationId"],
                }
                call.operation("firehose", "UpdateDestination", {**name, **place, f"{kind}Update": update})
        self._tag(call, change)

    def _tag(self, call: Call, change: Change) -> None:
        name, wanted = {"DeliveryStreamName": change.physical_id}, _tags(change)
        kept = {tag["Key"] for tag in wanted}
        former = call.operation("firehose", "ListTagsForDeliveryStream", name)["Tags"]
        if gone := [tag["Key"] for tag in former if tag["Key"] not in kept]:
            call.operation("firehose", "UntagDeliveryStream", {**name, "TagKeys": gone})
        if wanted:
            call.operation("firehose", "TagDeliveryStream", {**name, "Tags": wanted})

    def delete(self, call: Call, change: Change) -> Any:
        try:
            call.operation("firehose", "DeleteDeliveryStream", {"DeliveryStreamName": change.physical_id})
        except AwsError as error:
            if error.code != "ResourceNotFoundException":
                raise
        return _until_settled(change)


async def _until_settled(change: Change) -> None:
    """Until it is ACTIVE, or gone."""
    work = change.work
    assert work is not None
    name = {"DeliveryStreamName": change.physical_id}
    with work.watch(CHANGED) as watch:
        while True:
            try:
                described = await work.operation("firehose", "DescribeDeliveryStream", name)
            except AwsError:
                return
            if described["DeliveryStreamDescription"]["DeliveryStreamStatus"] == ACTIVE:
                return
            await watch.wait()


def _typed(value: Any) -> Any:
    """Templates may give numbers and truth as texts."""
    if isinstance(value, list):
        return [_typed(item) for item in value]
    if not isinstance(value, dict):
        return value
    typed: dict[str, Any] = {}
    for name, item in value.items():
        if name in _NUMBERS:
            typed[name] = int(item)
        elif name in _SPELLINGS:
            typed[name] = _SPELLINGS[name].get(str(item).lower(), item)
        elif name == "ParameterValue":
            typed[name] = str(item)
        else:
            typed[name] = _typed(item)
    return typed


def _tags(change: Change) -> list[dict[str, str]]:
    return as_pairs({key: value for key, value in resource_tags(change).items() if not key.startswith("aws:")})
