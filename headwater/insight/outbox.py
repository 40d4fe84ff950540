"""The outbox: e-mails, text messages and pushes that would have left for people and their devices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headwater.spine.engine import SYSTEM, Engine
from headwater.spine.errors import AwsError
from headwater.spine.numbers import whole
from headwater.spine.operations import Caller

_MOST = 1000


async def show_outbox(engine: Engine, query: Mapping[str, str], body: Any) -> dict[str, Any]:
    """The newest first."""
    limit, after = whole(query.get("limit", "100"), 1, _MOST), whole(query.get("after", "0"))
    if limit is None:
        raise AwsError("BadRequest", f"The limit is a number from 1 to {_MOST}.")
    if after is None:
        raise AwsError("BadRequest", "What it is to come after is the id of a message.")
    asked = {"MaxResults": limit, "After": after}
    told: dict[str, Any] = await engine.call("sns", "ListOutbox", asked, SYSTEM, None)
    return {"now": engine.clock.now(), "messages": told["Messages"]}


async def answer_stop(engine: Engine, query: Mapping[str, str], body: Any) -> dict[str, Any]:
    """What a phone's holder does that answers STOP."""
    asked = body if isinstance(body, dict) else {}
    number = asked.get("stop")
    if not isinstance(number, str) or not asked.keys() <= {"stop", "account", "region"}:
        raise AwsError("BadRequest", 'Say {"stop": NUMBER}, and whose messages: "account" and "region".')
    account, region = str(asked.get("account", SYSTEM.account)), str(asked.get("region", SYSTEM.region))
    caller = Caller(account, region, SYSTEM.principal)
    await engine.call("sns", "OptOutPhoneNumber", {"phoneNumber": number}, caller, None)
    return {"stopped": number}
