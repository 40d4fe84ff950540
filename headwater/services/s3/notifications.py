"""Event notifications: which configuration of a bucket wants an event, and the records that its destination gets.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from headwater.services.s3.bucket import Bucket
from headwater.services.s3.event_records import entry, record
from headwater.services.s3.objects import Version
from headwater.spine.admission import Visitor, admit
from headwater.spine.arns import parse_arn
from headwater.spine.deliveries import Delivery, Failed, Policy, delivery
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call
from headwater.spine.timestamps import iso8601_milliseconds

DESTINATIONS = {
    "QueueConfigurations": "QueueArn",
    "TopicConfigurations": "TopicArn",
    "LambdaFunctionConfigurations": "LambdaFunctionArn",
}
_POLICY = Policy(attempts=0, age=86_400_000, backoff=1000, most=60_000, jitter=True)
_EVENT_BRIDGE = "eventbridge"


def notify(call: Call, bucket: Bucket, event: str, key: str, version: Version) -> None:
    """Leave a delivery for each destination that wants an event such as ``ObjectCreated:Put``."""
    if not bucket.events:
        return
    settings = bucket.settings["NotificationConfiguration"]
    for identity, arn in _interested(settings, event, key):
        records = {"Records": [record(call, bucket, event, key, version, identity)]}
        payload = {"arn": arn, "bucket": bucket.arn, "records": records}
        _deliver(call, bucket, payload, arn)
    if "EventBridgeConfiguration" in settings:
        payload = {"arn": _EVENT_BRIDGE, "entry": entry(call, bucket, event, key, version)}
        _deliver(call, bucket, payload, f"arn:aws:events:{bucket.region}:{bucket.account}:event-bus/default")


def _deliver(call: Call, bucket: Bucket, payload: dict[str, Any], target: str) -> None:
    call.deliver(
        "s3.notification", payload, target=target, policy=_POLICY, account=bucket.account, region=bucket.region
    )


def send_test(call: Call, bucket: Bucket, arn: str) -> None:
    """What a queue or topic gets once it is configured."""
    event = {
        "Service": "Amazon S3",
        "Event": "s3:TestEvent",
        "Time": iso8601_milliseconds(call.now),
        "Bucket": bucket.name,
        "RequestId": call.ids.hex(16).upper(),
        "HostId": call.ids.token(56),
    }
    _deliver(call, bucket, {"arn": arn, "bucket": bucket.arn, "records": event}, arn)


def _interested(settings: dict[str, Any], event: str, key: str) -> Iterator[tuple[str, str]]:
    """(configuration's id, destination) for each configuration that wants the event."""
    for group, member in DESTINATIONS.items():
        for configuration in settings.get(group, ()):
            if _wants(configuration, event, key):
                yield configuration["Id"], configuration[member]


def _wants(configuration: dict[str, Any], event: str, key: str) -> bool:
    family = event.partition(":")[0]
    if not {f"s3:{event}", f"s3:{family}:*"} & set(configuration["Events"]):
        return False
    for rule in configuration.get("Filter", {}).get("Key", {}).get("FilterRules", ()):
        matches = key.startswith if rule["Name"].lower() == "prefix" else key.endswith
        if not matches(rule["Value"]):
            return False
    return True


@delivery("s3.notification")
def deliver_notification(call: Call, item: Delivery) -> None:
    """Hand records to a queue, topic or function, or an event to the default bus."""
    payload = item.payload
    if payload["arn"] == _EVENT_BRIDGE:
        call.operation("events", "PutServiceEvent", payload["entry"])
        return
    if source := payload.get("bucket"):
        call.span.subject = source
        if call.engine.enforces_policies:
            _admit(call, payload["arn"], source)
    text = orjson.dumps(payload["records"]).decode()
    hand_over(call, payload["arn"], text)


def _admit(call: Call, arn: str, bucket: str) -> None:
    """It was let in when it was configured; if it is no more, the event is lost."""
    try:
        admit(call, arn, Visitor("s3", bucket, call.account))
    except AwsError as error:
        raise Failed(error.code, error.message, retry=False) from None


def hand_over(call: Call, arn: str, text: str) -> None:
    """Send a document to whatever service the ARN names."""
    parsed = parse_arn(arn)
    if parsed is None:
        raise AwsError("InvalidArgument", f"The ARN is not well formed: {arn}")
    if parsed.service == "sqs":
        request = {"QueueUrl": f"{call.endpoint}/{parsed.account}/{parsed.resource}", "MessageBody": text}
        call.operation("sqs", "SendMessage", request, region=parsed.region)
    elif parsed.service == "sns":
        request = {"TopicArn": arn, "Message": text, "Subject": "Amazon S3 Notification"}
        call.operation("sns", "Publish", request, region=parsed.region)
    else:
        invocation = {"FunctionName": arn, "InvocationType": "Event", "Payload": text.encode()}
        call.operation("lambda", "Invoke", invocation, region=parsed.region)
