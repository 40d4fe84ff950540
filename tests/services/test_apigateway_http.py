"""HTTP APIs over the wire: the control plane through boto3, requests by plain HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.spine.operations import Caller
from tests.conftest import Client, client_factory
from tests.server import ServerThread
from tests.services.http import Answer, ask
from tests.settling import settle

Route = Callable[..., str]


@pytest.fixture
def api(aws: Client) -> dict[str, Any]:
    """An API with a default stage that deploys by itself."""
    made: dict[str, Any] = aws("apigatewayv2").create_api(Name="orders", ProtocolType="HTTP")
    aws("apigatewayv2").create_stage(ApiId=made["ApiId"], StageName="$default", AutoDeploy=True)
    return made


@pytest.fixture
def queue(aws: Client) -> str:
    url: str = aws("sqs").create_queue(QueueName="inbox")["QueueUrl"]
    return url


@pytest.fixture
def to_queue(aws: Client, api: dict[str, Any], queue: str) -> Route:
    """Make a route whose requests become messages."""

    def make(key: str, body: str = "$request.body", **parameters: str) -> str:
        integration = aws("apigatewayv2").create_integration(
            ApiId=api["ApiId"],
            IntegrationType="AWS_PROXY",
            IntegrationSubtype="SQS-SendMessage",
            PayloadFormatVersion="1.0",
            RequestParameters={"QueueUrl": queue, "MessageBody": body, **parameters},
        )
        target = f"integrations/{integration['IntegrationId']}"
        route = aws("apigatewayv2").create_route(ApiId=api["ApiId"], RouteKey=key, Target=target)
        identity: str = route["RouteId"]
        return identity

    return make


def received(aws: Client, queue: str) -> list[str]:
    messages = aws("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
    return [message["Body"] for message in messages]


def code_of(failure: pytest.ExceptionInfo[ClientError]) -> str:
    return str(failure.value.response["Error"]["Code"])


def test_an_api_is_a_record(aws: Client, api: dict[str, Any]) -> None:
    client = aws("apigatewayv2")
    assert api["ProtocolType"] == "HTTP"
    assert api["RouteSelectionExpression"] == "$request.method $request.path"
    changed = client.update_api(ApiId=api["ApiId"], Description="all orders")
    assert (changed["Name"], changed["Description"]) == ("orders", "all orders")
    assert [item["ApiId"] for item in client.get_apis()["Items"]] == [api["ApiId"]]
    client.delete_api(ApiId=api["ApiId"])
    with pytest.raises(ClientError) as failure:
        client.get_api(ApiId=api["ApiId"])
    assert code_of(failure) == "NotFoundException"
    assert ask("GET", api["ApiEndpoint"] + "/orders").status == 404


def test_an_api_belongs_to_its_account(api: dict[str, Any], endpoint: str) -> None:
    with pytest.raises(ClientError) as failure:
        client_factory(endpoint, "999999999999")("apigatewayv2").get_api(ApiId=api["ApiId"])
    assert code_of(failure) == "NotFoundException"


def test_a_request_becomes_a_message(aws: Client, api: dict[str, Any], queue: str, to_queue: Route) -> None:
    to_queue("POST /orders/{id}", "${request.path.id}: ${request.body.note} for ${request.header.x-who}")
    answer = ask("POST", api["ApiEndpoint"] + "/orders/7", b'{"note": "hello"}', X_Who="me")
    assert answer.status == 200
    assert b"<SendMessageResult>" in answer.body
    assert answer.headers["apigw-requestid"].endswith("=")
    assert received(aws, queue) == ["7: hello for me"]


def test_what_no_route_takes_is_not_found(api: dict[str, Any], to_queue: Route) -> None:
    to_queue("POST /orders")
    for method, path in (("GET", "/orders"), ("POST", "/"), ("POST", "/orders/1")):
        answer = ask(method, api["ApiEndpoint"] + path, b"")
        assert (answer.status, answer.json) == (404, {"message": "Not Found"})


def test_the_default_route_takes_the_rest(aws: Client, api: dict[str, Any], queue: str, to_queue: Route) -> None:
    to_queue("$default", "${context.routeKey} ${request.path}")
    assert ask("DELETE", api["ApiEndpoint"] + "/any/thing").status == 200
    assert received(aws, queue) == ["$default /any/thing"]


def test_an_api_is_reached_by_its_host_too(
    aws: Client, endpoint: str, api: dict[str, Any], queue: str, to_queue: Route
) -> None:
    to_queue("POST /orders", "$context.domainName")
    host = f"{api['ApiId']}.execute-api.us-east-1.amazonaws.com"
    assert ask("POST", endpoint + "/orders", b"x", Host=host).status == 200
    assert received(aws, queue) == [host]


def test_a_service_that_says_no_answers_with_its_error(api: dict[str, Any], to_queue: Route) -> None:
    to_queue("POST /orders", "$request.body.absent")
    answer = ask("POST", api["ApiEndpoint"] + "/orders", b"{}")
    assert answer.status == 400
    assert b"MessageBody" in answer.body


def test_events_are_put(aws: Client, api: dict[str, Any], queue: str) -> None:
    client = aws("apigatewayv2")
    integration = client.create_integration(
        ApiId=api["ApiId"],
        IntegrationType="AWS_PROXY",
        IntegrationSubtype="EventBridge-PutEvents",
        PayloadFormatVersion="1.0",
        RequestParameters={"Detail": "$request.body", "DetailType": "Ordered", "Source": "shop"},
    )
    target = f"integrations/{integration['IntegrationId']}"
    client.create_route(ApiId=api["ApiId"], RouteKey="POST /events", Target=target)
    arn = aws("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    aws("events").put_rule(Name="all", EventPattern='{"source": ["shop"]}')
    aws("events").put_targets(Rule="all", Targets=[{"Id": "1", "Arn": arn}])
    answer = ask("POST", api["ApiEndpoint"] + "/events", b'{"order": 1}')
    assert answer.status == 200
    assert orjson.loads(answer.body)["FailedEntryCount"] == 0
    message = aws("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=20)["Messages"][0]
    event = orjson.loads(message["Body"])
    assert (event["detail-type"], event["detail"]) == ("Ordered", {"order": 1})


def test_records_are_put(aws: Client, api: dict[str, Any]) -> None:
    client, kinesis = aws("apigatewayv2"), aws("kinesis")
    kinesis.create_stream(StreamName="clicks", ShardCount=1)
    integration = client.create_integration(
        ApiId=api["ApiId"],
        IntegrationType="AWS_PROXY",
        IntegrationSubtype="Kinesis-PutRecord",
        PayloadFormatVersion="1.0",
        RequestParameters={"StreamName": "clicks", "Data": "$request.body.data", "PartitionKey": "one"},
    )
    client.create_route(
        ApiId=api["ApiId"], RouteKey="POST /clicks", Target=f"integrations/{integration['IntegrationId']}"
    )
    put = ask("POST", api["ApiEndpoint"] + "/clicks", b'{"data": "aGVsbG8="}')
    assert (put.status, orjson.loads(put.body)["ShardId"]) == (200, "shardId-000000000000")
    shard = kinesis.get_shard_iterator(
        StreamName="clicks", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )
    records = kinesis.get_records(ShardIterator=shard["ShardIterator"])["Records"]
    assert [(each["Data"], each["PartitionKey"]) for each in records] == [(b"hello", "one")]
    refused = ask("POST", api["ApiEndpoint"] + "/clicks", b'{"data": "plain"}')
    assert (refused.status, orjson.loads(refused.body)["__type"]) == (400, "SerializationException")


def test_preflights_are_answered_for_allowed_origins(aws: Client, api: dict[str, Any], to_queue: Route) -> None:
    to_queue("POST /orders")
    cors = {"AllowOrigins": ["https://shop.example"], "AllowMethods": ["POST"], "AllowHeaders": ["content-type"]}
    aws("apigatewayv2").update_api(ApiId=api["ApiId"], CorsConfiguration=cors | {"MaxAge": 60})
    url = api["ApiEndpoint"] + "/orders"

    def preflight(origin: str) -> Answer:
        return ask("OPTIONS", url, Origin=origin, Access_Control_Request_Method="POST")

    answer = preflight("https://shop.example")
    assert answer.status == 204
    assert answer.headers["access-control-allow-origin"] == "https://shop.example"
    assert answer.headers["access-control-allow-methods"] == "POST"
    assert answer.headers["access-control-allow-headers"] == "content-type"
    assert answer.headers["access-control-max-age"] == "60"
    other = preflight("https://other.example")
    assert other.status == 204
    assert "access-control-allow-origin" not in other.headers
    assert ask("POST", url, b"x", Origin="https://shop.example").headers["access-control-allow-origin"]
    aws("apigatewayv2").delete_cors_configuration(ApiId=api["ApiId"])
    assert preflight("https://shop.example").status == 404


def test_a_stage_serves_its_deployment(aws: Client, queue: str) -> None:
    client = aws("apigatewayv2")
    api = client.create_api(Name="staged", ProtocolType="HTTP")
    integration = client.create_integration(
        ApiId=api["ApiId"],
        IntegrationType="AWS_PROXY",
        IntegrationSubtype="SQS-SendMessage",
        PayloadFormatVersion="1.0",
        RequestParameters={"QueueUrl": queue, "MessageBody": "${stageVariables.name} ${request.path}"},
    )
    target = f"integrations/{integration['IntegrationId']}"
    route = client.create_route(ApiId=api["ApiId"], RouteKey="POST /a", Target=target)
    client.create_stage(ApiId=api["ApiId"], StageName="test", StageVariables={"name": "testing"})
    url = api["ApiEndpoint"] + "/test/a"
    assert ask("POST", url, b"x").status == 404
    deployment = client.create_deployment(ApiId=api["ApiId"], StageName="test")
    assert deployment["DeploymentStatus"] == "DEPLOYED"
    assert ask("POST", url, b"x").status == 200
    assert received(aws, queue) == ["testing /a"]
    client.update_route(ApiId=api["ApiId"], RouteId=route["RouteId"], RouteKey="POST /b")
    assert ask("POST", url, b"x").status == 200
    client.create_deployment(ApiId=api["ApiId"], StageName="test")
    assert ask("POST", url, b"x").status == 404
    with pytest.raises(ClientError) as failure:
        client.delete_deployment(
            ApiId=api["ApiId"], DeploymentId=client.get_stage(ApiId=api["ApiId"], StageName="test")["DeploymentId"]
        )
    assert code_of(failure) == "BadRequestException"


def test_a_stage_writes_an_access_log(aws: Client, api: dict[str, Any], to_queue: Route) -> None:
    to_queue("POST /orders")
    aws("logs").create_log_group(logGroupName="access")
    arn = aws("logs").describe_log_groups(logGroupNamePrefix="access")["logGroups"][0]["arn"]
    names = (
        *("httpMethod", "routeKey", "path", "status", "responseLength", "authorizer.who"),
        *("integration.status", "integrationStatus", "integration.error"),
    )
    text = "$context.requestId " + " ".join(f"$context.{name}" for name in names)
    settings = {"DestinationArn": arn.removesuffix(":*"), "Format": text}
    aws("apigatewayv2").update_stage(ApiId=api["ApiId"], StageName="$default", AccessLogSettings=settings)
    taken = ask("POST", api["ApiEndpoint"] + "/orders", b"x")
    missed = ask("GET", api["ApiEndpoint"] + "/orders")
    settle(aws("logs"))
    lines = [event["message"] for event in aws("logs").filter_log_events(logGroupName="access")["events"]]
    assert lines == [
        f"{taken.headers['apigw-requestid']} POST POST /orders /orders 200 {len(taken.body)} - 200 200 -",
        f"{missed.headers['apigw-requestid']} GET - /orders 404 23 - - - -",
    ]
    aws("apigatewayv2").delete_access_log_settings(ApiId=api["ApiId"], StageName="$default")
    with pytest.raises(ClientError) as failure:
        bad = settings | {"Format": "$context.status"}
        aws("apigatewayv2").update_stage(ApiId=api["ApiId"], StageName="$default", AccessLogSettings=bad)
    assert code_of(failure) == "BadRequestException"


def test_a_route_is_throttled(aws: Client, api: dict[str, Any], to_queue: Route) -> None:
    to_queue("POST /orders")
    to_queue("POST /others")
    limits = {"POST /orders": {"ThrottlingRateLimit": 0.001, "ThrottlingBurstLimit": 2}}
    aws("apigatewayv2").update_stage(ApiId=api["ApiId"], StageName="$default", RouteSettings=limits)
    answers = [ask("POST", api["ApiEndpoint"] + "/orders", b"x") for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert answers[-1].json == {"message": "Too Many Requests"}
    assert ask("POST", api["ApiEndpoint"] + "/others", b"x").status == 200
    with pytest.raises(ClientError) as failure:
        aws("apigatewayv2").update_stage(ApiId=api["ApiId"], StageName="$default", RouteSettings={"GET /x": {}})
    assert code_of(failure) == "NotFoundException"


@pytest.mark.parametrize(
    ("operation", "arguments", "code"),
    [
        ("create_route", {"RouteKey": "GET orders"}, "BadRequestException"),
        ("create_route", {"RouteKey": "GET /{a+}/b"}, "BadRequestException"),
        ("create_route", {"RouteKey": "GET /a", "Target": "integrations/nothing"}, "NotFoundException"),
        ("create_route", {"RouteKey": "GET /a", "AuthorizationType": "ANYBODY"}, "BadRequestException"),
        ("create_integration", {"IntegrationType": "HTTP_PROXY", "IntegrationUri": "http://x"}, "BadRequestException"),
        ("create_integration", {"IntegrationType": "HTTP_PROXY", "IntegrationUri": "x"}, "BadRequestException"),
        ("create_integration", {"IntegrationType": "AWS_PROXY", "IntegrationUri": "x"}, "BadRequestException"),
        (
            "create_integration",
            {"IntegrationType": "AWS_PROXY", "IntegrationSubtype": "SQS-SendMessage", "RequestParameters": {}},
            "BadRequestException",
        ),
        ("create_stage", {"StageName": "a b"}, "BadRequestException"),
        ("create_stage", {"StageName": "$default"}, "ConflictException"),
        ("get_route", {"RouteId": "nothing"}, "NotFoundException"),
        ("delete_stage", {"StageName": "nothing"}, "NotFoundException"),
    ],
)
def test_bad_input(aws: Client, api: dict[str, Any], operation: str, arguments: dict[str, Any], code: str) -> None:
    with pytest.raises(ClientError) as failure:
        getattr(aws("apigatewayv2"), operation)(ApiId=api["ApiId"], **arguments)
    assert code_of(failure) == code


def test_a_route_key_is_used_once(api: dict[str, Any], to_queue: Route) -> None:
    to_queue("POST /orders")
    with pytest.raises(ClientError) as failure:
        to_queue("POST /orders")
    assert code_of(failure) == "ConflictException"


TEXT = st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0"), max_size=30)


@settings(max_examples=150)
@given(method=st.sampled_from(["GET", "POST", "OPTIONS", "HEAD"]), path=TEXT, query=TEXT, header=TEXT, body=st.binary())
def test_whatever_comes_is_answered(
    server: ServerThread,
    api: dict[str, Any],
    routed: None,
    method: str,
    path: str,
    query: str,
    header: str,
    body: bytes,
) -> None:
    request = {
        "ApiId": api["ApiId"],
        "Method": method,
        "Path": f"/{path}",
        "Query": query,
        "Headers": {"x-any": header, "origin": header, "cookie": header, "content-type": header},
        "Body": body,
        "SourceIp": "127.0.0.1",
        "Host": "",
    }
    caller = Caller("000000000000", "us-east-1", "anonymous")
    answer = server.run(server.cloud.engine.call("execute-api", "Invoke", request, caller, None))
    assert answer["Status"] in (200, 400, 404)


@pytest.fixture
def routed(to_queue: Route) -> None:
    to_queue(
        "ANY /{proxy+}", "${request.path.proxy} ${request.querystring.a} ${request.header.x-any} ${request.body.a}"
    )


DOCUMENT: dict[str, Any] = {
    "openapi": "3.0.1",
    "info": {"title": "imported", "version": "1.0"},
    "paths": {},
    "x-amazon-apigateway-cors": {"allowOrigins": ["*"], "allowMethods": "GET"},
    "tags": [{"name": "httpapi:createdBy", "x-amazon-apigateway-tag-value": "SAM"}],
}


def operation(queue: str, body: str) -> dict[str, Any]:
    return {
        "x-amazon-apigateway-integration": {
            "type": "aws_proxy",
            "integrationSubtype": "SQS-SendMessage",
            "payloadFormatVersion": "1.0",
            "requestParameters": {"QueueUrl": queue, "MessageBody": body},
        }
    }


def test_import_and_reimport(aws: Client, queue: str) -> None:
    client = aws("apigatewayv2")
    paths = {"/a/{id}": {"post": operation(queue, "first")}, "/$default": {"x-amazon-apigateway-any-method": {}}}
    api = client.import_api(Body=orjson.dumps(DOCUMENT | {"paths": paths}).decode())
    assert (api["Name"], api["Version"], api["Tags"]) == ("imported", "1.0", {"httpapi:createdBy": "SAM"})
    assert api["CorsConfiguration"] == {"AllowOrigins": ["*"], "AllowMethods": ["GET"]}
    keys = {route["RouteKey"] for route in client.get_routes(ApiId=api["ApiId"])["Items"]}
    assert keys == {"POST /a/{id}", "$default"}
    client.create_stage(ApiId=api["ApiId"], StageName="$default", AutoDeploy=True)
    assert ask("POST", api["ApiEndpoint"] + "/a/1", b"x").status == 200
    paths = {"/b": {"post": operation(queue, "second")}}
    client.reimport_api(ApiId=api["ApiId"], Body=orjson.dumps(DOCUMENT | {"paths": paths}).decode())
    assert ask("POST", api["ApiEndpoint"] + "/a/1", b"x").status == 404
    assert ask("POST", api["ApiEndpoint"] + "/b", b"x").status == 200
    assert received(aws, queue) == ["first", "second"]


@pytest.mark.parametrize("body", ["", "{", "[]", '{"info": {"title": "x"}}', '{"openapi": "3.0.1"}'])
def test_no_openapi_is_refused(aws: Client, body: str) -> None:
    with pytest.raises(ClientError) as failure:
        aws("apigatewayv2").import_api(Body=body)
    assert code_of(failure) == "BadRequestException"


def test_tags(aws: Client, api: dict[str, Any]) -> None:
    client = aws("apigatewayv2")
    arn = f"arn:aws:apigateway:us-east-1::/apis/{api['ApiId']}"
    client.tag_resource(ResourceArn=arn, Tags={"a": "1", "b": "2"})
    client.untag_resource(ResourceArn=arn, TagKeys=["a"])
    assert client.get_tags(ResourceArn=arn)["Tags"] == {"b": "2"}
