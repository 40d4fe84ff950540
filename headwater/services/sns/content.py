"""What is published: a message as all subscribers share it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from headwater.services.sns.errors import invalid


class Order(NamedTuple):
    """Where a message stands in a FIFO topic, or the group that a standard one passes on."""

    group: str | None = None
    deduplication: str | None = None
    sequence: str | None = None


class Content(NamedTuple):
    """``texts`` by protocol and ``default``; ``published`` in ms; ``replayed``: it comes from the archive."""

    texts: Mapping[str, str]
    attributes: Mapping[str, Mapping[str, Any]]
    subject: str | None
    id: str
    order: Order
    published: int
    replayed: bool = False

    def text(self, protocol: str) -> str:
        return self.texts.get(protocol) or self.texts["default"]


def by_protocol(text: str, structure: str | None) -> Mapping[str, str]:
    """https://docs.aws.amazon.com/sns/latest/dg/sns-send-custom-platform-specific-payloads-mobile-devices.html"""
    if not structure:
        return {"default": text}
    if structure != "json":
        raise invalid("MessageStructure")
    try:
        parsed = orjson.loads(text)
    except orjson.JSONDecodeError:
        parsed = None
    if not isinstance(parsed, dict):
        raise invalid("Message Structure - JSON message body failed to parse")
    texts = {name: value for name, value in parsed.items() if isinstance(value, str)}
    if "default" not in texts:
        raise invalid("Message Structure - No default entry in JSON message body")
    return texts
