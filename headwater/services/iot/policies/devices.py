"""Devices that are connected, when their certificate or its policies change.

AWS takes minutes for it; here it is at once.
"""

from __future__ import annotations

from collections.abc import Iterable

from headwater.languages.mqtt import Reason
from headwater.languages.mqtt.pushes import CHANNEL, Eject
from headwater.services.iot.broker.memory import broker_of
from headwater.services.iot.broker.sessions import leave
from headwater.services.iot.broker.tables import SET_SESSION_POLICY
from headwater.services.iot.certificates.tables import CERTIFICATE
from headwater.services.iot.policies import tables
from headwater.services.iot.policies.device_policies import policy_text
from headwater.services.iot.registry.groups import members
from headwater.services.iot.registry.tables import THING_PRINCIPALS
from headwater.spine.arns import parse_arn
from headwater.spine.operations import Call

_MOST = 100_000


def disconnect_principal(call: Call, identity: str) -> None:
    """A certificate is no longer ACTIVE: who is connected with it must go."""
    broker = broker_of(call)
    for session in list(broker.sessions.values()):
        if session.principal == identity and session.connection is not None:
            call.announce(CHANNEL, Eject(session.connection, Reason.NOT_AUTHORIZED))
            leave(call, broker, session, Reason.NOT_AUTHORIZED, with_will=True)


def policy_changed(call: Call, name: str) -> None:
    """A policy has another default version."""
    rows = call.store.all(tables.POLICY_TARGETS, (call.account, call.region, name, "", _MOST))
    targets_changed(call, [target for (target,) in rows])


def devices_of_thing_changed(call: Call, thing: str) -> None:
    """A thing is another, or in other groups."""
    asked = (call.account, call.region, thing, "", "", "", _MOST)
    targets_changed(call, [principal for principal, _ in call.store.all(THING_PRINCIPALS, asked)])


def targets_changed(call: Call, targets: Iterable[str]) -> None:
    """Certificates and groups, by their ARNs, are under other policies, or those mean something else: sessions know
    it from now on."""
    identities = set()
    for target in targets:
        arn = parse_arn(target)
        if arn is None:
            continue
        if arn.resource.startswith("cert/"):
            identities.add(arn.name)
        else:
            for thing in members(call, arn.name, deep=True):
                devices_of_thing_changed(call, thing)
    if not identities:
        return
    for session in broker_of(call).sessions.values():
        if session.principal not in identities:
            continue
        row = call.store.one(CERTIFICATE, (call.account, call.region, session.principal))
        if row is None:
            continue
        text = policy_text(call, session.principal, row[2], session.client_id)
        if text != session.policy_text:
            call.store.run(SET_SESSION_POLICY, (text, session.id))
            session.come_under(text)
