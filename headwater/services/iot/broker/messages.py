"""A published message on its way through the broker, and its properties as text for a row."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any

import orjson

from headwater.languages.mqtt.packets import Properties


@dataclass(slots=True)
class Publication:
    """`client_id` is None for what was not published over MQTT; `properties` are named as in `languages.mqtt`."""

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False
    properties: Properties = field(default_factory=dict)
    client_id: str | None = None
    principal: str | None = None
    source_ip: str | None = None

    def expires(self, now: int) -> int | None:
        """When the message stops being worth sending, in ms; None: never."""
        seconds = self.properties.get("message_expiry_interval")
        return None if seconds is None else now + seconds * 1000


def properties_text(properties: Properties) -> str | None:
    """Properties as JSON, None for none."""
    return orjson.dumps(properties, default=_binary).decode() if properties else None


def _binary(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    raise TypeError(f"no property can be a {type(value).__name__}")


def properties_of(text: str | None, expires: int | None = None, now: int = 0) -> Properties:
    """Properties from their JSON; what is left of the expiry interval in place of the whole of it."""
    properties: Properties = orjson.loads(text) if text else {}
    if (data := properties.get("correlation_data")) is not None:
        properties["correlation_data"] = base64.b64decode(data["base64"])
    if (pairs := properties.get("user_property")) is not None:
        properties["user_property"] = [(name, value) for name, value in pairs]
    if expires is not None:
        properties["message_expiry_interval"] = max(0, -(-(expires - now) // 1000))
    return properties


def pack(data: bytes) -> dict[str, str]:
    """Bytes as what JSON can hold."""
    try:
        return {"text": data.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode()}


def unpack(packed: dict[str, str]) -> bytes:
    return packed["text"].encode() if "text" in packed else base64.b64decode(packed["base64"])
