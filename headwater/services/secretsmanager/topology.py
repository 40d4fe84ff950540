"""Secrets that functions rotate, on the map."""

from __future__ import annotations

from headwater.services.secretsmanager import tables
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.topology import link, resource, topology


@operation("secretsmanager", "Topology", internal=True, reads=True)
def map_rotations(call: Call, request: Request) -> Result:
    secrets, links = [], []
    for arn, name, function in call.store.all(tables.ROTATED, (call.account, call.region)):
        secrets.append(resource(arn, "AWS::SecretsManager::Secret", name, arn))
        links.append(link(arn, function, "rotation"))
    return topology(call, secrets, links)
