"""Resource policies of REST APIs: refused where policies are enforced, told of where they are not."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from headwater.client import Headwater
from tests.conftest import Client
from tests.services.http import Answer, ask
from tests.services.test_cloudformation import create, outputs

SAM = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: prod
      Auth:
        ResourcePolicy: {%s: [%s]}
      DefinitionBody:
        openapi: 3.0.1
        info: {title: shop}
        paths:
          /a:
            get:
              x-amazon-apigateway-integration:
                type: mock
                requestTemplates: {application/json: '{"statusCode": 200}'}
                responses: {default: {statusCode: "200"}}
Outputs: {Api: {Value: !Ref Api}}
"""
HERE, ELSEWHERE = "127.0.0.0/8", "203.0.113.0/24"


def _deployed(aws: Client, endpoint: str, kind: str, addresses: str) -> tuple[str, Callable[[], Answer]]:
    create(aws("cloudformation"), SAM % (kind, addresses), Capabilities=["CAPABILITY_AUTO_EXPAND"])
    api = outputs(aws("cloudformation"))["Api"]
    return api, lambda: ask("GET", f"{endpoint}/_aws/execute-api/{api}/prod/a")


@pytest.mark.parametrize(
    ("kind", "addresses", "status"),
    [("IpRangeWhitelist", HERE, 200), ("IpRangeWhitelist", ELSEWHERE, 403), ("IpRangeBlacklist", HERE, 403)],
)
def test_ranges_of_addresses(strictly: Client, kind: str, addresses: str, status: int) -> None:
    endpoint = strictly("apigateway").meta.endpoint_url
    api, call = _deployed(strictly, endpoint, kind, addresses)
    answer = call()
    assert answer.status == status
    if status == 403:
        account = strictly("sts").get_caller_identity()["Account"]
        assert answer.headers["x-amzn-errortype"] == "AccessDeniedException"
        assert json.loads(answer.body)["Message"] == (
            "User: anonymous is not authorized to perform: execute-api:Invoke on resource: "
            f"arn:aws:execute-api:us-east-1:********{account[-4:]}:{api}/prod/GET/a with an explicit deny"
        )


def test_a_policy_that_says_nothing_of_a_method_lets_nobody_in(strictly: Client) -> None:
    client = strictly("apigateway")
    api, call = _deployed(strictly, client.meta.endpoint_url, "IpRangeWhitelist", HERE)
    statement: dict[str, Any] = {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke"}

    def change(resource: str) -> None:
        policy = json.dumps({"Statement": [statement | {"Resource": resource}]})
        patch = {"op": "replace", "path": "/policy", "value": policy}
        client.update_rest_api(restApiId=api, patchOperations=[patch])

    change("execute-api:/prod/POST/*")
    answer = call()
    assert (answer.status, b"explicit" in answer.body) == (403, False)
    change("execute-api:/*/GET/*")
    assert call().status == 200
    with pytest.raises(ClientError, match="Invalid policy document"):
        client.update_rest_api(
            restApiId=api, patchOperations=[{"op": "replace", "path": "/policy", "value": '{"Statement": "x"}'}]
        )


def test_what_is_not_enforced_is_told(aws: Client, endpoint: str, account: str) -> None:
    api, call = _deployed(aws, endpoint, "IpRangeBlacklist", HERE)
    assert call().status == 200
    assert json.loads(aws("apigateway").get_rest_api(restApiId=api)["policy"])["Statement"]
    (root,) = Headwater(endpoint).trace(f"arn:aws:execute-api:us-east-1:{account}:{api}/prod/GET/a")["spans"]
    assert "User: anonymous is not authorized" in root["notes"]["AWS would refuse this"]
