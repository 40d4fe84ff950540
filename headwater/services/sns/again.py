"""A message that was published before, to one of its topic's subscriptions: for those who look into what went wrong."""

from __future__ import annotations

from headwater.services.sns.content import Content, Order
from headwater.services.sns.errors import subscription_not_found
from headwater.services.sns.explaining import recorded
from headwater.services.sns.fan_out import FanOut
from headwater.services.sns.message_attributes import unpacked
from headwater.services.sns.topic import find_topic
from headwater.spine.operations import Call, Request, Result, operation


@operation("sns", "DeliverAgain", internal=True)
def deliver_again(call: Call, request: Request) -> Result:
    """A ``Message`` (as it was recorded, parsed) of a ``MessageId`` to the subscription of an ARN, which has its filter
    still. Of a message with a text for each protocol the default one is known."""
    topic, message = find_topic(call, request["TopicArn"]), request["Message"]
    call.span.subject = topic.arn
    wanted = [each for each in topic.subscriptions if each.arn == request["SubscriptionArn"] and each.live]
    if not wanted:
        raise subscription_not_found()
    texts = {"default": message["Message"]}
    attributes = unpacked(message.get("MessageAttributes") or {})
    order = Order(message.get("MessageGroupId"), call.ids.uuid() if topic.fifo else None)
    fan_out = FanOut(
        call, topic, Content(texts, attributes, message.get("Subject"), request["MessageId"], order, call.now)
    )
    fan_out.deliver(wanted[0])
    shown = {**message, "MessageAttributes": attributes}
    call.record(topic.arn, request["MessageId"], recorded(shown, texts["default"]), fan_out.routes)
    return {"Delivered": len(fan_out.routes)}
