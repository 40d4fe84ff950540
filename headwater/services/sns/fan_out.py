"""One message on its way to the subscriptions of its topic, each as a delivery."""

from __future__ import annotations

from typing import Any

from headwater.services.sns.content import Content
from headwater.services.sns.explaining import visible
from headwater.services.sns.message_attributes import filterable, packed
from headwater.services.sns.notification import Notification, timestamp
from headwater.services.sns.signing import certificate_url
from headwater.services.sns.topic import TO_PEOPLE, Subscription, Topic
from headwater.spine.operations import Call

# With so few subscriptions, each whose filter said no is told of with the field that did.
_MOST_EXPLAINED = 10
_REPLAYED = {"DataType": "String", "StringValue": "true"}


class FanOut:
    """The forms of a message, each made once."""

    __slots__ = ("_call", "_content", "_notifications", "_seen", "_topic", "routes")

    def __init__(self, call: Call, topic: Topic, content: Content) -> None:
        self._call = call
        self._topic = topic
        self._content = content
        self._seen: dict[bool, Any] = {}
        self._notifications: dict[str, Notification] = {}
        # subscription, endpoint and delivery, as records have them
        self.routes: list[tuple[str, str, int]] = []

    def deliver(self, subscription: Subscription) -> None:
        """Leave the delivery to one subscription, unless its filter says no."""
        if subscription.filter is not None and not self._wanted(subscription):
            return
        call, order, protocol = self._call, self._content.order, subscription.protocol
        payload: dict[str, Any] = {"subscription": subscription.arn, "protocol": protocol}
        handler = "sns.subscription"
        if protocol in ("sqs", "lambda", "firehose"):
            self._for_aws(payload, subscription, protocol)
        elif protocol in TO_PEOPLE:
            handler = "sns.outbox"
            payload |= self._for_people(subscription, protocol)
        else:
            handler = "sns.http"
            payload |= self._for_http(subscription, protocol)
        if order.group is not None:
            payload["group"] = order.group
        if order.deduplication is not None:
            payload["deduplication"] = order.deduplication
        if subscription.dead_letter is not None:
            payload["dead letter"] = subscription.dead_letter
        delivery = call.deliver(
            handler,
            payload,
            target=subscription.endpoint,
            policy=subscription.policy,
            ordering=f"{subscription.arn}/{order.group}" if self._topic.fifo else None,
        )
        self.routes.append((subscription.arn, subscription.endpoint, delivery))

    def _for_aws(self, payload: dict[str, Any], subscription: Subscription, protocol: str) -> None:
        unsubscribe = self._unsubscribe_url(subscription)
        if not subscription.raw:
            payload["body"] = self._notification(protocol).to_queue(unsubscribe)
        else:
            content = self._content
            payload["body"] = content.text(protocol)
            attributes = {**content.attributes, "Replayed": _REPLAYED} if content.replayed else content.attributes
            if attributes:
                payload["attributes"] = packed(attributes)
        if protocol == "lambda":
            payload["event"] = self._notification(protocol).to_function(subscription.arn, unsubscribe)

    def _for_people(self, subscription: Subscription, protocol: str) -> dict[str, Any]:
        notification = self._notification(protocol)
        return {
            "body": self._content.text(protocol),
            "members": {**notification.members},
            "enveloped": notification.attributes,
            "version": self._topic.version,
            "unsubscribe": self._unsubscribe_url(subscription),
            "sender": self._topic.display_name,
        }

    def _for_http(self, subscription: Subscription, protocol: str) -> dict[str, Any]:
        """What is signed only when it is sent."""
        notification = self._notification(protocol)
        return {
            "body": self._content.text(protocol),
            "members": {**notification.members},
            "version": self._topic.version,
            "unsubscribe": self._unsubscribe_url(subscription),
            "enveloped": notification.attributes,
            "raw": subscription.raw,
            "type": subscription.content_type,
            "interval": subscription.interval,
        }

    def _wanted(self, subscription: Subscription) -> bool:
        pattern = subscription.filter
        assert pattern is not None
        seen = self._visible(subscription.body_scope)
        if seen is not None and pattern.matches(seen):
            return True
        if len(self._topic.subscriptions) <= _MOST_EXPLAINED:
            reason = "the message is no JSON object" if seen is None else pattern.explain(seen).reason()
            self._call.span.note(f"filtered {subscription.arn.rpartition(':')[2]}", reason)
        return False

    def _visible(self, body: bool) -> dict[str, Any] | None:
        """What filters see: attributes, or the message where it is a JSON object; worked out once."""
        if body not in self._seen:
            content = self._content
            self._seen[body] = visible(content.texts["default"]) if body else filterable(content.attributes)
        seen: dict[str, Any] | None = self._seen[body]
        return seen

    def _notification(self, protocol: str) -> Notification:
        found = self._notifications.get(protocol)
        if found is None:
            content = self._content
            text = content.text(protocol)
            members = {"Type": "Notification", "MessageId": content.id}
            if content.order.sequence is not None:
                members["SequenceNumber"] = content.order.sequence
            members["TopicArn"] = self._topic.arn
            if content.subject is not None:
                members["Subject"] = content.subject
            members |= {"Message": text, "Timestamp": timestamp(content.published)}
            found = Notification(
                members,
                content.attributes,
                certificate_url(self._call),
                self._topic.version,
                self._topic.fifo,
                content.replayed,
            )
            self._notifications[protocol] = found
        return found

    def _unsubscribe_url(self, subscription: Subscription) -> str:
        return f"{self._call.endpoint}/?Action=Unsubscribe&SubscriptionArn={subscription.arn}"
