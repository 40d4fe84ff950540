"""Faults that were asked for: the rules, and what befalls what passes a place.

A *place* is an operation on a resource, a delivery to a target, a message of a queue, a batch of a function. Whatever
passes is counted, by rule and by place. Chance is one draw for each match, made of the seed, the rule, the place and
how many have passed there: a run repeats exactly, and what runs side by side does not change what befalls the others.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from fnmatch import fnmatchcase
from hashlib import blake2b
from typing import Any, NamedTuple

from headwater.spine.arns import parse_arn

THROTTLE, ERROR, LATENCY, TIMEOUT = "throttle", "error", "latency", "timeout-after-commit"
DUPLICATE, REORDER, DELAY, CRASH, KILL = "duplicate", "reorder", "delay", "crash-after-send", "kill"
KINDS = (THROTTLE, ERROR, LATENCY, TIMEOUT, DUPLICATE, REORDER, DELAY, CRASH, KILL)
OF_DELIVERIES = frozenset({DUPLICATE, DELAY, CRASH, KILL})
OF_ANSWERS = frozenset({THROTTLE, ERROR, TIMEOUT, KILL})
OF_NESTED = frozenset({THROTTLE, ERROR})
OF_ARRIVALS = frozenset({LATENCY})
BY_CLIENT, BY_SERVICE, NESTED = "client", "service", "nested"
OPERATION, DELIVERY = "operation", "delivery"

_ALL = "*"
_TIMED = {LATENCY: 1000, DELAY: 1000, TIMEOUT: 0}  # milliseconds unless told
# stack, logical id, and the characters that CloudFormation makes up
_GENERATED = re.compile(r".+-([A-Za-z0-9]+)-[A-Za-z0-9]{12,13}(?:\.fifo)?")
_TYPE_FIRST = frozenset({"dynamodb", "lambda", "logs", "states"})
# what names the resource of a request, the surest first
_MEMBERS = (
    *("QueueUrl", "TableName", "TopicArn", "FunctionName", "stateMachineArn", "Bucket", "EventBusName", "TargetArn"),
    *("executionArn", "logGroupName", "topic", "StreamArn", "Rule", "Name", "name"),
)
_NAMING = re.compile(r"(?:Arn|Name|Url|Id)$")


class BadRule(ValueError):
    """A rule that cannot be; the text says why."""


@dataclass
class Rule:
    """When a fault fires, and what it is. Patterns know ``*`` and ``?``; ``resource`` is an ARN, a name, or the
    logical id in a name that CloudFormation made up; ``region`` is the asker's, or that of the ARN to which
    something is delivered. ``milliseconds``: how late, or how long an answer is held."""

    kind: str
    service: str = _ALL
    operation: str = _ALL
    resource: str = _ALL
    region: str = _ALL
    by: str = _ALL
    at: str = _ALL
    probability: float | None = None
    nth: int | None = None
    every: int | None = None
    times: int | None = None
    milliseconds: int = 0
    code: str | None = None
    status: int | None = None
    message: str | None = None
    matched: int = 0
    fired: int = 0

    def shown(self) -> dict[str, Any]:
        """What was said of it, and how often it matched and fired."""
        said = {name: value for name, value in asdict(self).items() if value not in (None, _ALL)}
        if self.kind not in _TIMED:
            del said["milliseconds"]
        return said

    def matches(
        self, by: str, at: str, service: str, operation: str, resources: Sequence[str], region: str
    ) -> bool:  # fmt: skip
        return (
            self.by in (_ALL, by)
            and self.at in (_ALL, at)
            and (self.region == _ALL or fnmatchcase(region, self.region))
            and fnmatchcase(service, self.service)
            and fnmatchcase(operation, self.operation)
            and (self.resource == _ALL or any(_is_named(each, self.resource) for each in resources))
        )

    def fires(self, draw: float) -> bool:
        """Whether it does now that it has matched ``matched`` times."""
        if self.times is not None and self.fired >= self.times:
            return False
        if self.nth is not None and self.matched != self.nth:
            return False
        if self.every is not None and self.matched % self.every:
            return False
        return self.probability is None or draw < self.probability


class Fired(NamedTuple):
    """A fault that fired: by which rule, when, and where; ``nth``: as which that passed this very place."""

    number: int
    rule: int
    kind: str
    at: int
    service: str
    operation: str
    resource: str
    nth: int
    trace: str
    milliseconds: int


@dataclass
class FaultSet:
    """The rules in force, and their counters. ``hasten``: settle awaits what was delayed, as it moves the clock there
    (``until``), and where a test holds the clock nothing is delayed. ``spared``: deliveries that a fault has
    befallen; they pass the next time."""

    seed: int | str
    rules: list[Rule] = field(default_factory=list)
    hasten: bool = False
    count: int = 0
    passed: dict[str, int] = field(default_factory=dict)
    spared: set[int] = field(default_factory=set)
    until: int = 0
    changed: bool = False
    news: list[Fired] = field(default_factory=list)

    def meet(
        self, kinds: frozenset[str], by: str, at: str, service: str, operation: str, resources: Sequence[str],
        trace: str, now: int, region: str = "",
    ) -> Rule | None:  # fmt: skip
        """What befalls this; the first rule of those kinds that fires, if any."""
        resource = name_of(resources[0]) if resources else ""
        place = f"{service}/{operation}/{resource}"
        passed: dict[str, int] = {}
        for kind in {rule.kind for rule in self.rules} & kinds:
            passed[kind] = self.passed[f"{kind} {place}"] = self.passed.get(f"{kind} {place}", 0) + 1
            self.changed = True
        found: tuple[int, Rule] | None = None
        for number, rule in enumerate(self.rules):
            if rule.kind in passed and rule.matches(by, at, service, operation, resources, region):
                rule.matched += 1
                if found is None and rule.fires(self._draw(number, place, passed[rule.kind])):
                    found = number, rule
        if found is None:
            return None
        number, rule = found
        rule.fired += 1
        self.count += 1
        if rule.kind == DELAY:
            self.until = max(self.until, now + rule.milliseconds)
        self.news.append(
            Fired(self.count, number, rule.kind, now, service, operation, resource, passed[rule.kind], trace,
                  rule.milliseconds)
        )  # fmt: skip
        return rule

    def _draw(self, rule: int, place: str, nth: int) -> float:
        digest = blake2b(f"{self.seed} {rule} {place} {nth}".encode(), digest_size=8).digest()
        return float(int.from_bytes(digest, "big") / 2**64)

    def seeded(self, seed: int | str) -> None:
        """Begin anew with another seed: nothing has passed, matched or fired."""
        self.seed, self.count = seed, 0
        self.passed.clear()
        self.spared.clear()
        for rule in self.rules:
            rule.matched = rule.fired = 0

    def state(self) -> dict[str, Any]:
        """What :func:`restored` makes a set of again."""
        return {
            "seed": self.seed,
            "hasten": self.hasten,
            "count": self.count,
            "passed": self.passed,
            "spared": sorted(self.spared),
            "until": self.until,
            "rules": [asdict(rule) for rule in self.rules],
        }


def restored(state: Mapping[str, Any]) -> FaultSet:
    rules = [Rule(**rule) for rule in state["rules"]]
    return FaultSet(**{**state, "rules": rules, "spared": set(state["spared"])})


# ---- rules as people write them

_PATTERNS = ("service", "operation", "resource", "region")
_NUMBERS = {"nth": 1, "every": 1, "times": 1, "milliseconds": 0, "status": 400}
_CHOICES = {"kind": KINDS, "by": (_ALL, BY_CLIENT, BY_SERVICE), "at": (_ALL, OPERATION, DELIVERY)}
_SAID = {each.name for each in fields(Rule)} - {"matched", "fired"}


def read_rule(given: Any) -> Rule:
    """A rule from JSON; BadRule where something in it cannot be."""
    if not isinstance(given, dict):
        raise BadRule("A rule is an object.")
    said = {name: value for name, value in given.items() if value is not None}
    if unknown := said.keys() - _SAID:
        raise BadRule(f"A rule has no {', '.join(sorted(unknown))}; it has {', '.join(sorted(_SAID))}.")
    for name, choices in _CHOICES.items():
        if said.get(name, _ALL if name != "kind" else None) not in choices:
            raise BadRule(f"The {name} is one of {', '.join(each for each in choices if each != _ALL)}.")
    for name in (*_PATTERNS, "code", "message"):
        if not isinstance(said.get(name, ""), str):
            raise BadRule(f"The {name} is a text.")
    for name, least in _NUMBERS.items():
        if name in said and (type(said[name]) is not int or said[name] < least):
            raise BadRule(f"The {name} is a whole number from {least} on.")
    if "status" in said and said["status"] > 599:
        raise BadRule("The status is from 400 to 599.")
    probability = said.get("probability", 1)
    if type(probability) not in (int, float) or not 0 < probability <= 1:
        raise BadRule("The probability is above 0, and 1 at most.")
    kind = said["kind"]
    if said.keys() & {"code", "status", "message"} and kind != ERROR:
        raise BadRule("Only an error has a code, a status and a message.")
    if "milliseconds" in said and kind not in _TIMED:
        raise BadRule(f"A {kind} takes no time.")
    return Rule(**{"milliseconds": _TIMED.get(kind, 0), **said})


# ---- resources


def name_of(text: str) -> str:
    """The name of an ARN or a queue's URL; of one that CloudFormation made up, the logical id in it."""
    arn = parse_arn(text)
    if arn is None:
        name = text.rpartition("/")[2]
    else:
        parts = re.split("[:/]", arn.resource)
        name = parts[1] if arn.service in _TYPE_FIRST and len(parts) > 1 else parts[0 if arn.service == "s3" else -1]
    generated = _GENERATED.fullmatch(name)
    return generated[1] if generated else name


def _is_named(text: str, pattern: str) -> bool:
    arn = parse_arn(text)
    whole = text.rpartition("/")[2] if arn is None else arn.name
    return fnmatchcase(text, pattern) or fnmatchcase(whole, pattern) or fnmatchcase(name_of(text), pattern)


def resources_of(request: Mapping[str, Any]) -> list[str]:
    """What a request names, that which it is about first: of a batch, what its entries name too."""
    found = [request[member] for member in _MEMBERS if isinstance(request.get(member), str)]
    found += [v for k, v in request.items() if k not in _MEMBERS and isinstance(v, str) and _NAMING.search(k)]
    return list(dict.fromkeys([*found, *_of_entries(request)]))


def _of_entries(request: Mapping[str, Any]) -> Iterator[str]:
    items = request.get("RequestItems")
    if isinstance(items, Mapping):
        yield from items
    for member in ("Entries", "TransactItems"):
        entries = request.get(member)
        for entry in entries if isinstance(entries, list) else ():
            yield from _named_in((entry, *entry.values()))


def _named_in(things: Iterable[Any]) -> Iterator[str]:
    for thing in things:
        if isinstance(thing, Mapping):
            yield from (thing[m] for m in ("EventBusName", "TableName") if isinstance(thing.get(m), str))
