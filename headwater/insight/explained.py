"""The pages of our surface that explain: events, patterns tried out, the ledger of deliveries.

What compiles and weighs patterns is loaded when it is first asked for: no start needs it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from headwater.insight import ledger
from headwater.spine.engine import Engine
from headwater.spine.errors import AwsError
from headwater.spine.numbers import whole

Query = Mapping[str, str]
MOST_DELIVERIES = 1000
_LAST = 100
_EVENT_MEMBERS = ("detail-type", "DetailType", "source", "Source")


async def answer_explain(engine: Engine, query: Query, body: Any) -> dict[str, Any]:
    """``event``: an id; ``bus``: a bus's name or the ARN of any channel."""
    identity = query.get("event")
    if not identity:
        raise AwsError("BadRequest", "Say which event: /_headwater/explain?event=ID, or POST one.")
    from headwater.insight.explain import explain_known

    await engine.transact_system(lambda call: None)  # records of this turn are written before they are read
    return await engine.transact_system(lambda call: explain_known(call, identity, query.get("bus")))


async def answer_explain_before(engine: Engine, query: Query, body: Any) -> dict[str, Any]:
    """``{"event": …, "bus": …}``, or the event alone."""
    if not isinstance(body, dict):
        raise AwsError("BadRequest", 'Say {"event": EVENT, "bus": BUS}, or send the event alone.')
    alone = any(name in body for name in _EVENT_MEMBERS)
    event, bus = (body, query.get("bus")) if alone else (body.get("event"), body.get("bus"))
    if not (bus is None or isinstance(bus, str)):
        raise AwsError("BadRequest", "The bus is a name or an ARN.")
    from headwater.insight.explain import explain_before

    return await engine.transact_system(lambda call: explain_before(call, event, bus))


async def answer_try_pattern(engine: Engine, query: Query, body: Any) -> dict[str, Any]:
    from headwater.insight.trials import MOST_TRIED, try_pattern

    asked = body if isinstance(body, dict) else {}
    pattern, count = asked.get("pattern"), asked.get("last", _LAST)
    if not isinstance(pattern, dict | str) or not asked.keys() <= {"pattern", "bus", "scope", "last"}:
        raise AwsError("BadRequest", 'Say {"pattern": PATTERN, "bus": BUS, "last": N}.')
    if type(count) is not int or not 1 <= count <= MOST_TRIED:
        raise AwsError("BadRequest", f"Last is a number from 1 to {MOST_TRIED}.")
    text = pattern if isinstance(pattern, str) else orjson.dumps(pattern).decode()
    channel, scope = str(asked.get("bus") or "default"), asked.get("scope")
    await engine.transact_system(lambda call: None)  # records of this turn are written before they are read
    return await engine.transact_system(lambda call: try_pattern(call, text, channel, scope, count))


async def answer_deliveries(engine: Engine, query: Query, body: Any) -> dict[str, Any]:
    limit, state = whole(query.get("limit", "100"), 1, MOST_DELIVERIES), query.get("state")
    if limit is None:
        raise AwsError("BadRequest", f"The limit is a number from 1 to {MOST_DELIVERIES}.")
    if state is not None and state not in ledger.STATES:
        raise AwsError("BadRequest", f"The state is one of {', '.join(ledger.STATES)}.")
    found = await engine.transact_system(lambda call: ledger.listing(call, state, limit))
    return {"now": engine.clock.now(), "deliveries": found}


async def answer_delivery(engine: Engine, query: Query, body: Any) -> dict[str, Any]:
    identity = ledger.identity_of(query.get("id", ""))
    await engine.transact_system(lambda call: None)  # spans of this turn are written before they are read
    return await engine.transact_system(lambda call: ledger.one(call, identity))


async def answer_redeliver(engine: Engine, query: Query, body: Any) -> dict[str, Any]:
    """All of the ``ids``, or none where one of them is in no state to be done."""
    ids = body.get("ids") if isinstance(body, dict) else None
    if not isinstance(ids, list) or not ids or not all(isinstance(each, str) for each in ids):
        raise AwsError("BadRequest", 'Say {"ids": [ID, …]}.')
    identities = [ledger.identity_of(each) for each in ids]
    former = await engine.transact_system(
        lambda call: [ledger.redeliver(call, engine, identity) for identity in identities]
    )
    return {"redelivered": [{"id": each, "was": state} for each, state in zip(ids, former, strict=True)]}
