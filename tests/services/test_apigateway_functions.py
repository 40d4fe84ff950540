"""Events for functions, what is made of their results, and parameter mapping."""

from __future__ import annotations

import base64
from typing import Any

import orjson
import pytest

from headwater.languages.policies import Decision
from headwater.services.apigateway.access_logs import Served, compile_access_log, line
from headwater.services.apigateway.authorizer import BrokenAuthorizer, decision
from headwater.services.apigateway.exchange import Backend, Exchange, Response
from headwater.services.apigateway.function_events import event_1_http, event_1_rest, event_2
from headwater.services.apigateway.function_results import (
    MalformedResult,
    response_1_http,
    response_1_rest,
    response_2,
)
from headwater.services.apigateway.mapping import InvalidMapping, as_text, compile_mapping


def exchange(**changes: Any) -> Exchange:
    given: dict[str, Any] = {
        "api_id": "abcdefghij",
        "rest": False,
        "account": "123456789012",
        "region": "eu-west-1",
        "stage": "$default",
        "stage_variables": {},
        "method": "POST",
        "path": "/my/pa%20th",
        "query": "a=1&a=2&b=x%26y&c",
        "headers": {"content-type": "application/json", "host": "example.com", "user-agent": "agent"},
        "body": b'{"a": {"b": [1, 2]}, "text": "hello"}',
        "source_ip": "192.0.2.1",
        "domain": "abcdefghij.execute-api.eu-west-1.amazonaws.com",
        "request_id": "8b6e0d0a-0000-4000-8000-000000000000",
        "extended_id": "JKJaXmPLvHcESHA=",
        "at": 1_583_348_638_390,
        "route_key": "POST /my/{name}",
        "resource": "/my/{name}",
        "parameters": {"name": "pa th"},
    }
    return Exchange(**(given | changes))


def test_an_access_log_tells_a_function_s_status_from_lambda_s() -> None:
    arn = "arn:aws:logs:eu-west-1:123456789012:log-group:g"
    names = ("integration.status", "integration.integrationStatus", "integration.latency", "integration.error")
    text = " ".join(f"$context.{name}" for name in ("requestId", *names))
    access_log = compile_access_log({"format": text, "destinationArn": arn}, "abcdefghij/prod")
    assert access_log is not None
    answer = Response(201, [], b"")

    def told(**changes: Any) -> str:
        return line(access_log, Served(exchange(rest=True, **changes), answer, 9)).partition(" ")[2]

    assert told(backend=Backend(200, 201, 7)) == "201 200 7 -"
    assert told(backend=Backend(None, None, 7), problem="the function failed") == "- - 7 the function failed"
    assert told(problem="refused by the authorizer") == "- - - -"


def test_format_2_is_whole() -> None:
    assert event_2(exchange()) == {
        "version": "2.0",
        "routeKey": "POST /my/{name}",
        "rawPath": "/my/pa th",
        "rawQueryString": "a=1&a=2&b=x%26y&c",
        "headers": {"content-type": "application/json", "host": "example.com", "user-agent": "agent"},
        "queryStringParameters": {"a": "1,2", "b": "x&y", "c": ""},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "abcdefghij",
            "domainName": "abcdefghij.execute-api.eu-west-1.amazonaws.com",
            "domainPrefix": "abcdefghij",
            "http": {
                "method": "POST",
                "path": "/my/pa th",
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1",
                "userAgent": "agent",
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": "POST /my/{name}",
            "stage": "$default",
            "time": "04/Mar/2020:19:03:58 +0000",
            "timeEpoch": 1_583_348_638_390,
        },
        "pathParameters": {"name": "pa th"},
        "body": '{"a": {"b": [1, 2]}, "text": "hello"}',
        "isBase64Encoded": False,
    }


def test_format_2_leaves_out_what_is_not_there() -> None:
    event = event_2(exchange(query="", body=b"", parameters={}))
    assert not event.keys() & {"queryStringParameters", "body", "pathParameters", "cookies", "stageVariables"}


def test_format_2_has_cookies_apart_and_the_stage_in_the_path() -> None:
    headers = {"cookie": "a=1; b=2", "host": "x"}
    event = event_2(exchange(headers=headers, stage="prod", stage_variables={"table": "orders"}))
    assert event["cookies"] == ["a=1", "b=2"]
    assert event["headers"] == {"host": "x"}
    assert event["rawPath"] == event["requestContext"]["http"]["path"] == "/prod/my/pa th"
    assert event["stageVariables"] == {"table": "orders"}


@pytest.mark.parametrize(
    ("content_type", "body", "encoded"),
    [
        ("application/json; charset=utf-8", b"{}", False),
        ("application/vnd.api+json", b"{}", False),
        ("text/csv", b"a,b", False),
        ("", b"plain", False),
        ("application/x-www-form-urlencoded", b"a=b", True),
        ("image/png", b"\x89PNG", True),
        ("text/plain", b"\xff\xfe", True),
    ],
)
def test_bodies_that_are_no_text_are_base64(content_type: str, body: bytes, encoded: bool) -> None:
    event = event_2(exchange(headers={"content-type": content_type}, body=body))
    assert event["isBase64Encoded"] is encoded
    assert event["body"] == (base64.b64encode(body).decode() if encoded else body.decode())


def test_format_1_of_http_apis() -> None:
    event = event_1_http(exchange())
    assert event["version"] == "1.0"
    assert event["headers"]["Content-Type"] == "application/json"
    assert event["multiValueQueryStringParameters"] == {"a": ["1", "2"], "b": ["x&y"], "c": [""]}
    assert event["queryStringParameters"] == {"a": "2", "b": "x&y", "c": ""}
    assert event["stageVariables"] is None
    assert event["requestContext"]["identity"]["sourceIp"] == "192.0.2.1"


def test_the_event_of_rest_apis() -> None:
    event = event_1_rest(exchange(rest=True, stage="prod", resource_id="r1", query="", body=b""), binary=False)
    assert "version" not in event
    assert (event["path"], event["requestContext"]["path"]) == ("/my/pa th", "/prod/my/pa th")
    assert event["queryStringParameters"] is None
    assert (event["body"], event["isBase64Encoded"]) == (None, False)
    assert event["requestContext"]["resourceId"] == "r1"
    assert event["requestContext"]["requestId"] == "8b6e0d0a-0000-4000-8000-000000000000"
    binary = event_1_rest(exchange(rest=True, body=b"\x00"), binary=True)
    assert (binary["body"], binary["isBase64Encoded"]) == ("AA==", True)


def dumps(value: object) -> bytes:
    return orjson.dumps(value)


def test_format_2_takes_any_json_for_a_body() -> None:
    response = response_2(dumps({"message": "hi"}))
    assert response[:3] == (200, [("content-type", "application/json")], b'{"message":"hi"}')
    assert response_2(dumps("plain")).body == b"plain"


def test_format_2_takes_a_whole_response() -> None:
    result = {
        "statusCode": "201",
        "headers": {"X-Number": 7, "content-type": "image/png"},
        "cookies": ["a=1", "b=2; Secure"],
        "body": "iVBORw==",
        "isBase64Encoded": True,
    }
    response = response_2(dumps(result))
    assert response.status == 201
    assert response.headers == [
        ("X-Number", "7"),
        ("content-type", "image/png"),
        ("set-cookie", "a=1"),
        ("set-cookie", "b=2; Secure"),
    ]
    assert response.body == b"\x89PNG"


def test_format_1_has_headers_of_several_values() -> None:
    result = {"statusCode": 200, "headers": {"A": "1", "B": "2"}, "multiValueHeaders": {"a": ["x", "y"]}}
    response = response_1_http(dumps(result))
    assert [pair for pair in response.headers if pair[0] != "content-type"] == [("B", "2"), ("a", "x"), ("a", "y")]


@pytest.mark.parametrize(
    "result",
    [
        {"body": "no status"},
        "text",
        {"statusCode": 200, "body": {"not": "text"}},
        {"statusCode": "many"},
        {"statusCode": 200, "headers": ["a"]},
        {"statusCode": 200, "unknown": 1},
        {"statusCode": 200, "headers": {"a": "line\nbreak"}},
        {"statusCode": 200, "headers": {"a: b\r\nc": "d"}},
        {"statusCode": 101},
    ],
)
def test_rest_apis_refuse_what_is_no_response(result: Any) -> None:
    with pytest.raises(MalformedResult):
        response_1_rest(dumps(result), binary=False)


@pytest.mark.parametrize("body", ["é", "A", "not base64!"])
def test_a_body_that_is_said_to_be_base64_is(body: str) -> None:
    with pytest.raises(MalformedResult, match="not base64"):
        response_1_rest(dumps({"statusCode": 200, "body": body, "isBase64Encoded": True}), binary=True)


def test_headers_of_the_connection_are_not_the_functions() -> None:
    result = {"statusCode": 200, "headers": {"Content-Length": "999", "transfer-encoding": "chunked", "X-A": "1"}}
    assert response_2(dumps(result)).headers == [("X-A", "1"), ("content-type", "text/plain; charset=utf-8")]


def test_rest_apis_decode_only_for_clients_that_accept_binaries() -> None:
    result = dumps({"statusCode": 200, "body": "AA==", "isBase64Encoded": True})
    assert response_1_rest(result, binary=True).body == b"\x00"
    assert response_1_rest(result, binary=False).body == b"AA=="


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("static", "static"),
        ("$request.body", '{"a": {"b": [1, 2]}, "text": "hello"}'),
        ("$request.body.text", "hello"),
        ("$request.body.a.b[1]", "2"),
        ("$request.body.a", '{"b":[1,2]}'),
        ("$request.body.none", None),
        ("$request.header.Content-Type", "application/json"),
        ("$request.querystring.a", "1,2"),
        ("$request.querystring.z", None),
        ("$request.path.name", "pa th"),
        ("$request.path", "/my/pa th"),
        ("$context.requestId", "JKJaXmPLvHcESHA="),
        ("$stageVariables.table", "orders"),
        ("${request.path.name}/${context.stage}-x", "pa th/$default-x"),
        ("${request.querystring.z}!", "!"),
    ],
)
def test_mapping(expression: str, value: str | None) -> None:
    assert as_text(compile_mapping(expression)(exchange(stage_variables={"table": "orders"}))) == value


@pytest.mark.parametrize("expression", ["$request.cookie.a", "$context.nothing", "${request.}", "$request.body.[["])
def test_mappings_that_name_nothing_are_refused(expression: str) -> None:
    with pytest.raises(InvalidMapping):
        compile_mapping(expression)


def test_a_deny_wins() -> None:
    arn = "arn:aws:execute-api:eu-west-1:123456789012:abcdefghij/prod/GET/orders"
    allow = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": arn.replace("orders", "*")}
    deny = {"Effect": "Deny", "Action": ["execute-api:*"], "Resource": [arn]}
    here = {**allow, "Condition": {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}}

    def decided(statements: Any, on: str = arn, address: str = "192.0.2.7") -> Decision:
        return decision({"Statement": statements}, on, address)

    assert decided([allow]) is decided(allow) is decided([here]) is Decision.ALLOWED
    assert decided([allow, deny]) is Decision.EXPLICITLY_DENIED
    assert decided([]) is decided(None) is Decision.IMPLICITLY_DENIED, "nothing said is not a deny"
    assert decided([allow], arn.replace("prod", "test")) is Decision.IMPLICITLY_DENIED
    assert decided([here], address="198.51.100.1") is Decision.IMPLICITLY_DENIED
    with pytest.raises(BrokenAuthorizer):
        decided(["Allow"])
