"""What provisioning tools read back of a REST API, and change in place by patches."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from botocore.exceptions import ClientError

from tests.conftest import Client
from tests.services.http import ask


class Mocked(NamedTuple):
    """An API with GET /orders, answered by a mock."""

    client: Any
    api: str
    root: str
    method: dict[str, str]
    address: str

    def deploy(self) -> None:
        self.client.create_deployment(restApiId=self.api, stageName="prod")


@pytest.fixture
def mocked(aws: Client, endpoint: str) -> Mocked:
    client = aws("apigateway")
    api = client.create_rest_api(name="patched")
    resource = client.create_resource(restApiId=api["id"], parentId=api["rootResourceId"], pathPart="orders")
    method = {"restApiId": api["id"], "resourceId": resource["id"], "httpMethod": "GET"}
    client.put_method(**method, authorizationType="NONE", requestParameters={"method.request.querystring.q": False})
    client.put_integration(**method, type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'})
    client.put_method_response(**method, statusCode="200", responseParameters={"method.response.header.X": True})
    client.put_integration_response(**method, statusCode="200", responseTemplates={"application/json": "old"})
    return Mocked(client, api["id"], api["rootResourceId"], method, f"{endpoint}/_aws/execute-api/{api['id']}/prod")


def patch(operation: str, path: str, value: str | None = None) -> dict[str, str]:
    return {"op": operation, "path": path} | ({"value": value} if value is not None else {})


def test_responses_are_read_changed_and_deleted(mocked: Mocked) -> None:
    client, key = mocked.client, {**mocked.method, "statusCode": "200"}
    response = client.update_method_response(
        **key,
        patchOperations=[
            patch("add", "/responseParameters/method.response.header.Y", "false"),
            patch("add", "/responseModels/application~1json", "Empty"),
        ],
    )
    assert response["responseParameters"] == {"method.response.header.X": True, "method.response.header.Y": False}
    read = client.get_method_response(**key)
    assert read["responseModels"] == {"application/json": "Empty"}
    changes = [
        patch("replace", "/responseTemplates/application~1json", "new"),
        patch("add", "/responseParameters/method.response.header.X", "'y'"),
    ]
    client.update_integration_response(**key, patchOperations=changes)
    read = client.get_integration_response(**key)
    assert read["responseTemplates"] == {"application/json": "new"}
    mocked.deploy()
    answer = ask("GET", mocked.address + "/orders")
    assert (answer.body, answer.headers["x"]) == (b"new", "y")
    client.delete_integration_response(**key)
    client.delete_method_response(**key)
    for read_back in (client.get_integration_response, client.get_method_response, client.delete_method_response):
        with pytest.raises(ClientError, match=r"NotFoundException.*Invalid Response status code specified"):
            read_back(**key)


def test_an_integration_and_a_method_are_changed(mocked: Mocked) -> None:
    client = mocked.client
    changes = [
        patch("replace", "/timeoutInMillis", "5000"),
        patch("replace", "/requestTemplates/application~1json", '{"statusCode": 202}'),
        patch("add", "/cacheKeyParameters/method.request.querystring.q"),
    ]
    changed = client.update_integration(**mocked.method, patchOperations=changes)
    assert (changed["timeoutInMillis"], changed["cacheKeyParameters"]) == (5000, ["method.request.querystring.q"])
    mocked.client.put_integration_response(**mocked.method, statusCode="202", selectionPattern="202")
    mocked.deploy()
    assert ask("GET", mocked.address + "/orders").status == 202
    for wrong in (patch("replace", "/timeoutInMillis", "soon"), patch("replace", "/type", "MAGIC"), patch("add", "/x")):
        with pytest.raises(ClientError, match="BadRequestException"):
            client.update_integration(**mocked.method, patchOperations=[wrong])
    required = [patch("replace", "/requestParameters/method.request.querystring.q", "true")]
    changed = client.update_method(**mocked.method, patchOperations=required)
    assert changed["requestParameters"] == {"method.request.querystring.q": True}


def test_a_resource_moves_with_what_is_below_it(mocked: Mocked) -> None:
    client, api = mocked.client, mocked.api
    orders = mocked.method["resourceId"]
    below = client.create_resource(restApiId=api, parentId=orders, pathPart="{id}")
    shop = client.create_resource(restApiId=api, parentId=mocked.root, pathPart="shop")
    changes = [patch("replace", "/pathPart", "sales"), patch("replace", "/parentId", shop["id"])]
    moved = client.update_resource(restApiId=api, resourceId=orders, patchOperations=changes)
    assert (moved["path"], moved["parentId"]) == ("/shop/sales", shop["id"])
    assert client.get_resource(restApiId=api, resourceId=below["id"])["path"] == "/shop/sales/{id}"
    mocked.deploy()
    assert ask("GET", mocked.address + "/shop/sales").status == 200
    inside = [patch("replace", "/parentId", below["id"])]
    with pytest.raises(ClientError, match="BadRequestException"):
        client.update_resource(restApiId=api, resourceId=orders, patchOperations=inside)
    client.create_resource(restApiId=api, parentId=shop["id"], pathPart="taken")
    with pytest.raises(ClientError, match="Another resource with the same parent already has this name: taken"):
        client.update_resource(
            restApiId=api, resourceId=orders, patchOperations=[patch("replace", "/pathPart", "taken")]
        )


def test_a_deployment_and_a_gateway_response_are_changed(mocked: Mocked) -> None:
    client, api = mocked.client, mocked.api
    deployment = client.create_deployment(restApiId=api)["id"]
    changes = [patch("replace", "/description", "second")]
    client.update_deployment(restApiId=api, deploymentId=deployment, patchOperations=changes)
    assert client.get_deployment(restApiId=api, deploymentId=deployment)["description"] == "second"
    changes = [
        patch("replace", "/statusCode", "404"),
        patch("add", "/responseParameters/gatewayresponse.header.X", "'y'"),
    ]
    kind = {"restApiId": api, "responseType": "MISSING_AUTHENTICATION_TOKEN"}
    assert client.update_gateway_response(**kind, patchOperations=changes)["defaultResponse"] is False
    mocked.deploy()
    answer = ask("GET", mocked.address + "/nowhere")
    assert (answer.status, answer.headers["x"]) == (404, "y")


def test_the_settings_of_methods_are_removed_together(mocked: Mocked) -> None:
    mocked.deploy()

    def settings(change: dict[str, str]) -> Any:
        stage = mocked.client.update_stage(restApiId=mocked.api, stageName="prod", patchOperations=[change])
        return stage["methodSettings"]

    settings(patch("replace", "/*/*/metrics/enabled", "true"))
    kept = {"~1orders/GET": {"throttlingBurstLimit": 5}}
    assert settings(patch("replace", "/~1orders/GET/throttling/burstLimit", "5"))["*/*"] == {"metricsEnabled": True}
    assert settings(patch("remove", "/*/*")) == kept
    with pytest.raises(ClientError, match="Invalid method setting path"):
        settings(patch("replace", "/*/*", "true"))
