"""How events of an answer that goes on are written: their payload is a member of theirs, or JSON of all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from headwater.gateway.event_frames import event
from headwater.gateway.protocols.plans import Events
from headwater.gateway.protocols.writers import Writer, Writers
from headwater.spine.models import Model, Shape

WriteJson = Callable[[Mapping[str, Any], Writer | None], bytes]
_BYTES = "application/octet-stream"


def events_of(
    model: Model, writers: Writers, output: Shape | None, initial: bytes, to_json: WriteJson
) -> Events | None:
    """Of an output's event stream; None where it has none. ``initial`` is the message that comes before all events."""
    for name, member in (output["members"] if output else {}).items():
        kinds = model.shapes[member["shape"]]
        if kinds.get("eventstream"):
            return Events(name, initial, _write(model, writers, kinds, to_json))
    return None


def _write(
    model: Model, writers: Writers, kinds: Shape, to_json: WriteJson
) -> Callable[[str, Mapping[str, Any]], bytes]:
    by_kind = {kind: _writer(model, writers, reference, to_json) for kind, reference in kinds["members"].items()}
    return lambda kind, value: event(kind, *by_kind[kind](value))


def _writer(
    model: Model, writers: Writers, reference: Shape, to_json: WriteJson
) -> Callable[[Mapping[str, Any]], tuple[bytes, str]]:
    members = model.shape(reference).get("members", {})
    payload = next((name for name, member in members.items() if member.get("eventpayload")), None)
    if payload is not None and model.shape(members[payload])["type"] == "blob":
        return lambda value: (bytes(value[payload]), _BYTES)
    writer = writers.writer(reference)
    return lambda value: (to_json(value, writer), "application/json")
