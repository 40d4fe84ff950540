"""Stack events sent to the topics that a stack names.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-console-add-tags.html (notification options)
"""

from __future__ import annotations

from datetime import UTC, datetime

from headwater.services.cloudformation import tables
from headwater.services.cloudformation.stack import find_stack
from headwater.spine.arns import parse_arn
from headwater.spine.deliveries import Delivery, delivery
from headwater.spine.operations import Call

SUBJECT = "AWS CloudFormation Notification"


@delivery("cloudformation.notification")
def notify(call: Call, item: Delivery) -> None:
    row = call.store.one(tables.SELECT_EVENT, (item.payload["event"],))
    if row is None:
        return
    _, stack_id, event, logical_id, physical_id, kind, status, reason, at, properties, token, _ = row
    stack = find_stack(call, stack_id)
    fields = {
        "StackId": stack.id,
        "Timestamp": f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%dT%H:%M:%S}.{at % 1000:03d}Z",
        "EventId": event,
        "LogicalResourceId": logical_id,
        "Namespace": stack.account,
        "PhysicalResourceId": physical_id,
        "PrincipalId": stack.account,
        "ResourceProperties": properties or "null",
        "ResourceStatus": status,
        "ResourceStatusReason": reason or "",
        "ResourceType": kind,
        "StackName": stack.name,
        "ClientRequestToken": token or "null",
    }
    message = "".join(f"{name}='{value}'\n" for name, value in fields.items())
    for topic in stack.settings["NotificationARNs"]:
        arn = parse_arn(topic)
        region = arn.region if arn is not None else None
        call.operation("sns", "Publish", {"TopicArn": topic, "Subject": SUBJECT, "Message": message}, region=region)
