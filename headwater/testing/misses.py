"""Events that other rules took: what the rules that lead to where a test expected them had against them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from headwater.client import Headwater, Span

_MOST_ASKED = 20  # events


def refusals(
    headwater: Headwater, deliveries: Iterable[Span], wanted: Mapping[str, str | None], named: re.Pattern[str]
) -> list[str]:
    """Of the events that these deliveries carried, why no rule with such a target took them.

    ``wanted``: members that the event has (None: any); ``named``: finds the target's ARN.
    """
    publishers = {span["parent"]: None for span in deliveries if span["parent"] is not None}
    asked = [event for each in publishers for event in headwater.span(each)["published"]][:_MOST_ASKED]
    return list(dict.fromkeys(miss for each in asked for miss in _refused(headwater, each, wanted, named)))


def _refused(
    headwater: Headwater, published: dict[str, Any], wanted: Mapping[str, str | None], named: re.Pattern[str]
) -> Iterator[str]:
    event = json.loads(published["body"])
    if any(value is not None and event.get(name) != value for name, value in wanted.items()):
        return
    for verdict in headwater.explain(published["id"], published["channel"])["verdicts"]:
        if verdict["state"] != "matched" and any(named.search(target["arn"]) for target in verdict.get("targets", ())):
            yield f"{event['source']}: {event['detail-type']}: missed {verdict['name']}: {verdict['reason']}"
