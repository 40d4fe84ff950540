"""Faults, asked for and told over the surface; and those that any application has to bear."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Any

from headwater.services import SERVICES
from headwater.spine.engine import Engine
from headwater.spine.errors import AwsError
from headwater.spine.fault_keeping import check_kills
from headwater.spine.faults import (
    BY_CLIENT,
    CRASH,
    DELAY,
    DUPLICATE,
    ERROR,
    REORDER,
    THROTTLE,
    TIMEOUT,
    BadRule,
    Fired,
    Rule,
    read_rule,
)

_OFTEN, _SELDOM = 0.2, 0.05
_LATE = 2000
# What AWS promises to deliver at least once, and no more: (service, operation) of places.
_HOPS = (
    ("events", "target"), ("sqs", "message"), ("sns", "subscription"), ("sns", "http"), ("s3", "notification"),
    ("lambda", "event"), ("iot", "rule"), ("scheduler", "invoke"),
)  # fmt: skip
_RUNS = (("lambda", "event"), ("lambda", "batch"), ("pipes", "batch"))
# What SDK clients try again by themselves.
_RETRIED = tuple((service, "*") for service in ("dynamodb", "events", "iotdata", "lambda", "sns", "sqs", "states"))


def _rules(kind: str, places: tuple[tuple[str, str], ...], probability: float, **more: Any) -> tuple[Rule, ...]:
    return tuple(Rule(kind, service, name, probability=probability, **more) for service, name in places)


EXPLORED: Mapping[str, tuple[Rule, ...]] = MappingProxyType(
    {
        DUPLICATE: _rules(DUPLICATE, _HOPS, _OFTEN),
        DELAY: _rules(DELAY, _HOPS, _OFTEN, milliseconds=_LATE),
        REORDER: _rules(REORDER, (("sqs", "receipt"),), _OFTEN),
        CRASH: _rules(CRASH, _RUNS, _OFTEN),
        ERROR: _rules(ERROR, _RETRIED, _SELDOM, by=BY_CLIENT),
        THROTTLE: _rules(THROTTLE, _RETRIED, _SELDOM, by=BY_CLIENT),
        TIMEOUT: _rules(TIMEOUT, _RETRIED, _SELDOM, by=BY_CLIENT),
    }
)


async def show_faults(engine: Engine, query: Mapping[str, str], body: Any) -> dict[str, Any]:
    return await engine.transact_system(lambda call: _shown(engine))


async def add_faults(engine: Engine, query: Mapping[str, str], body: Any) -> dict[str, Any]:
    """``rules`` come to those that there are; a ``seed`` has all begin anew."""
    if not isinstance(body, dict) or not body or not body.keys() <= {"rules", "seed", "hasten", "explore"}:
        raise _refused('Say {"rules": [RULE…], "seed": N, "hasten": BOOLEAN, "explore": [KIND…]}, or some of it.')
    seed, hasten = body.get("seed"), body.get("hasten")
    if seed is not None and type(seed) not in (int, str):
        raise _refused("The seed is a whole number or a text.")
    if hasten is not None and type(hasten) is not bool:
        raise _refused("Hasten is true or false.")
    rules = _read(body.get("rules"))
    if "explore" in body:
        rules += _explored(body["explore"])
        hasten = hasten is not False
    check_kills(engine.faults, rules)

    def change(call: object) -> dict[str, Any]:
        engine.faults.change(rules, seed, hasten)
        return _shown(engine)

    return await engine.transact_system(change)


async def clear_faults(engine: Engine, query: Mapping[str, str], body: Any) -> dict[str, Any]:
    def clear(call: object) -> dict[str, Any]:
        engine.faults.clear()
        return _shown(engine)

    return await engine.transact_system(clear)


def _read(given: Any) -> list[Rule]:
    if given is None:
        return []
    if not isinstance(given, list):
        raise _refused("The rules are a list.")
    try:
        rules = [read_rule(rule) for rule in given]
    except BadRule as error:
        raise _refused(str(error)) from None
    for rule in rules:
        check_service(rule.service)
    return rules


def check_service(pattern: str) -> None:
    """A rule that could never match is a slip of the pen."""
    if any(fnmatchcase(name, pattern) for name in SERVICES):
        return
    called = [name for name, listing in SERVICES.items() if pattern in (listing.model, listing.package.split(".")[-1])]
    from difflib import get_close_matches  # for a wrong name only

    alike = called or get_close_matches(pattern, SERVICES, 1)
    hint = f"Is it {alike[0]}?" if alike else f"There are {', '.join(sorted(SERVICES))}."
    raise _refused(f"There is no service {pattern}. {hint}")


def _explored(kinds: Any) -> list[Rule]:
    if not isinstance(kinds, list) or not all(isinstance(kind, str) and kind in EXPLORED for kind in kinds):
        raise _refused(f"What can be explored is a list of {', '.join(EXPLORED)}.")
    return [read_rule(rule.shown() | {"matched": None, "fired": None}) for kind in kinds for rule in EXPLORED[kind]]


def _shown(engine: Engine) -> dict[str, Any]:
    current = engine.faults.current()
    return {
        "seed": current.seed,
        "hasten": current.hasten,
        "rules": [{"index": index, **rule.shown()} for index, rule in enumerate(current.rules)],
        "fired": [_told(fired) for fired in engine.faults.fired()],
    }


def _told(fired: Fired) -> dict[str, Any]:
    told = fired._asdict()
    return {"index": told.pop("number"), **told}


def _refused(text: str) -> AwsError:
    return AwsError("BadRequest", text, 400)
