"""The forms of a message on its way to subscribers.

https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha512
from typing import Any

import orjson

from headwater.services.sns.message_attributes import enveloped


def timestamp(instant: int) -> str:
    """Milliseconds, as SNS writes time."""
    return f"{_second(instant // 1000)}.{instant % 1000:03d}Z"


@lru_cache(maxsize=16)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


class Notification:
    """One message to one topic, from which each subscriber's form is made.

    ``members`` are those of the envelope up to the signature, in AWS's order. Only HTTP endpoints are
    told to verify signatures, and only they get one that can be verified: it costs more than all
    the rest of publishing. Queues and functions find a digest in its place.
    """

    __slots__ = ("_head", "_replayed", "_tail", "attributes", "fifo", "members", "signing")

    def __init__(
        self,
        members: dict[str, str],
        attributes: Mapping[str, Mapping[str, Any]],
        certificate_url: str,
        version: str,
        fifo: bool,
        replayed: bool = False,
    ) -> None:
        self.members = members
        self.attributes = enveloped(attributes) if attributes else {}
        self.fifo = fifo
        self.signing = {
            "SignatureVersion": version,
            "Signature": "",
            "SigningCertURL": certificate_url,
        }
        self._replayed = replayed
        self._head = ""
        self._tail = ""

    def to_queue(self, unsubscribe_url: str) -> str:
        """The envelope, laid out as SNS lays it out. FIFO topics do not sign."""
        if not self._head:
            shown = dict(self.members)
            if not self.fifo:
                shown |= self.signing | {"Signature": self.signing["Signature"] or self.digest()}
            lines = [f'  "{name}" : {_text(value)}' for name, value in shown.items()]
            self._head = "{\n" + ",\n".join(lines) + ',\n  "UnsubscribeURL" : '
            replayed = ',\n  "Replayed" : true' if self._replayed else ""
            self._tail = _attribute_lines(self.attributes) + replayed + "\n}"
        return self._head + _text(unsubscribe_url) + self._tail

    def to_function(self, subscription: str, unsubscribe_url: str) -> str:
        """The event that a function is invoked with; its names differ in their case."""
        notification = {
            "Type": "Notification",
            "MessageId": self.members["MessageId"],
            "TopicArn": self.members["TopicArn"],
            "Subject": self.members.get("Subject"),
            "Message": self.members["Message"],
            "Timestamp": self.members["Timestamp"],
            "SignatureVersion": self.signing["SignatureVersion"],
            "Signature": self.digest(),
            "SigningCertUrl": self.signing["SigningCertURL"],
            "UnsubscribeUrl": unsubscribe_url,
            "MessageAttributes": self.attributes,
        }
        record = {
            "EventSource": "aws:sns",
            "EventVersion": "1.0",
            "EventSubscriptionArn": subscription,
            "Sns": notification,
        }
        return orjson.dumps({"Records": [record]}).decode()

    def digest(self) -> str:
        """As long as a signature, and different for each message."""
        return b64encode(sha512(self.members["MessageId"].encode()).digest() * 4).decode()


def _attribute_lines(attributes: dict[str, dict[str, str]]) -> str:
    if not attributes:
        return ""
    lines = [
        f'    {_text(name)} : {{"Type":{_text(value["Type"])},"Value":{_text(value["Value"])}}}'
        for name, value in attributes.items()
    ]
    return ',\n  "MessageAttributes" : {\n' + ",\n".join(lines) + "\n  }"


def layout(members: Mapping[str, str]) -> str:
    """An object of texts, laid out as SNS lays it out."""
    lines = [f'  "{name}" : {_text(value)}' for name, value in members.items()]
    return "{\n" + ",\n".join(lines) + "\n}"


def _text(value: str) -> str:
    return orjson.dumps(value).decode()
