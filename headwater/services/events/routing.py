"""From an event on a bus to deliveries to targets; all rules of a bus are kept compiled in memory."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import orjson

from headwater.languages.inputs import InputPath, InputTransformer, Names
from headwater.languages.patterns import PatternIndex, compile_pattern
from headwater.languages.patterns.pattern import Pattern
from headwater.services.events import tables
from headwater.services.events.archiving import RoutedArchive, archive_of, routed_archive
from headwater.services.events.bus_logs import BusLog, bus_log, tell_of_event
from headwater.services.events.buses import DEFAULT, bus_by_arn, bus_name
from headwater.services.events.envelope import Event
from headwater.services.events.http_parameters import HttpParameters
from headwater.spine.arns import parse_arn
from headwater.spine.deliveries import Policy
from headwater.spine.operations import Call

# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html
MOST_RETRIES = 185
LONGEST_AGE = 86_400
_PATTERNS = 1000


class RoutedTarget:
    """A target, compiled: what it gets of an event, and how often it is tried."""

    __slots__ = (
        "arn",
        "dead_letter",
        "group",
        "http",
        "id",
        "input",
        "key",
        "path",
        "plain",
        "policy",
        "role",
        "transformer",
    )

    def __init__(self, definition: dict[str, Any]) -> None:
        self.id: str = definition["Id"]
        self.arn: str = definition["Arn"]
        self.role: str | None = definition.get("RoleArn")
        self.input: str | None = definition.get("Input")
        path, transformer = definition.get("InputPath"), definition.get("InputTransformer")
        self.path = InputPath(path) if path else None
        self.transformer = (
            InputTransformer(transformer.get("InputPathsMap") or {}, transformer["InputTemplate"])
            if transformer
            else None
        )
        self.group: str | None = (definition.get("SqsParameters") or {}).get("MessageGroupId")
        key = (definition.get("KinesisParameters") or {}).get("PartitionKeyPath")
        self.key = InputPath(key) if key else None
        http = definition.get("HttpParameters")
        self.http = HttpParameters(http) if http else None
        self.dead_letter: str | None = (definition.get("DeadLetterConfig") or {}).get("Arn")
        # it gets the event as it is, and there is no more to be said
        self.plain = definition.keys() <= {"Id", "Arn", "RetryPolicy"}
        retry = definition.get("RetryPolicy") or {}
        attempts = retry.get("MaximumRetryAttempts")
        self.policy = Policy(
            attempts=1 + (MOST_RETRIES if attempts is None else attempts),
            age=(retry.get("MaximumEventAgeInSeconds") or LONGEST_AGE) * 1000,
            backoff=1000,
            most=600_000,
            jitter=True,
        )

    def render(self, rule: RoutedRule, event: Event, text: str) -> str:
        """What the target gets, as JSON; ``text`` is the event as JSON."""
        if self.input is not None:
            return self.input
        if self.path is not None:
            return self.path.render(event)
        if self.transformer is not None:
            return self.transformer.render(event, Names(rule.arn, rule.name, event["time"]))
        return text

    def furnish(self, payload: dict[str, Any], rule: RoutedRule, event: Event) -> None:
        """Add to a delivery, whose ``input`` is the whole event, all that this target wants otherwise."""
        text = payload["input"]
        payload["input"] = self.render(rule, event, text)
        if self.role is not None:
            payload["role"] = self.role
        if self.group is not None:
            payload["group"] = self.group
        if self.key is not None:
            payload["key"] = self.key.render(event)
        if self.http is not None:
            payload["http"] = self.http.fill(event)
        if payload["input"] is not text:
            payload["changed"] = True
        if self.dead_letter is not None:
            payload["dead letter"] = self.dead_letter
            if payload["input"] is not text:
                payload["original"] = text


class RoutedRule:
    """A rule with its compiled targets; that of an archive has none but the ``archive``. ``managed``: a service made
    it for itself."""

    __slots__ = ("archive", "arn", "bus", "managed", "name", "pattern", "targets")

    def __init__(self, arn: str, bus: str, name: str, pattern: Pattern | None, targets: list[RoutedTarget]) -> None:
        self.arn = arn
        self.bus = bus
        self.name = name
        self.pattern = pattern
        self.targets = targets
        self.archive: RoutedArchive | None = None
        self.managed = False


class Route:
    """The enabled rules of one bus, by ARN, and the index over their patterns. ``log``: what is told of its events."""

    __slots__ = ("account", "index", "log", "region", "rules")

    def __init__(self, account: str, region: str) -> None:
        self.account = account
        self.region = region
        self.index: PatternIndex[str] = PatternIndex()
        self.rules: dict[str, RoutedRule] = {}
        self.log: BusLog | None = None

    def add(self, rule: RoutedRule) -> None:
        self.rules[rule.arn] = rule
        if rule.pattern is not None:
            self.index.add(rule.arn, rule.pattern)

    def discard(self, arn: str) -> None:
        if self.rules.pop(arn, None) is not None:
            self.index.discard(arn)


class Routes:
    """Routes by the ARN of the bus; whoever changes the row of a bus drops the entry, and ``refresh_rule`` follows a
    change of one rule or its targets."""

    def __init__(self) -> None:
        self.by_bus: dict[str, Route] = {}
        # whose rules ask for API calls, and whether for those that read, too; None: not known
        self.trailed: dict[tuple[str, str], bool] | None = None
        # by its text alone, so that it holds whatever becomes of rows
        self.pattern = lru_cache(_PATTERNS)(compile_pattern)

    def drop(self, bus: str) -> None:
        self.by_bus.pop(bus, None)

    def clear(self) -> None:
        self.by_bus.clear()
        self.trailed = None


def publish(
    call: Call,
    bus: str,
    event: Event,
    cause: str | None = None,
    only: frozenset[str] | None = None,
    relayed: bool = False,
) -> bool:
    """Deliver an event to the targets of the rules that it matches; False where there is no such bus.

    ``cause``: what its sender says it comes of, where that is not the present call. ``only``: the ARNs of the rules
    that may have it. ``relayed``: it comes from another bus.
    """
    route = _route(call, bus)
    if route is None:
        call.span.note("no such bus", bus)
        call.record(bus, event["id"], orjson.dumps(event).decode(), [], cause)
        return False
    matched = route.index.match(event)
    text = orjson.dumps(event).decode()
    routes: list[tuple[str, str, int]] = []
    for arn in matched:
        if only is None or arn in only:
            routes += _deliver(
                call, route.account, route.region, route.rules[arn], event, text, cause, relayed, route.log
            )
    if route.log is not None:
        tell_of_event(call, route.log, event, [each for each in routes if not route.rules[each[0]].managed])
    if not matched:
        # why, is worked out when somebody asks: headwater.insight.misses
        call.span.note("event", name_of(event))
        call.span.note("unmatched", len(route.rules))
    call.record(bus, event["id"], text, routes, cause)
    return True


def has_rules(call: Call, bus: str) -> bool:
    """Whether a bus is there and any rule on it could match."""
    route = _route(call, bus)
    return route is not None and bool(route.rules)


def send_to_targets(call: Call, rule: RoutedRule, event: Event, only: str | None = None) -> None:
    """Deliver an event to all targets of a rule, or the one of an id, whatever its pattern."""
    if only is not None:
        rule.targets = [target for target in rule.targets if target.id == only]
    text = orjson.dumps(event).decode()
    log = None if rule.managed else bus_log(call, rule.bus)
    routes = _deliver(call, call.account, call.region, rule, event, text, log=log)
    if log is not None:
        tell_of_event(call, log, event, routes)
    call.record(rule.bus, event["id"], text, routes)


def _deliver(
    call: Call,
    account: str,
    region: str,
    rule: RoutedRule,
    event: Event,
    text: str,
    cause: str | None = None,
    relayed: bool = False,
    log: BusLog | None = None,
) -> list[tuple[str, str, int]]:
    """Leave the deliveries of an event to a rule's targets, which are listed as records have them."""
    if rule.archive is not None:
        rule.archive.keep(call, event, text)
        return []
    name = name_of(event)
    routes = []
    for target in rule.targets:
        payload = {
            "rule": rule.arn,
            "id": target.id,
            "event": event["id"],
            "of": name,
            "input": text,
        }
        if not target.plain:
            target.furnish(payload, rule, event)
        if relayed:
            payload["relayed"] = True
        if log is not None and not rule.managed:
            payload["log"] = [*log._replace(request=call.span.id, role=target.role)]
        delivery = call.deliver(
            "events.target",
            payload,
            target=target.arn,
            policy=target.policy,
            cause=cause,
            account=account,
            region=region,
        )
        routes.append((rule.arn, target.arn, delivery))
    return routes


def name_of(event: Event) -> str:
    """An event as spans name it."""
    return f"{event['source']}: {event['detail-type']}"


def _route(call: Call, bus: str) -> Route | None:
    memory: Routes = call.memory
    found = memory.by_bus.get(bus)
    if found is None:
        parts = parse_arn(bus)
        if parts is None or (bus_name(bus) != DEFAULT and bus_by_arn(call, bus) is None):
            return None
        found = Route(parts.account, parts.region)
        found.log = bus_log(call, bus)
        for row in call.store.all(tables.RULES_WITH_PATTERN, (bus,)):
            found.add(_compile(call, row[0], row[1], row[2], row[3], row[11]))
        memory.by_bus[bus] = found
    return found


def refresh_rule(call: Call, bus: str, arn: str) -> None:
    """The rows of a rule or of its targets have changed: so does its place in what is remembered, and no other's."""
    memory: Routes = call.memory
    route = memory.by_bus.get(bus)
    if route is None:
        return
    route.discard(arn)
    row = call.store.one(tables.FIND_RULE, (arn,))
    if row is not None and row[3] is not None and row[5] != "DISABLED":
        route.add(_compile(call, row[0], row[1], row[2], row[3], row[11]))


def routed_rule(call: Call, arn: str) -> RoutedRule | None:
    """A rule that need not have a pattern, compiled for this once."""
    row = call.store.one(tables.FIND_RULE, (arn,))
    return None if row is None else _compile(call, row[0], row[1], row[2], row[3], row[11])


def _compile(call: Call, arn: str, bus: str, name: str, pattern: str | None, manager: str | None) -> RoutedRule:
    definitions = [orjson.loads(definition) for _, definition in call.store.all(tables.ALL_TARGETS, (arn,))]
    memory: Routes = call.memory
    compiled = memory.pattern(pattern) if pattern else None
    archive = archive_of(arn, definitions[0]["Arn"]) if len(definitions) == 1 else None
    if archive is not None:
        rule = RoutedRule(arn, bus, name, compiled, [])
        rule.archive = routed_archive(call, archive)
    else:
        rule = RoutedRule(arn, bus, name, compiled, [RoutedTarget(definition) for definition in definitions])
    rule.managed = manager is not None
    return rule
