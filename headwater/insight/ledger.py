"""The ledger of deliveries: what is to be done, in hand, tried again, given up; with its attempts."""

from __future__ import annotations

from typing import Any

import orjson

from headwater.spine import dead
from headwater.spine.dead import Dead
from headwater.spine.engine import Engine
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call
from headwater.spine.spans import shortened

STATES = ("waiting", "running", "retrying", "dead")
_COLUMNS = "SELECT id, due, handler, target, attempt, cause, created, leased, error FROM deliveries"
_LIST = {
    None: f"{_COLUMNS} ORDER BY waits, due, id LIMIT ?",
    "waiting": f"{_COLUMNS} WHERE leased = 0 AND error IS NULL ORDER BY waits, due, id LIMIT ?",
    "running": f"{_COLUMNS} WHERE leased = 1 ORDER BY waits, due, id LIMIT ?",
    "retrying": f"{_COLUMNS} WHERE leased = 0 AND error IS NOT NULL ORDER BY waits, due, id LIMIT ?",
}
_FIND = f"{_COLUMNS} WHERE id = ?"
_PAYLOAD = "SELECT payload FROM deliveries WHERE id = ?"
_HASTEN = "UPDATE deliveries SET due = ? WHERE id = ?"
# No index over deliveries: most attempts follow soon upon what caused them, and are looked for there first.
_ATTEMPTS = """
SELECT delivery, id, trace, started, duration, outcome, notes FROM spans
WHERE id > ? AND id <= ? AND delivery >= ? AND delivery <= ? ORDER BY id
"""
_SOON = 10_000 << 20  # ids rise by so many in ten seconds
_EVER = 2**63 - 1
_ENDS = ("ok", "cancelled")


def listing(call: Call, state: str | None, limit: int) -> list[dict[str, Any]]:
    """Deliveries of a state, the next first, or the newest of those given up; without one, all that are not."""
    if state == "dead":
        return [_dead(each) for each in dead.newest(call.store, limit)]
    return [_pending(row) for row in call.store.all(_LIST[state], (limit,))]


def one(call: Call, identity: int) -> dict[str, Any]:
    """A delivery with its attempts and its payload, cut where it is long; AwsError where nothing is known of it."""
    found = outcomes(call, [identity], 0)[identity]
    if found["state"] == "forgotten":
        raise AwsError("NotFound", "No such delivery is known.", 404)
    buried = dead.find(call.store, identity)
    row = call.store.one(_PAYLOAD, (identity,))
    payload = row[0] if row is not None else buried.payload if buried is not None else None
    return found if payload is None else found | {"payload": shortened(payload.decode())}


def outcomes(call: Call, identities: list[int], since: int) -> dict[int, dict[str, Any]]:
    """What became of deliveries that were left after the row of the id ``since``, by their ids."""
    found: dict[int, dict[str, Any]] = {}
    for identity in identities:
        row = call.store.one(_FIND, (identity,))
        buried = None if row is not None else dead.find(call.store, identity)
        if row is not None:
            found[identity] = _pending(row)
        elif buried is not None:
            found[identity] = _dead(buried)
        else:
            found[identity] = {"id": name(identity), "state": "forgotten"}
        found[identity]["attempts"] = []
    if not identities:
        return found
    _add_attempts(call, found, since, since + _SOON if since else _EVER)
    if since and not all(_is_told(outcome) for outcome in found.values()):
        _add_attempts(call, found, since + _SOON, _EVER)
    for outcome in found.values():
        _conclude(outcome)
    return found


def _is_told(outcome: dict[str, Any]) -> bool:
    """Whether nothing more can have happened to it than is known."""
    if outcome["state"] == "waiting":
        return not outcome["attempt"]
    return any(attempt["outcome"] in _ENDS for attempt in outcome["attempts"])


def _add_attempts(call: Call, found: dict[int, dict[str, Any]], after: int, until: int) -> None:
    rows = call.store.all(_ATTEMPTS, (after, until, min(found), max(found)))
    for delivery, identity, trace, started, duration, outcome, notes in rows:
        if delivery not in found:
            continue
        noted = orjson.loads(notes) if notes else {}
        attempt = {"span": name(identity), "at": started, "took": duration, "outcome": outcome}
        attempt |= {key: noted[key] for key in ("error", "next attempt", "input", "response") if key in noted}
        found[delivery]["attempts"].append(attempt)
        found[delivery].setdefault("trace", trace)


def _conclude(outcome: dict[str, Any]) -> None:
    """Of what has no row any more, the last attempt tells the end."""
    attempts = outcome["attempts"]
    if outcome["state"] != "forgotten" or not attempts:
        return
    last = attempts[-1]
    outcome["attempt"] = len(attempts)
    if last["outcome"] == "ok":
        outcome |= {"state": "delivered", "at": last["at"], "took": last["took"]}
    elif last["outcome"] == "cancelled":
        outcome["state"] = "cancelled"


def _pending(row: tuple[Any, ...]) -> dict[str, Any]:
    identity, due, handler, target, attempt, cause, created, leased, error = row
    state = "running" if leased else "waiting" if error is None else "retrying"
    return _told(identity, state, handler, target, attempt, cause, created, due) | {
        "running": bool(leased),
        "error": error,
    }


def _dead(row: Dead) -> dict[str, Any]:
    told = _told(row.delivery, "dead", row.handler, row.target, row.attempt, row.cause, row.created, row.died)
    return told | {
        "running": False,
        "error": f"{row.code}: {row.message}",
        "condition": row.condition,
        "dead_letter": row.dead_letter,
    }


def _told(
    identity: int, state: str, handler: str, target: str, attempt: int, cause: str, created: int, due: int
) -> dict[str, Any]:
    return {
        "id": name(identity),
        "state": state,
        "due": due,
        "kind": "delivery",
        "name": handler,
        "subject": target or None,
        "attempt": attempt,
        "trace": cause.partition(":")[0],
        "created": created,
    }


def redeliver(call: Call, engine: Engine, identity: int) -> str:
    """Do a delivery now: one that was given up anew, one that is to be tried again at once. The state that it was
    in; AwsError where it is in no such state."""
    buried = dead.exhume(call.store, identity)
    if buried is not None:
        engine.group.deliveries.append(buried.anew(call.now))
        return "dead"
    row = call.store.one(_FIND, (identity,))
    if row is None:
        raise AwsError("NotFound", f"No delivery {name(identity)} is waiting or was given up.", 404)
    state: str = _pending(row)["state"]
    if state != "retrying":
        raise AwsError("Conflict", f"The delivery {name(identity)} is {state}: nothing has failed.", 409)
    call.store.run(_HASTEN, (call.now, identity))
    engine.pump.due_at(call.now)
    return state


def name(identity: int) -> str:
    """A delivery's or span's id as text."""
    return f"{identity:016x}"


def identity_of(text: str) -> int:
    """The other way round; AwsError where it is none."""
    try:
        return int(text, 16) & _EVER
    except ValueError:
        raise AwsError("BadRequest", "A delivery's id is in hexadecimal digits.") from None
