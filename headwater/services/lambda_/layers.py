"""Layers: packages that functions share.

https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html
"""

from __future__ import annotations

from typing import Any

import orjson

from headwater.services.lambda_ import tables
from headwater.services.lambda_.code import code_location, take_code
from headwater.services.lambda_.errors import conflict, invalid_parameter, not_found
from headwater.services.lambda_.pages import page
from headwater.services.lambda_.policies import make_statement
from headwater.spine.arns import make_arn
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.timestamps import iso8601_milliseconds

_OPTIONAL = ("CompatibleArchitectures", "CompatibleRuntimes", "LicenseInfo")
_LISTED = ("LayerVersionArn", "Version", "Description", "CreatedDate", *_OPTIONAL)


@operation("lambda", "PublishLayerVersion")
def publish_layer_version(call: Call, request: Request) -> Result:
    name, arn = _layer(call, request["LayerName"])
    code = take_code(call, request["Content"])
    row = call.store.one(tables.LAST_LAYER_VERSION, (arn,))
    version = (row[0] if row else 0) + 1
    layer: dict[str, Any] = {
        "Content": {
            "Location": code_location(call, code.blob),
            "CodeSha256": code.sha256,
            "CodeSize": code.size,
        },
        "LayerArn": arn,
        "LayerVersionArn": f"{arn}:{version}",
        "Description": request.get("Description") or "",
        "CreatedDate": iso8601_milliseconds(call.now).replace("Z", "+0000"),
        "Version": version,
    }
    layer |= {member: request[member] for member in _OPTIONAL if request.get(member)}
    identity = (arn, version, call.account, call.region, name)
    call.store.run(tables.INSERT_LAYER, (*identity, orjson.dumps(layer).decode(), code.blob))
    return layer


@operation("lambda", "GetLayerVersion", reads=True)
def get_layer_version(call: Call, request: Request) -> Result:
    return _find(call, _layer(call, request["LayerName"])[1], request["VersionNumber"])


@operation("lambda", "GetLayerVersionByArn", reads=True)
def get_layer_version_by_arn(call: Call, request: Request) -> Result:
    arn, _, version = request["Arn"].rpartition(":")
    return _find(call, arn, int(version))


@operation("lambda", "ListLayerVersions", reads=True)
def list_layer_versions(call: Call, request: Request) -> Result:
    _, arn = _layer(call, request["LayerName"])
    found, marker = page(
        request,
        lambda after, limit: call.store.all(tables.LIST_LAYER_VERSIONS, (arn, int(after or tables.ALL), limit)),
        most=50,
    )
    layers = [_listed(text, request) for _, text in found]
    return {"LayerVersions": [layer for layer in layers if layer], "NextMarker": marker}


@operation("lambda", "ListLayers", reads=True)
def list_layers(call: Call, request: Request) -> Result:
    found, marker = page(
        request,
        lambda after, limit: call.store.all(tables.LIST_LAYERS, (call.account, call.region, after, limit)),
        most=50,
    )
    layers = []
    for name, arn, text in found:
        if latest := _listed(text, request):
            layers.append({"LayerName": name, "LayerArn": arn, "LatestMatchingVersion": latest})
    return {"Layers": layers, "NextMarker": marker}


@operation("lambda", "DeleteLayerVersion")
def delete_layer_version(call: Call, request: Request) -> Result:
    _, arn = _layer(call, request["LayerName"])
    call.store.run(tables.DELETE_LAYER, (arn, request["VersionNumber"]))
    return {}


@operation("lambda", "AddLayerVersionPermission")
def add_layer_version_permission(call: Call, request: Request) -> Result:
    arn, version, policy = _policy(call, request)
    policy = policy or {"Version": "2012-10-17", "Id": "default", "Statement": []}
    if any(statement["Sid"] == request["StatementId"] for statement in policy["Statement"]):
        raise conflict(
            f"The statement id ({request['StatementId']}) provided already exists. Please provide a new statement "
            "id, or remove the existing statement."
        )
    statement = make_statement(request, f"{arn}:{version}")
    policy["Statement"].append(statement)
    policy["RevisionId"] = call.ids.uuid()
    call.store.run(tables.SET_LAYER_POLICY, (orjson.dumps(policy).decode(), arn, version))
    return {"Statement": orjson.dumps(statement).decode(), "RevisionId": policy["RevisionId"]}


@operation("lambda", "RemoveLayerVersionPermission")
def remove_layer_version_permission(call: Call, request: Request) -> Result:
    arn, version, policy = _policy(call, request)
    left = [s for s in policy["Statement"] if s["Sid"] != request["StatementId"]] if policy else []
    if not policy or len(left) == len(policy["Statement"]):
        raise not_found(f"Statement {request['StatementId']} is not found in resource policy.")
    text = orjson.dumps(policy | {"Statement": left, "RevisionId": call.ids.uuid()}).decode() if left else None
    call.store.run(tables.SET_LAYER_POLICY, (text, arn, version))
    return {}


@operation("lambda", "GetLayerVersionPolicy", reads=True)
def get_layer_version_policy(call: Call, request: Request) -> Result:
    _, _, policy = _policy(call, request)
    if not policy:
        raise not_found("No policy is associated with the given resource.")
    revision = policy.pop("RevisionId")
    return {"Policy": orjson.dumps(policy).decode(), "RevisionId": revision}


def _layer(call: Call, given: str) -> tuple[str, str]:
    """Name and ARN of a layer that is named by either."""
    if not given.startswith("arn:"):
        return given, make_arn("lambda", call.region, call.account, f"layer:{given}")
    return given.split(":")[6], ":".join(given.split(":")[:7])


def _find(call: Call, arn: str, version: int) -> dict[str, Any]:
    if version < 1:
        raise invalid_parameter("Layer Version Cannot be less than 1.")
    row = call.store.one(tables.FIND_LAYER, (arn, version))
    if row is None:
        raise not_found("The resource you requested does not exist.")
    layer: dict[str, Any] = orjson.loads(row[0])
    return layer


def _policy(call: Call, request: Request) -> tuple[str, int, dict[str, Any] | None]:
    _, arn = _layer(call, request["LayerName"])
    row = call.store.one(tables.LAYER_POLICY, (arn, request["VersionNumber"]))
    if row is None:
        raise not_found(f"Layer version {arn}:{request['VersionNumber']} does not exist.")
    return arn, request["VersionNumber"], orjson.loads(row[0]) if row[0] else None


def _listed(text: str, request: Request) -> dict[str, Any] | None:
    """A version as lists show it; None where it is not for the runtime or architecture that is asked for."""
    layer = orjson.loads(text)
    runtime, architecture = request.get("CompatibleRuntime"), request.get("CompatibleArchitecture")
    if runtime and runtime not in layer.get("CompatibleRuntimes", ()):
        return None
    if architecture and architecture not in layer.get("CompatibleArchitectures", ()):
        return None
    return {member: layer[member] for member in _LISTED if member in layer}
