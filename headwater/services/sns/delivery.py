"""Carrying out deliveries to subscribers, and what follows when one is given up.

https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from headwater.services.sns.message_attributes import unpacked
from headwater.services.sns.notification import Notification
from headwater.services.sns.outgoing import post
from headwater.services.sns.signing import certificate_url, find_signer
from headwater.spine.admission import Visitor, admit
from headwater.spine.arns import Arn, parse_arn
from headwater.spine.deliveries import Again, Delivery, Exhausted, Failed, delivery
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call

# Faults of the subscriber's own making are not tried again.
_FINAL = ("DoesNotExist", "NotFound", "NonExistent", "AccessDenied", "Invalid", "MissingParameter")


def give_up(call: Call, item: Delivery, why: Exhausted) -> None:
    """Send the message, as the subscriber would have got it, to the dead-letter queue, if there is one."""
    queue = parse_arn(item.payload.get("dead letter") or "")
    if queue is None:
        call.span.note("message dropped", f"{why.code}: {why.message}")
        return
    payload = item.payload
    if "members" in payload:
        # an HTTP subscriber or a person: the form in which it would have been sent
        payload = {**payload, "body": payload["body"] if payload.get("raw") else envelope(call, payload)}
    admit(call, str(queue), _visitor(payload))
    _send(call, queue, payload)
    call.span.note("dead-lettered to", str(queue))


def _visitor(payload: dict[str, Any]) -> Visitor:
    """SNS, for the topic of a subscription."""
    topic: str = payload["subscription"].rpartition(":")[0]
    return Visitor("sns", topic, topic.split(":")[4])


def _send(call: Call, queue: Arn, payload: dict[str, Any]) -> None:
    request: dict[str, Any] = {
        "QueueUrl": f"{call.endpoint}/{queue.account}/{queue.resource}",
        "MessageBody": payload["body"],
    }
    if "attributes" in payload:
        request["MessageAttributes"] = unpacked(payload["attributes"])
    if "group" in payload:
        request["MessageGroupId"] = payload["group"]
    if "deduplication" in payload and queue.resource.endswith(".fifo"):
        request["MessageDeduplicationId"] = payload["deduplication"]
    call.operation("sqs", "SendMessage", request, queue.account, queue.region)


@delivery("sns.subscription", exhausted=give_up, atomic=True)  # all that it does is one operation
def deliver_to_subscriber(call: Call, item: Delivery) -> None:
    """To a queue, a function or a delivery stream."""
    arn = parse_arn(item.target)
    call.span.subject = item.payload["subscription"]
    if arn is None:
        raise Failed("InvalidEndpoint", item.target, retry=False)
    try:
        if call.engine.enforces_policies:
            admit(call, item.target, _visitor(item.payload))
        if item.payload["protocol"] == "sqs":
            _send(call, arn, item.payload)
        elif item.payload["protocol"] == "firehose":
            record = {"Data": f"{item.payload['body']}\n".encode()}
            put = {"DeliveryStreamName": arn.name, "Record": record}
            call.operation("firehose", "PutRecord", put, arn.account, arn.region)
        else:
            request = {
                "FunctionName": item.target,
                "InvocationType": "Event",
                "Payload": item.payload["event"].encode(),
            }
            call.operation("lambda", "Invoke", request, arn.account, arn.region)
    except AwsError as error:
        final = any(word in error.code for word in _FINAL)
        raise Failed(error.code, error.message, retry=not final) from error


@delivery("sns.http", exhausted=give_up)
def deliver_to_http(call: Call, item: Delivery) -> Coroutine[Any, Any, None] | Again:
    """To an HTTP endpoint, signed, outside of the transaction; no sooner than its throttle policy lets it."""
    payload = item.payload
    call.span.subject = payload["subscription"]
    if turn := _turn(call, payload):
        return Again(turn, {**payload, "turn": True})
    members = payload["members"]
    headers = {
        "Content-Type": payload["type"],
        "x-amz-sns-message-type": "Notification",
        "x-amz-sns-message-id": members["MessageId"],
        "x-amz-sns-topic-arn": members["TopicArn"],
        "x-amz-sns-subscription-arn": payload["subscription"],
    }
    if payload["raw"]:
        return post(call.span, item.target, headers | {"x-amz-sns-rawdelivery": "true"}, payload["body"])
    return post(call.span, item.target, headers, envelope(call, payload))


def _turn(call: Call, payload: dict[str, Any]) -> int | None:
    """When a throttled delivery may go, where that is not now. Each takes the next turn once, and its row keeps it."""
    if not payload["interval"] or "turn" in payload:
        return None
    turns: dict[str, float] = call.memory.next_turn
    turn = max(float(call.now), turns.get(payload["subscription"], 0.0))
    turns[payload["subscription"]] = turn + payload["interval"]
    return int(turn) if turn > call.now else None


def envelope(call: Call, payload: dict[str, Any]) -> str:
    """A notification with a signature that can be verified."""
    members = payload["members"]
    notification = Notification(members, {}, certificate_url(call), payload["version"], fifo=False)
    notification.attributes = payload["enveloped"]
    notification.signing["Signature"] = find_signer(call).sign(members, payload["version"])
    return notification.to_queue(payload["unsubscribe"])
