"""Signatures of requests to users' own APIs, functions and MQTT, on a server that verifies them."""

from __future__ import annotations

import http.client
from base64 import b64encode
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.conftest import Client, client_factory
from tests.services.http import Answer, ask
from tests.services.lambda_lab import make
from tests.services.test_apigateway_validation import VALIDATED, deploy

FORBIDDEN = "Forbidden. For troubleshooting Function URL authorization issues, see: "


def asked(service: str, url: str, secret: str = "test", account: str = "000000000000", path: str = "") -> Answer:
    """A signed GET of a path that may be another than the one that was signed."""
    request = AWSRequest("GET", url)
    SigV4Auth(Credentials(account, secret), service, "us-east-1").add_auth(request)
    return ask("GET", f"{url}{path}", **dict(request.headers.items()))


@pytest.fixture
def own(verifying: str, account: str) -> Client:
    return client_factory(verifying, account, secret="test")


def test_a_rest_api(own: Client, verifying: str) -> None:
    url = f"{deploy(own, verifying, VALIDATED)}/signed"
    assert ask("GET", url).json == {"message": "Missing Authentication Token"}
    assert asked("execute-api", url).status == 200
    wrong = asked("execute-api", url, "another")
    told: Any = wrong.json
    assert (wrong.status, wrong.headers["x-amzn-errortype"]) == (403, "InvalidSignatureException")
    assert told["message"].startswith("The request signature we calculated does not match the signature you provided.")
    path = urlsplit(url).path
    assert f"The Canonical String for this request should have been\n'GET\n{path}\n" in told["message"]
    unknown = asked("execute-api", url, account="AKIAIOSFODNN7EXAMPLE")
    assert unknown.json == {"message": "The security token included in the request is invalid."}
    assert unknown.headers["x-amzn-errortype"] == "UnrecognizedClientException"


def test_an_http_api(own: Client, verifying: str) -> None:
    gateway = own("apigatewayv2")
    function = make(own("lambda"))
    api = gateway.create_api(Name="signed", ProtocolType="HTTP", Target=function)["ApiId"]
    route = gateway.get_routes(ApiId=api)["Items"][0]["RouteId"]
    url = f"{verifying}/_aws/execute-api/{api}/x"
    assert asked("execute-api", url, "another").status == 200  # nobody asks
    gateway.update_route(ApiId=api, RouteId=route, AuthorizationType="AWS_IAM")
    assert asked("execute-api", url).status == 200
    for refused in (ask("GET", url), asked("execute-api", url, "another"), asked("execute-api", url, path="/other")):
        assert (refused.status, refused.json) == (403, {"message": "Forbidden"})


def test_a_function_url(own: Client, verifying: str) -> None:
    lambda_ = own("lambda")
    make(lambda_)
    url = lambda_.create_function_url_config(FunctionName="f", AuthType="AWS_IAM")["FunctionUrl"]
    unsigned = ask("GET", url)
    assert unsigned.status == 403 and unsigned.headers["x-amzn-errortype"] == "AccessDeniedException"
    assert FORBIDDEN.encode() in unsigned.body
    assert asked("lambda", url).status == 200
    wrong = asked("lambda", url, "another")
    told: Any = wrong.json
    assert (wrong.status, wrong.headers["x-amzn-errortype"]) == (403, "InvalidSignatureException")
    assert told["message"].startswith("The request signature we calculated")
    lambda_.update_function_url_config(FunctionName="f", AuthType="NONE")
    assert ask("GET", url).status == asked("lambda", url, "another").status == 200


def test_mqtt_over_a_websocket(verifying: str, own: Client) -> None:
    session = own("sts").get_session_token()["Credentials"]
    credentials = Credentials(session["AccessKeyId"], session["SecretAccessKey"])
    request = AWSRequest("GET", f"{verifying}/mqtt")
    SigV4QueryAuth(credentials, "iotdevicegateway", "us-east-1").add_auth(request)
    # IoT's clients sign without the token
    url = f"{request.url}&X-Amz-Security-Token={quote(session['SessionToken'], safe='')}"
    assert upgraded(url) == 101
    assert upgraded(url.replace("X-Amz-Expires=3600", "X-Amz-Expires=86400")) == 403
    assert upgraded(request.url) == 403
    assert upgraded(f"{verifying}/mqtt") == 101  # a custom authorizer may be asked


def upgraded(url: str) -> int:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    wanted = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": b64encode(bytes(16)).decode(),
        "Sec-WebSocket-Protocol": "mqtt",
    }
    try:
        connection.request("GET", f"{parts.path}?{parts.query}", headers=wanted)
        return connection.getresponse().status
    finally:
        connection.close()
