"""Who is connected, and what they listen to: AWS shows it in its console only."""

from __future__ import annotations

from collections import defaultdict

from headwater.services.iot.broker import tables
from headwater.spine.operations import Call, Request, Result, operation


@operation("iot-mqtt", "ListClients", internal=True, reads=True)
def list_clients(call: Call, request: Request) -> Result:
    """Each session with its topic filters; ``Connected`` tells one that is there from one that is kept."""
    call.span.kept = False
    filters: dict[int, list[str]] = defaultdict(list)
    for session, topic_filter in call.store.all(tables.ALL_SUBSCRIPTIONS, (call.account, call.region)):
        filters[session].append(topic_filter)
    return {
        "Clients": [
            {"ClientId": row[1], "Connected": row[2] is not None, "TopicFilters": filters[row[0]]}
            for row in call.store.all(tables.SESSIONS, (call.account, call.region))
        ]
    }
