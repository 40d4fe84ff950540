"""Events that no rule took: which field each of the nearest rules refused, worked out when somebody reads of it."""

from __future__ import annotations

from typing import Any

import orjson

from headwater.spine import records
from headwater.spine.operations import Call

# Note of a publishing whose event no rule took; ``headwater.services.events.routing`` writes it.
UNMATCHED = "unmatched"
_NEAREST = 10


def explain_misses(call: Call, spans: list[dict[str, Any]]) -> None:
    """Add a note ``missed RULE`` for each of the nearest rules; ``spans`` are as traces show them, ids as numbers."""
    for span in spans:
        if UNMATCHED in span["notes"]:
            for record in records.of_span(call.store, span["trace"], span["id"]):
                if not record.routes:
                    span["notes"] |= _reasons(call, record)


def _reasons(call: Call, record: records.Record) -> dict[str, str]:
    request = {"EventBusName": record.channel, "Event": orjson.loads(record.body), "At": record.id}
    verdicts = call.operation("events", "ExplainEvent", request)["Verdicts"]
    return {f"missed {verdict['name']}": verdict["reason"] for verdict in verdicts[:_NEAREST]}
