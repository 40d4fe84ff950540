"""What a rule sees of one published message."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import orjson

from headwater.languages.iot_sql.values import UNDEFINED, Value


@dataclass
class Message:
    """`now` is in milliseconds since the epoch; `properties` are MQTT 5's, named as in `languages.mqtt`.

    `get_item(table, key)` reads a DynamoDB item for `get_dynamodb`, `get_shadow(thing, name)` a shadow's document for
    `get_thing_shadow`: UNDEFINED where there is none.
    `random` gives numbers from 0 to below 1 and `new_uuid` identifiers: chance comes from outside.
    """

    topic: str
    payload: bytes
    now: int = 0
    account: str = "000000000000"
    client_id: str | None = None  # None: not published over MQTT
    principal: str | None = None
    source_ip: str | None = None
    trace_id: str | None = None
    properties: dict[str, Any] = field(default_factory=dict)
    get_item: Callable[[str, dict[str, Value]], Value] = lambda table, key: UNDEFINED
    get_shadow: Callable[[str, str], Value] = lambda thing, name: UNDEFINED
    random: Callable[[], float] = lambda: 0.0
    new_uuid: Callable[[], str] = lambda: "00000000-0000-4000-8000-000000000000"

    @cached_property
    def document(self) -> Value:
        """The payload as JSON; UNDEFINED where it is not JSON."""
        try:
            return orjson.loads(self.payload)
        except orjson.JSONDecodeError:
            return UNDEFINED
