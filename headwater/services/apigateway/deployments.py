"""Deployments of HTTP and WebSocket APIs: snapshots that stages serve.

A stage with ``AutoDeploy`` gets a new one with every change, which takes the place of the one before.
https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-deployments.html
"""

from __future__ import annotations

from headwater.services.apigateway.errors import bad_request
from headwater.services.apigateway.store import (
    VERSION_2,
    WEBSOCKET,
    Api,
    Document,
    find_api,
    find_part,
    new_part_id,
    page,
    parts,
    put_part,
    remove_part,
)
from headwater.spine.operations import Call, Request, Result, operation

_HIDDEN = "Snapshot"
_KEPT = ("Route", "Integration", "Authorizer")
_KEPT_OF_SOCKETS = (*_KEPT, "RouteResponse", "IntegrationResponse")


BY_ITSELF = "Automatic deployment triggered by changes to the Api configuration"


def add_deployment(call: Call, api: Api, description: str | None, automatic: bool) -> Document:
    """Take a snapshot of what the API is now."""
    document: Document = {
        "AutoDeployed": automatic,
        "CreatedDate": call.now,
        "DeploymentId": new_part_id(call, 6),
        "DeploymentStatus": "DEPLOYED",
        "Description": description,
        _HIDDEN: {kind: parts(call, api.id, kind) for kind in (_KEPT_OF_SOCKETS if api.kind == WEBSOCKET else _KEPT)},
    }
    put_part(call, api.id, "Deployment", document["DeploymentId"], document)
    return document


def deploy_by_itself(call: Call, api: Api) -> None:
    """After each change: a new deployment for the stages that want it."""
    stages = [stage for stage in parts(call, api.id, "Stage").values() if stage.get("AutoDeploy")]
    if not stages:
        return
    replaced = {stage.get("DeploymentId") for stage in stages}
    deployment = add_deployment(call, api, BY_ITSELF, True)
    identity = deployment["DeploymentId"]
    for stage in stages:
        point_stage(call, api, stage, identity)
    for old, document in parts(call, api.id, "Deployment").items():
        if old in replaced and document["AutoDeployed"]:
            remove_part(call, api.id, "Deployment", old)


def point_stage(call: Call, api: Api, stage: Document, deployment: str) -> None:
    status = f"Successfully deployed stage with deployment ID '{deployment}'"
    changes = {"DeploymentId": deployment, "LastDeploymentStatusMessage": status, "LastUpdatedDate": call.now}
    put_part(call, api.id, "Stage", stage["StageName"], stage | changes)


def _shown(document: Document) -> Document:
    return {key: value for key, value in document.items() if key != _HIDDEN}


@operation("apigatewayv2", "CreateDeployment")
def create_deployment(call: Call, request: Request) -> Result:
    api = find_api(call, request["ApiId"], *VERSION_2)
    document = add_deployment(call, api, request.get("Description"), automatic=False)
    if name := request.get("StageName"):
        stage = find_part(call, api.id, "Stage", name)
        if stage.get("AutoDeploy"):
            raise bad_request("Deploying to a stage is not allowed when AutoDeploy is set to true")
        point_stage(call, api, stage, document["DeploymentId"])
    return _shown(document)


@operation("apigatewayv2", "GetDeployment", reads=True)
def get_deployment(call: Call, request: Request) -> Result:
    api = find_api(call, request["ApiId"], *VERSION_2)
    return _shown(find_part(call, api.id, "Deployment", request["DeploymentId"]))


@operation("apigatewayv2", "GetDeployments", reads=True)
def get_deployments(call: Call, request: Request) -> Result:
    api = find_api(call, request["ApiId"], *VERSION_2)
    found = sorted(parts(call, api.id, "Deployment").values(), key=lambda item: int(item["CreatedDate"]))
    return page(request, [_shown(document) for document in found])


@operation("apigatewayv2", "UpdateDeployment")
def update_deployment(call: Call, request: Request) -> Result:
    api = find_api(call, request["ApiId"], *VERSION_2)
    document = find_part(call, api.id, "Deployment", request["DeploymentId"])
    if request.get("Description") is not None:
        document = document | {"Description": request["Description"]}
        put_part(call, api.id, "Deployment", document["DeploymentId"], document)
    return _shown(document)


@operation("apigatewayv2", "DeleteDeployment")
def delete_deployment(call: Call, request: Request) -> Result:
    api = find_api(call, request["ApiId"], *VERSION_2)
    identity = request["DeploymentId"]
    if any(stage.get("DeploymentId") == identity for stage in parts(call, api.id, "Stage").values()):
        raise bad_request("Active stages pointing to this deployment must be moved or deleted")
    remove_part(call, api.id, "Deployment", identity)
    return {}
