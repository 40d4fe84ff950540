"""Deployments and stages of REST APIs, and the account's settings.

https://docs.aws.amazon.com/apigateway/latest/api/API_Deployment.html
https://docs.aws.amazon.com/apigateway/latest/api/API_Stage.html
"""

from __future__ import annotations

import re

import orjson

from headwater.services.apigateway import tables
from headwater.services.apigateway.access_logs import compile_access_log
from headwater.services.apigateway.credentials import hand_over_role
from headwater.services.apigateway.errors import bad_request, conflict
from headwater.services.apigateway.integration import compile_rest_integration
from headwater.services.apigateway.method_settings import patch_settings
from headwater.services.apigateway.patches import apply_patches, first_of
from headwater.services.apigateway.rest_models import MODEL, VALIDATOR
from headwater.services.apigateway.store import (
    REST,
    Api,
    Document,
    find_api,
    find_part,
    new_part_id,
    parts,
    put_part,
    remove_part,
)
from headwater.spine.operations import Call, Request, Result, operation

_NAME = re.compile(r"[A-Za-z0-9_-]{1,128}\Z")
_PATCHED = ("accessLogSettings", "deploymentId", "description", "variables", "tracingEnabled")
_HIDDEN = "Snapshot"


@operation("apigateway", "CreateDeployment")
def create_deployment(call: Call, request: Request) -> Result:
    """Takes a snapshot; what it holds that cannot be served is refused here, by name."""
    api = find_api(call, request["restApiId"], REST)
    resources = parts(call, api.id, "Resource")
    methods = [method for resource in resources.values() for method in (resource.get("resourceMethods") or {}).values()]
    if not methods:
        raise bad_request("The REST API doesn't contain any methods")
    for method in methods:
        if not method.get("methodIntegration"):
            raise bad_request("No integration defined for method")
        compile_rest_integration(method["methodIntegration"])
    identity = new_part_id(call, 6)
    document: Document = {"id": identity, "description": request.get("description"), "createdDate": call.now}
    others = {kind: parts(call, api.id, kind) for kind in ("Authorizer", "GatewayResponse", MODEL, VALIDATOR)}
    snapshot = {"Resource": resources, **others}
    put_part(call, api.id, "Deployment", identity, document | {_HIDDEN: snapshot})
    if name := request.get("stageName"):
        _deploy(call, api, name, identity, request)
    return document


def _deploy(call: Call, api: Api, name: str, deployment: str, request: Request) -> None:
    """Point a stage at a deployment; one that is not there yet is made."""
    stage = parts(call, api.id, "Stage").get(name)
    if stage is not None:
        _write(call, api, stage | {"deploymentId": deployment, "lastUpdatedDate": call.now})
        return
    given = {"stageName": name, "deploymentId": deployment, "variables": request.get("variables") or {}}
    _write(call, api, _new_stage(call, given | {"description": request.get("stageDescription")}))


def _write(call: Call, api: Api, stage: Document) -> None:
    put_part(call, api.id, "Stage", stage["stageName"], stage)


def _new_stage(call: Call, given: Document) -> Document:
    if not _NAME.match(given["stageName"]):
        raise bad_request("Stage name only allows a-zA-Z0-9_-")
    return {
        "cacheClusterEnabled": False,
        "cacheClusterStatus": "NOT_AVAILABLE",
        "createdDate": call.now,
        "lastUpdatedDate": call.now,
        "methodSettings": {},
        "tracingEnabled": False,
        **{key: value for key, value in given.items() if value is not None},
    }


def _shown(document: Document) -> Document:
    return {key: value for key, value in document.items() if key != _HIDDEN}


@operation("apigateway", "GetDeployment", reads=True)
def get_deployment(call: Call, request: Request) -> Result:
    api = find_api(call, request["restApiId"], REST)
    return _shown(find_part(call, api.id, "Deployment", request["deploymentId"]))


@operation("apigateway", "GetDeployments", reads=True)
def get_deployments(call: Call, request: Request) -> Result:
    api = find_api(call, request["restApiId"], REST)
    return {"items": [_shown(document) for document in parts(call, api.id, "Deployment").values()]}


@operation("apigateway", "UpdateDeployment")
def update_deployment(call: Call, request: Request) -> Result:
    api = find_api(call, request["restApiId"], REST)
    deployment = find_part(call, api.id, "Deployment", request["deploymentId"])
    changed = apply_patches(deployment, request.get("patchOperations") or [], ("description",))
    put_part(call, api.id, "Deployment", changed["id"], changed)
    return _shown(changed)


@operation("apigateway", "DeleteDeployment")
def delete_deployment(call: Call, request: Request) -> Result:
    api = find_api(call, request["restApiId"], REST)
    if any(stage["deploymentId"] == request["deploymentId"] for stage in parts(call, api.id, "Stage").values()):
        raise bad_request("Active stages pointing to this deployment must be moved or deleted")
    remove_part(call, api.id, "Deployment", request["deploymentId"])
    return {}


@operation("apigateway", "CreateStage")
def create_stage(call: Call, request: Request) -> Result:
    api = find_api(call, request["restApiId"], REST)
    find_part(call, api.id, "Deployment", request["deploymentId"])
    if request["stageName"] in parts(call, api.id, "Stage"):
        raise conflict("Stage already exists")
    stage = _new_stage(call, {key: value for key, value in request.items() if key != "restApiId"})
    _write(call, api, stage)
    return stage


@operation("apigateway", "GetStage", reads=True)
def get_stage(call: Call, request: Request) -> Result:
    api = find_api(call, request["restApiId"], REST)
    return find_part(call, api.id, "Stage", request["stageName"])


@operation("apigateway", "GetStages", reads=True)
def get_stages(call: Call, request: Request) -> Result:
    api = find_api(call, request["restApiId"], REST)
    wanted = request.get("deploymentId")
    stages = parts(call, api.id, "Stage").values()
    return {"item": [stage for stage in stages if wanted is None or stage["deploymentId"] == wanted]}


@operation("apigateway", "UpdateStage")
def update_stage(call: Call, request: Request) -> Result:
    api = find_api(call, request["restApiId"], REST)
    stage = find_part(call, api.id, "Stage", request["stageName"])
    own = []
    for patch in request.get("patchOperations") or []:
        if first_of(patch) in _PATCHED:
            own.append(patch)
        else:
            stage["methodSettings"] = patch_settings(stage["methodSettings"], patch)
    stage = apply_patches(stage, own, _PATCHED)
    compile_access_log(stage.get("accessLogSettings") or {}, "")
    find_part(call, api.id, "Deployment", stage["deploymentId"])
    stage["lastUpdatedDate"] = call.now
    _write(call, api, stage)
    return stage


@operation("apigateway", "DeleteStage")
def delete_stage(call: Call, request: Request) -> Result:
    api = find_api(call, request["restApiId"], REST)
    remove_part(call, api.id, "Stage", request["stageName"])
    return {}


@operation("apigateway", "GetAccount", reads=True)
def get_account(call: Call, request: Request) -> Result:
    row = call.store.one(tables.FIND_ACCOUNT, (call.account, call.region))
    settings: Document = orjson.loads(row[0]) if row else {}
    throttle = {"burstLimit": 5000, "rateLimit": 10000.0}
    return {"throttleSettings": throttle, "features": ["UsagePlans"], "apiKeyVersion": "4", **settings}


@operation("apigateway", "UpdateAccount")
def update_account(call: Call, request: Request) -> Result:
    patches = request.get("patchOperations") or []
    features = [patch for patch in patches if patch.get("path") == "/features" and patch.get("value") == "UsagePlans"]
    if any(patch.get("op") == "remove" for patch in features):
        raise bad_request("Usage Plans cannot be disabled once enabled")
    others = [patch for patch in patches if patch not in features]
    settings = apply_patches(get_account(call, {}), others, ("cloudwatchRoleArn",))
    if others:
        hand_over_role(call, settings.get("cloudwatchRoleArn"))
    call.store.run(tables.SET_ACCOUNT, (call.account, call.region, orjson.dumps(settings).decode()))
    return settings
