"""Stages of HTTP APIs.

https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-stages.html
"""

from __future__ import annotations

import re

from headwater.services.apigateway.access_logs import compile_access_log
from headwater.services.apigateway.deployments import BY_ITSELF, add_deployment, deploy_by_itself, point_stage
from headwater.services.apigateway.errors import bad_request, conflict, not_found
from headwater.services.apigateway.store import (
    VERSION_2,
    Api,
    Document,
    find_api,
    find_part,
    page,
    parts,
    put_part,
    remove_part,
)
from headwater.spine.operations import Call, Request, Result, operation

_NAME = re.compile(r"(\$default|[A-Za-z0-9_-]{1,128})\Z")


def _check(call: Call, api: Api, document: Document) -> None:
    compile_access_log(document.get("AccessLogSettings") or {}, "")
    keys = {route["RouteKey"] for route in parts(call, api.id, "Route").values()}
    for key in document["RouteSettings"]:
        if key not in keys:
            raise not_found(f"Unable to find Route by key {key} within the provided RouteSettings")
    if document.get("DeploymentId"):
        if document.get("AutoDeploy"):
            raise bad_request("Deployment ID cannot be set on an auto-deploy stage")
        find_part(call, api.id, "Deployment", document["DeploymentId"])


@operation("apigatewayv2", "CreateStage")
def create_stage(call: Call, request: Request) -> Result:
    api = find_api(call, request["ApiId"], *VERSION_2)
    name = request.get("StageName") or ""
    if not _NAME.match(name):
        raise bad_request("Stage name only allows a-zA-Z0-9_- characters, or $default")
    if name in parts(call, api.id, "Stage"):
        raise conflict("Stage already exists")
    given = {key: value for key, value in request.items() if value is not None and key != "ApiId"}
    document: Document = {
        "AutoDeploy": False,
        "CreatedDate": call.now,
        "DefaultRouteSettings": {"DetailedMetricsEnabled": False},
        "LastUpdatedDate": call.now,
        "RouteSettings": {},
        "StageVariables": {},
        "Tags": {},
        **given,
    }
    _check(call, api, document)
    put_part(call, api.id, "Stage", name, document)
    return _deployed(call, api, document)


def _deployed(call: Call, api: Api, stage: Document) -> Document:
    """A stage that deploys by itself, with its first deployment; any other as it is."""
    if stage["AutoDeploy"] and not stage.get("DeploymentId"):
        deployment = add_deployment(call, api, BY_ITSELF, automatic=True)
        point_stage(call, api, stage, deployment["DeploymentId"])
        return find_part(call, api.id, "Stage", stage["StageName"])
    return stage


@operation("apigatewayv2", "GetStage", reads=True)
def get_stage(call: Call, request: Request) -> Result:
    api = find_api(call, request["ApiId"], *VERSION_2)
    return find_part(call, api.id, "Stage", request["StageName"])


@operation("apigatewayv2", "GetStages", reads=True)
def get_stages(call: Call, request: Request) -> Result:
    api = find_api(call, request["ApiId"], *VERSION_2)
    return page(request, list(parts(call, api.id, "Stage").values()))


@operation("apigatewayv2", "UpdateStage")
def update_stage(call: Call, request: Request) -> Result:
    api = find_api(call, request["ApiId"], *VERSION_2)
    stage = find_part(call, api.id, "Stage", request["StageName"])
    changes = {key: value for key, value in request.items() if value is not None and key != "ApiId"}
    # an empty value takes a stage variable away
    variables = stage["StageVariables"] | (request.get("StageVariables") or {})
    changes["StageVariables"] = {key: value for key, value in variables.items() if value}
    stage |= changes
    _check(call, api, stage | {"DeploymentId": None} if stage["AutoDeploy"] else stage)
    stage["LastUpdatedDate"] = call.now
    put_part(call, api.id, "Stage", stage["StageName"], stage)
    if stage["AutoDeploy"]:
        deploy_by_itself(call, api)
    return find_part(call, api.id, "Stage", stage["StageName"])


@operation("apigatewayv2", "DeleteAccessLogSettings")
def delete_access_log_settings(call: Call, request: Request) -> Result:
    api = find_api(call, request["ApiId"], *VERSION_2)
    stage = find_part(call, api.id, "Stage", request["StageName"])
    stage.pop("AccessLogSettings", None)
    put_part(call, api.id, "Stage", stage["StageName"], stage)
    return {}


@operation("apigatewayv2", "DeleteRouteSettings")
def delete_route_settings(call: Call, request: Request) -> Result:
    api = find_api(call, request["ApiId"], *VERSION_2)
    stage = find_part(call, api.id, "Stage", request["StageName"])
    if stage["RouteSettings"].pop(request["RouteKey"], None) is None:
        raise not_found(f"Unable to find Route by key {request['RouteKey']} within the provided RouteSettings")
    put_part(call, api.id, "Stage", stage["StageName"], stage)
    return {}


@operation("apigatewayv2", "DeleteStage")
def delete_stage(call: Call, request: Request) -> Result:
    api = find_api(call, request["ApiId"], *VERSION_2)
    remove_part(call, api.id, "Stage", request["StageName"])
    return {}
