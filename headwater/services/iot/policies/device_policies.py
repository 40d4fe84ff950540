"""Which policies a certificate is under, and what their variables stand for.

https://docs.aws.amazon.com/iot/latest/developerguide/thing-policy-variables.html
"""

from __future__ import annotations

from typing import Any

import orjson

from headwater.services.iot.certificates.certificate import certificate_arn
from headwater.services.iot.certificates.x509 import variables_of
from headwater.services.iot.policies import tables
from headwater.services.iot.registry.groups import group_arn, groups_of, lineage
from headwater.services.iot.registry.tables import PRINCIPAL_THINGS, THING
from headwater.spine.operations import Call

_MOST = 1000
_EXCLUSIVE = "EXCLUSIVE_THING"


def policy_names(call: Call, target: str) -> list[str]:
    """The names of the policies that are attached to a certificate or a group of things, by its ARN."""
    rows = call.store.all(tables.ATTACHED_POLICIES, (call.account, call.region, target, "", _MOST))
    return [name for (name,) in rows]


def effective_policies(call: Call, identity: str | None, thing: str | None) -> dict[str, str]:
    """Documents by the policies' names: the certificate's own, then those of the groups of the thing that it is."""
    targets = [certificate_arn(call, identity)] if identity is not None else []
    if thing is not None:
        names = {above for group in groups_of(call, thing) for above in lineage(call, group)}
        targets += [group_arn(call, name) for name in sorted(names)]
    documents = {}
    for target in targets:
        for name in policy_names(call, target):
            row = call.store.one(tables.DEFAULT_DOCUMENT, (call.account, call.region, name))
            if row is not None:
                documents[name] = row[0]
    return documents


def thing_of(call: Call, identity: str, client_id: str) -> str | None:
    """The thing as which a client connects: the one that is its certificate's alone, or the one of its client id, if
    the certificate is attached to it."""
    asked = (call.account, call.region, certificate_arn(call, identity), "", "", "", _MOST)
    things: dict[str, str] = dict(call.store.all(PRINCIPAL_THINGS, asked))
    exclusive = next((thing for thing, kind in things.items() if kind == _EXCLUSIVE), None)
    return exclusive or (client_id if client_id in things else None)


def policy_text(call: Call, identity: str, pem: str, client_id: str) -> str:
    """Documents and variables, as a session keeps them."""
    thing = thing_of(call, identity, client_id)
    variables = connection_variables(call, pem, thing)
    documents = list(effective_policies(call, identity, thing).values())
    text: Any = {"documents": documents, "variables": variables}
    return orjson.dumps(text).decode()


def connection_variables(call: Call, pem: str, thing: str | None) -> dict[str, str]:
    """What policies know of a certificate and of the thing as which it connects."""
    return variables_of(pem) | _of_thing(call, thing)


def _of_thing(call: Call, thing: str | None) -> dict[str, str]:
    attached = "iot:Connection.Thing.IsAttached"
    row = None if thing is None else call.store.one(THING, (call.account, call.region, thing))
    if thing is None or row is None:
        return {attached: "false"}
    variables = {attached: "true", "iot:Connection.Thing.ThingName": thing}
    if row[3] is not None:
        variables["iot:Connection.Thing.ThingTypeName"] = row[3]
    for name, value in orjson.loads(row[1]).items():
        variables[f"iot:Connection.Thing.Attributes[{name}]"] = value
    return variables
