"""The broker of each account and region as it is consulted for every message: rebuilt from rows when it is lost.

Who changes a row changes the broker with it; a rollback drops everything here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import orjson

from headwater.languages.mqtt import SubscriptionTree
from headwater.languages.mqtt.topics import split_shared
from headwater.services.iot.broker import tables
from headwater.services.iot.policies.policy import Policy, compile_policy
from headwater.services.iot.topic_rules.rule import Rule
from headwater.services.iot.topic_rules.tables import RULES
from headwater.spine.arns import make_arn
from headwater.spine.operations import Call


class Session:
    """A client's session. `expiry` is how many seconds it outlives its connection."""

    __slots__ = (
        "_policy",
        "client_id",
        "connection",
        "expiry",
        "id",
        "policy_text",
        "prefix",
        "principal",
        "source",
        "version",
    )

    def __init__(
        self,
        identity: int,
        client_id: str,
        connection: str | None,
        expiry: int,
        principal: str,
        policy_text: str | None,
        source: str | None,
        version: int,
        prefix: str,
    ) -> None:
        self.id = identity
        self.client_id = client_id
        self.connection = connection
        self.expiry = expiry
        self.principal = principal
        self.policy_text = policy_text
        self.source = source
        self.version = version  # counts its connections
        self.prefix = prefix
        self._policy: Policy | None = None

    def resume(self, newer: Session) -> None:
        """Become what the client's new CONNECT asks for; subscriptions refer to this very object."""
        self.connection, self.expiry = newer.connection, newer.expiry
        self.principal, self.source, self.version = newer.principal, newer.source, newer.version
        self.policy_text, self._policy = newer.policy_text, newer._policy

    def come_under(self, policy_text: str) -> None:
        """Be under other policies from now on."""
        self.policy_text, self._policy = policy_text, None

    def may(self, action: str, kind: str, name: str) -> bool:
        """Whether the session's policies, if it has any, allow `iot:Publish` on `topic/name` and the like."""
        if self.policy_text is None:
            return True
        if self._policy is None:
            variables = {"iot:ClientId": self.client_id, "aws:SourceIp": self.source or ""}
            given = orjson.loads(self.policy_text)
            if isinstance(given, dict):  # a certificate's, with what its policies call by variables
                variables |= given["variables"]
                given = given["documents"]
            self._policy = compile_policy(given, variables)
        return self._policy.allows(action, f"{self.prefix}{kind}/{name}")


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A session under one topic filter; `group` is the filter as it was given where it is a shared one."""

    session: Session
    qos: int
    no_local: bool
    retain_as_published: bool
    group: str | None


class Broker:
    """Sessions, subscriptions and rules of one account in one region."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix  # "arn:aws:iot:region:account:"
        self.sessions: dict[int, Session] = {}
        self.clients: dict[str, Session] = {}
        self.rules: dict[str, Rule] = {}
        self._subscribers: SubscriptionTree[tuple[int, str], Subscriber] = SubscriptionTree()
        self._filters: dict[int, dict[str, int]] = {}
        self._rules_by_topic: SubscriptionTree[str, Rule] = SubscriptionTree()

    def add_session(self, session: Session) -> None:
        self.sessions[session.id] = self.clients[session.client_id] = session

    def remove_session(self, session: Session) -> None:
        for given in list(self._filters.get(session.id, ())):
            self.unsubscribe(session, given)
        self.sessions.pop(session.id, None)
        self.clients.pop(session.client_id, None)

    def subscribe(self, session: Session, given: str, qos: int, no_local: bool, retain_as_published: bool) -> bool:
        """True if the session did not have this subscription yet."""
        group, topic_filter = split_shared(given)
        subscriber = Subscriber(session, qos, no_local, retain_as_published, None if group is None else given)
        self._subscribers.add(topic_filter, (session.id, given), subscriber)
        filters = self._filters.setdefault(session.id, {})
        is_new = given not in filters
        filters[given] = qos
        return is_new

    def unsubscribe(self, session: Session, given: str) -> None:
        self._filters.get(session.id, {}).pop(given, None)
        self._subscribers.remove(split_shared(given).filter, (session.id, given))

    def subscribers(self, topic: str) -> Iterator[Subscriber]:
        return (subscriber for _, subscriber in self._subscribers.match(topic))

    def filters_of(self, session: Session) -> Mapping[str, int]:
        """The topic filters of a session, as they were given, with their QoS."""
        return self._filters.get(session.id, {})

    def has_listeners(self, topic: str) -> bool:
        """Whether any subscriber or rule is there for a topic."""
        return next(self.subscribers(topic), None) is not None or bool(self.rules_for(topic))

    def set_rule(self, rule: Rule) -> None:
        self.remove_rule(rule.name)
        self.rules[rule.name] = rule
        if rule.statement.topic_filter is not None:
            self._rules_by_topic.add(rule.statement.topic_filter, rule.name, rule)

    def remove_rule(self, name: str) -> None:
        former = self.rules.pop(name, None)
        if former is not None and former.statement.topic_filter is not None:
            self._rules_by_topic.remove(former.statement.topic_filter, name)

    def rules_for(self, topic: str) -> list[Rule]:
        if not self.rules:
            return []
        return [rule for _, rule in self._rules_by_topic.match(topic) if not rule.disabled]


class BrokerMemory:
    """Brokers by account and region, and the connections that this process itself has seen."""

    def __init__(self) -> None:
        self.brokers: dict[tuple[str, str], Broker] = {}
        self.connections: set[str] = set()

    def clear(self) -> None:
        self.brokers.clear()


def broker_of(call: Call) -> Broker:
    """The caller's broker, read from its rows where it is not in memory."""
    key = (call.account, call.region)
    broker: Broker | None = call.memory.brokers.get(key)
    if broker is None:
        broker = call.memory.brokers[key] = _load(call)
    return broker


def _load(call: Call) -> Broker:
    place = (call.account, call.region)
    broker = Broker(make_arn("iot", call.region, call.account, ""))
    for identity, client, connection, expiry, principal, policy, source, version in call.store.all(
        tables.SESSIONS, place
    ):
        known = (principal, policy, source, version, broker.prefix)
        broker.add_session(Session(identity, client, connection, expiry, *known))
    for identity, given, qos, no_local, retain in call.store.all(tables.SUBSCRIPTIONS, place):
        broker.subscribe(broker.sessions[identity], given, qos, bool(no_local), bool(retain))
    for name, document, disabled, created in call.store.all(RULES, place):
        broker.set_rule(Rule.parse(name, orjson.loads(document), bool(disabled), created))
    return broker
