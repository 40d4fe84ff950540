"""WebSocket APIs, through real sockets: routes, functions, services, connections by their ids, and their end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import orjson
import pytest
from botocore.exceptions import ClientError
from wsproto.events import CloseConnection

from tests.conftest import Client, client_factory
from tests.server import ServerThread
from tests.services.lambda_lab import make, receive
from tests.services.socket_client import SocketClient
from tests.settling import settle, wait_for

CHAT = """
import json, os
import boto3

queue = os.environ["QUEUE"]
sqs = boto3.client("sqs")

def handler(event, context):
    told = event["requestContext"]
    if event.get("queryStringParameters", {}).get("who") == "nobody":
        return {"statusCode": 401}
    if told["eventType"] != "MESSAGE":
        sqs.send_message(QueueUrl=queue, MessageBody=json.dumps(event))
        wanted = (event.get("headers") or {}).get("Sec-WebSocket-Protocol")
        return {"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": wanted.split(",")[0]} if wanted else {}}
    if told["routeKey"] == "fail":
        raise ValueError("no")
    if told["routeKey"] == "reply":
        return {"statusCode": 200, "body": json.dumps({"event": event})}
    backend = boto3.client("apigatewaymanagementapi", endpoint_url=f"https://{told['domainName']}/{told['stage']}")
    backend.post_to_connection(ConnectionId=told["connectionId"], Data=json.dumps({"echo": event["body"]}))
    return {"statusCode": 200}
"""


class Chat:
    """An API with a function behind ``$connect``, ``$disconnect``, ``echo``, ``reply`` and ``fail``."""

    def __init__(self, aws: Client) -> None:
        self.api = aws("apigatewayv2")
        self.sqs = aws("sqs")
        self.queue = self.sqs.create_queue(QueueName="told")["QueueUrl"]
        variables = {"Variables": {"QUEUE": self.queue}}
        function = make(aws("lambda"), "chat", CHAT, Environment=variables)
        wait_for(aws("lambda"), "function_active_v2", FunctionName="chat")
        made = self.api.create_api(
            Name="chat", ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action"
        )
        self.id = made["ApiId"]
        self.url = f"{made['ApiEndpoint']}/dev"
        self.http = f"{self.url.replace('ws://', 'http://')}"
        target = self.integration(IntegrationType="AWS_PROXY", IntegrationUri=function)
        for key in ("$connect", "$disconnect", "echo", "reply", "fail"):
            route = self.api.create_route(ApiId=self.id, RouteKey=key, Target=target)
            if key == "reply":
                self.api.create_route_response(ApiId=self.id, RouteId=route["RouteId"], RouteResponseKey="$default")
        self.api.create_stage(ApiId=self.id, StageName="dev", AutoDeploy=True)

    def integration(self, **given: Any) -> str:
        return f"integrations/{self.api.create_integration(ApiId=self.id, **given)['IntegrationId']}"

    def told(self) -> dict[str, Any]:
        """The event of the next coming or going."""
        event: dict[str, Any] = orjson.loads(receive(self.sqs, self.queue)[0]["Body"])
        return event

    def backend(self, account: str) -> Any:
        return boto3.client(
            "apigatewaymanagementapi",
            endpoint_url=self.http,
            region_name="us-east-1",
            aws_access_key_id=account,
            aws_secret_access_key="secret",
        )


@pytest.fixture
def chat(aws: Client) -> Chat:
    return Chat(aws)


def test_a_function_is_told_of_a_client_from_its_coming_to_its_going(chat: Chat) -> None:
    with SocketClient(f"{chat.url}?who=me&who=you", {"User-Agent": "test"}, ["chat", "other"]) as client:
        assert (client.status, client.protocol) == (101, "chat")
        came = chat.told()
        assert came["queryStringParameters"] == {"who": "you"}
        assert came["multiValueQueryStringParameters"] == {"who": ["me", "you"]}
        assert came["headers"]["User-Agent"] == "test"
        context = came["requestContext"]
        assert (context["routeKey"], context["eventType"], context["stage"]) == ("$connect", "CONNECT", "dev")
        assert context["identity"] == {"userAgent": "test", "sourceIp": "127.0.0.1"}
        assert context["messageDirection"] == "IN"
        assert context["domainName"] == f"{chat.id}.execute-api.us-east-1.amazonaws.com"

        client.send({"action": "reply", "text": "hello"})
        event = client.receive()["event"]
        assert event["body"] == '{"action":"reply","text":"hello"}'
        assert event["isBase64Encoded"] is False
        assert event["requestContext"]["routeKey"] == "reply"
        assert event["requestContext"]["connectionId"] == context["connectionId"]
        assert event["requestContext"]["messageId"]
        assert "headers" not in event

        client.close(1001, "bye")
    went = chat.told()["requestContext"]
    assert (went["eventType"], went["disconnectStatusCode"], went["disconnectReason"]) == ("DISCONNECT", 1001, "bye")
    assert went["connectionId"] == context["connectionId"]


def test_a_function_answers_by_the_address_that_its_event_tells(chat: Chat) -> None:
    with SocketClient(chat.url) as client:
        client.send({"action": "echo", "n": 1})
        assert client.receive() == {"echo": '{"action":"echo","n":1}'}


def test_a_function_that_says_no_keeps_clients_out(chat: Chat) -> None:
    with SocketClient(f"{chat.url}?who=nobody") as client:
        assert client.status == 401
    with SocketClient(chat.url.replace("/dev", "/other")) as client:
        assert client.status == 403


def test_what_nothing_takes_and_what_fails_is_told_to_the_client(chat: Chat) -> None:
    with SocketClient(chat.url) as client:
        for message, text in (("no json", "Forbidden"), ({"action": "fail"}, "Internal server error")):
            client.send(message)
            answer = client.receive()
            assert answer.keys() == {"message", "connectionId", "requestId"}
            assert answer["message"] == text


def test_backends_reach_clients_by_the_ids_of_connections(chat: Chat, account: str) -> None:
    backend = chat.backend(account)
    with SocketClient(chat.url, {"User-Agent": "test"}) as client:
        identity = chat.told()["requestContext"]["connectionId"]
        backend.post_to_connection(ConnectionId=identity, Data=b'{"n":1}')
        assert client.receive() == {"n": 1}
        backend.post_to_connection(ConnectionId=identity, Data=b"\xff\x00")
        assert client.receive() == b"\xff\x00"
        found = backend.get_connection(ConnectionId=identity)
        assert found["Identity"] == {"SourceIp": "127.0.0.1", "UserAgent": "test"}
        with pytest.raises(ClientError) as raised:
            backend.post_to_connection(ConnectionId=identity, Data=b"x" * (128 * 1024 + 1))
        assert raised.value.response["Error"]["Code"] == "PayloadTooLargeException"
        backend.delete_connection(ConnectionId=identity)
        assert isinstance(client.receive(), CloseConnection)
    assert chat.told()["requestContext"]["eventType"] == "DISCONNECT"
    with pytest.raises(backend.exceptions.GoneException):
        backend.post_to_connection(ConnectionId=identity, Data=b"late")


def test_a_message_goes_to_a_service_through_a_template(chat: Chat, account: str) -> None:
    route = chat.queue.rpartition("/")[2]
    target = chat.integration(
        IntegrationType="AWS",
        IntegrationMethod="POST",
        IntegrationUri=f"arn:aws:apigateway:us-east-1:sqs:path/{account}/{route}",
        PassthroughBehavior="NEVER",
        TemplateSelectionExpression="\\$default",
        RequestParameters={"integration.request.header.Content-Type": "'application/x-www-form-urlencoded'"},
        RequestTemplates={
            "$default": "Action=SendMessage&MessageBody=$util.urlEncode($input.json('$'))"
            "&MessageAttribute.1.Name=id&MessageAttribute.1.Value.DataType=String"
            "&MessageAttribute.1.Value.StringValue=$context.connectionId"
        },
    )
    made = chat.api.create_route(ApiId=chat.id, RouteKey="$default", Target=target)
    chat.api.create_route_response(ApiId=chat.id, RouteId=made["RouteId"], RouteResponseKey="$default")
    chat.api.create_integration_response(
        ApiId=chat.id,
        IntegrationId=target.partition("/")[2],
        IntegrationResponseKey="/2\\d\\d/",
        ResponseTemplates={"$default": '{"taken": "$context.connectionId"}'},
    )
    with SocketClient(chat.url) as client:
        identity = chat.told()["requestContext"]["connectionId"]
        client.send({"order": 7})
        assert client.receive() == {"taken": identity}
        message = receive(chat.sqs, chat.queue)[0]
    assert orjson.loads(message["Body"]) == {"order": 7}
    assert message["MessageAttributes"]["id"]["StringValue"] == identity


def test_an_authorizer_lets_clients_in(chat: Chat, aws: Client) -> None:
    source = """
def handler(event, context):
    effect = "Allow" if event["headers"]["Auth"] == "yes" else "Deny"
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": event["methodArn"]}
    return {"principalId": "me", "policyDocument": {"Statement": [statement]}, "context": {"level": 3}}
"""
    function = make(aws("lambda"), "lets", source)
    wait_for(aws("lambda"), "function_active_v2", FunctionName="lets")
    authorizer = chat.api.create_authorizer(
        ApiId=chat.id,
        Name="lets",
        AuthorizerType="REQUEST",
        AuthorizerUri=f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations",
        IdentitySource=["route.request.header.Auth"],
    )
    routes = {route["RouteKey"]: route for route in chat.api.get_routes(ApiId=chat.id)["Items"]}
    own = {"AuthorizationType": "CUSTOM", "AuthorizerId": authorizer["AuthorizerId"]}
    chat.api.update_route(ApiId=chat.id, RouteId=routes["$connect"]["RouteId"], **own)
    for headers, status in (({}, 401), ({"Auth": "no"}, 403)):
        with SocketClient(chat.url, headers) as client:
            assert client.status == status
    with SocketClient(chat.url, {"Auth": "yes"}) as client:
        client.send({"action": "reply"})
        assert client.receive()["event"]["requestContext"]["authorizer"] == {"principalId": "me", "level": "3"}
    with pytest.raises(chat.api.exceptions.BadRequestException, match="restricted to the \\$connect route only"):
        chat.api.update_route(ApiId=chat.id, RouteId=routes["echo"]["RouteId"], **own)


def test_a_message_that_is_too_long_ends_the_connection(chat: Chat) -> None:
    with SocketClient(chat.url) as client:
        client.send("x" * (128 * 1024 + 1))
        end = client.receive()
        assert isinstance(end, CloseConnection)
        assert end.code == 1009


def _mock_api(aws: Callable[..., Any]) -> tuple[str, Any, str]:
    """An API without functions; its address, and the queue that is told of ends."""
    api, sqs = aws("apigatewayv2"), aws("sqs")
    queue = sqs.create_queue(QueueName="ends")["QueueUrl"]
    made = api.create_api(Name="mock", ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action")
    account = queue.split("/")[-2]
    integration = api.create_integration(
        ApiId=made["ApiId"],
        IntegrationType="AWS",
        IntegrationMethod="POST",
        IntegrationUri=f"arn:aws:apigateway:us-east-1:sqs:path/{account}/ends",
        RequestParameters={"integration.request.header.Content-Type": "'application/x-www-form-urlencoded'"},
        RequestTemplates={"$default": "Action=SendMessage&MessageBody=$context.disconnectStatusCode"},
    )
    target = f"integrations/{integration['IntegrationId']}"
    api.create_route(ApiId=made["ApiId"], RouteKey="$disconnect", Target=target)
    api.create_stage(ApiId=made["ApiId"], StageName="dev", AutoDeploy=True)
    return f"{made['ApiEndpoint']}/dev", sqs, queue


def test_an_idle_connection_ends_after_ten_minutes(timed: ServerThread) -> None:
    url, sqs, queue = _mock_api(client_factory(timed.endpoint, "123456789012"))
    with SocketClient(url) as client:
        timed.advance(9 * 60_000)
        client.ping()
        settle(timed.endpoint)
        timed.advance(9 * 60_000)
        client.send({"action": "none"})
        assert client.receive()["message"] == "Forbidden"
        timed.advance(10 * 60_000)
        end = client.receive()
        assert isinstance(end, CloseConnection)
        assert (end.code, end.reason) == (1001, "Going away")
    assert receive(sqs, queue)[0]["Body"] == "1001"


def test_connections_that_a_stopped_cloud_has_cut_are_told_as_gone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with ServerThread(data=tmp_path) as server:
        url, _, _ = _mock_api(client_factory(server.endpoint, "123456789012"))
        client = SocketClient(url)
        assert client.status == 101
    client.__exit__(None, None, None)
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
    with ServerThread(data=tmp_path) as server:
        sqs = client_factory(server.endpoint, "123456789012")("sqs")
        queue = sqs.get_queue_url(QueueName="ends")["QueueUrl"]
        assert receive(sqs, queue)[0]["Body"] == "1006"
