"""Connections and API destinations through boto3, against a real HTTP endpoint: credentials, tokens, parameters, rates,
what is tried again, and that one that is slow holds up no other."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import pytest
from botocore.exceptions import ClientError
from click.testing import CliRunner

from headwater.cli.main import main
from headwater.client import Headwater
from headwater.spine.operations import Caller
from headwater.spine.outgoing import Unreachable, send
from tests.conftest import Client, client_factory
from tests.server import ServerThread
from tests.services.endpoints import Asked, Endpoint, Reply, endpoint

ROLE = "arn:aws:iam::123456789012:role/x"
ENTRY = {"Source": "orders", "DetailType": "OrderPlaced", "Detail": '{"id": 7, "path": "a/b"}'}
BASIC = {"BasicAuthParameters": {"Username": "user", "Password": "pass"}}
KEY = {"ApiKeyAuthParameters": {"ApiKeyName": "x-key", "ApiKeyValue": "secret"}}


@pytest.fixture
def site() -> Iterator[Endpoint]:
    with endpoint() as made:
        yield made


def oauth(site: Endpoint, **more: Any) -> dict[str, Any]:
    client = {"ClientID": "client", "ClientSecret": "hidden"}
    made = {"ClientParameters": client, "AuthorizationEndpoint": f"{site.url}/token", "HttpMethod": "POST"}
    return {"OAuthParameters": {**made, **more}}


def connect(events: Any, kind: str, parameters: dict[str, Any], name: str = "c") -> str:
    made = events.create_connection(Name=name, AuthorizationType=kind, AuthParameters=parameters)
    arn: str = made["ConnectionArn"]
    return arn


def destination(events: Any, site: Endpoint, connection: str, path: str = "/hook", **more: Any) -> str:
    request = {"Name": "d", "ConnectionArn": connection, "HttpMethod": "POST", **more}
    arn: str = events.create_api_destination(InvocationEndpoint=site.url + path, **request)["ApiDestinationArn"]
    return arn


def route(events: Any, arn: str, rule: str = "r", **target: Any) -> None:
    events.put_rule(Name=rule, EventPattern='{"source": ["orders"]}')
    events.put_targets(Rule=rule, Targets=[{"Id": "t", "Arn": arn, "RoleArn": ROLE, **target}])


def queue_of(sqs: Any, name: str) -> tuple[str, str]:
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    return url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def dead_letter(sqs: Any, url: str) -> dict[str, str]:
    answer = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20, MessageAttributeNames=["All"])
    return {name: value["StringValue"] for name, value in answer["Messages"][0]["MessageAttributes"].items()}


def test_connections_keep_their_secrets_in_secrets_manager(aws: Client, account: str) -> None:
    events, secrets = aws("events"), aws("secretsmanager")
    header = {"Key": "h", "Value": "v", "IsValueSecret": True}
    query = {"Key": "q", "Value": "w", "IsValueSecret": False}
    http = {"HeaderParameters": [header], "QueryStringParameters": [query]}
    arn = connect(events, "BASIC", {**BASIC, "InvocationHttpParameters": http})
    assert re.fullmatch(rf"arn:aws:events:us-east-1:{account}:connection/c/[0-9a-f-]{{36}}", arn)
    described = events.describe_connection(Name="c")
    assert described["ConnectionState"] == "AUTHORIZED"
    assert described["AuthParameters"] == {
        "BasicAuthParameters": {"Username": "user"},
        "InvocationHttpParameters": {
            "HeaderParameters": [{"Key": "h", "IsValueSecret": True}],
            "QueryStringParameters": [query],
        },
    }
    found = secrets.describe_secret(SecretId=described["SecretArn"])
    assert re.fullmatch(r"events!connection/c/[0-9a-f-]{36}", found["Name"])
    assert found["OwningService"] == "events"
    value = json.loads(secrets.get_secret_value(SecretId=described["SecretArn"])["SecretString"])
    assert (value["username"], value["password"]) == ("user", "pass")
    updated = events.update_connection(Name="c", AuthParameters={"BasicAuthParameters": {"Password": "other"}})
    assert updated["ConnectionState"] == "AUTHORIZED"
    value = json.loads(secrets.get_secret_value(SecretId=described["SecretArn"])["SecretString"])
    assert (value["username"], value["password"]) == ("user", "other")
    assert value["invocation_http_parameters"]["header_parameters"] == [
        {"key": "h", "value": "v", "is_value_secret": True}
    ]
    assert events.deauthorize_connection(Name="c")["ConnectionState"] == "DEAUTHORIZING"
    assert events.describe_connection(Name="c")["ConnectionState"] == "DEAUTHORIZED"
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        secrets.describe_secret(SecretId=described["SecretArn"])
    events.update_connection(Name="c", AuthorizationType="API_KEY", AuthParameters=KEY)
    again = events.describe_connection(Name="c")
    assert (again["ConnectionState"], again["AuthorizationType"]) == ("AUTHORIZED", "API_KEY")
    (listed,) = events.list_connections(ConnectionState="AUTHORIZED")["Connections"]
    assert listed["ConnectionArn"] == arn
    assert events.delete_connection(Name="c")["ConnectionState"] == "DELETING"
    with pytest.raises(ClientError, match=r"Failed to describe the connection\(s\). Connection 'c' does not exist."):
        events.describe_connection(Name="c")


def test_refusals(aws: Client, site: Endpoint) -> None:
    events = aws("events")
    arn = connect(events, "BASIC", BASIC)
    target = destination(events, site, arn)
    create = {"AuthorizationType": "BASIC", "AuthParameters": BASIC}
    place = {"InvocationEndpoint": site.url, "HttpMethod": "GET"}
    bare = [{"Id": "t", "Arn": target}]
    events.put_rule(Name="r", EventPattern='{"source": ["orders"]}')
    cases: list[tuple[str, dict[str, Any], str]] = [
        ("create_connection", {"Name": "c", **create}, "Connection c already exists."),
        ("create_connection", {"Name": "x", **create, "AuthParameters": KEY}, "BasicAuthParameters is required"),
        ("create_connection", {"Name": "a b", **create}, "failed to satisfy constraint"),
        ("create_api_destination", {"Name": "x", "ConnectionArn": arn + "0", **place}, "Connection 'c' does not exist"),
        ("describe_api_destination", {"Name": "x"}, "An api-destination 'x' does not exist."),
        (
            "put_targets",
            {"Rule": "r", "Targets": bare},
            f"RoleArn is required for target {target}",
        ),
    ]
    for name, request, message in cases:
        with pytest.raises(ClientError, match=message):
            getattr(events, name)(**request)


def test_an_event_is_posted_with_all_that_belongs_to_it(aws: Client, site: Endpoint) -> None:
    events = aws("events")
    http = {
        "HeaderParameters": [{"Key": "X-Both", "Value": "connection"}],
        "QueryStringParameters": [{"Key": "both", "Value": "connection"}],
        "BodyParameters": [{"Key": "extra", "Value": "yes"}],
    }
    arn = destination(events, site, connect(events, "BASIC", {**BASIC, "InvocationHttpParameters": http}), "/a/*/b/*")
    parameters = {
        "PathParameterValues": ["one", "$.detail.path"],
        "HeaderParameters": {"x-both": "target", "X-Id": "$.detail.id", "User-Agent": "mine"},
        "QueryStringParameters": {"both": "target", "own": "a b"},
    }
    route(events, arn, HttpParameters=parameters, InputPath="$.detail")
    events.put_events(Entries=[ENTRY])
    asked = site.next()
    assert (asked.method, asked.path) == ("POST", "/a/one/b/a%2Fb")
    assert parse_qs(asked.query) == {"both": ["connection"], "own": ["a b"]}
    assert json.loads(asked.body) == {"id": 7, "path": "a/b", "extra": "yes"}
    expected = {
        "x-both": "connection",
        "x-id": "7",
        "authorization": f"Basic {base64.b64encode(b'user:pass').decode()}",
        "user-agent": "Amazon/EventBridge/ApiDestinations",
        "content-type": "application/json; charset=utf-8",
        "range": "bytes=0-1048575",
        "connection": "close",
    }
    assert {name: asked.headers[name] for name in expected} == expected


def test_oauth_fetches_and_renews_its_token(timed: ServerThread, site: Endpoint) -> None:
    events = client_factory(timed.endpoint, "444455556666")("events")
    tokens = iter(("one", "two", "three"))
    good = {"Bearer one"}

    def answer(asked: Asked) -> Reply:
        if asked.path == "/token":
            told = {"access_token": next(tokens), "token_type": "bearer", "expires_in": 3600}
            return Reply(200, {}, json.dumps(told).encode())
        return Reply(200 if asked.headers["authorization"] in good else 401)

    site.answer = answer
    extra = {"BodyParameters": [{"Key": "scope", "Value": "all", "IsValueSecret": False}]}
    made = events.create_connection(
        Name="c", AuthorizationType="OAUTH_CLIENT_CREDENTIALS", AuthParameters=oauth(site, OAuthHttpParameters=extra)
    )
    assert made["ConnectionState"] == "AUTHORIZING"
    asked = site.next("/token")
    assert {name: values[0] for name, values in parse_qs(asked.body.decode()).items()} == {
        "grant_type": "client_credentials",
        "client_id": "client",
        "client_secret": "hidden",
        "scope": "all",
    }
    timed.advance(1)
    assert events.describe_connection(Name="c")["ConnectionState"] == "AUTHORIZED"
    route(events, destination(events, site, made["ConnectionArn"]))
    events.put_events(Entries=[ENTRY])
    assert site.next().headers["authorization"] == "Bearer one"
    timed.advance(3_590_000)  # it would end before long
    good.add("Bearer two")
    events.put_events(Entries=[ENTRY])
    assert site.next().path == "/token"
    assert site.next().headers["authorization"] == "Bearer two"
    good.clear()
    good.add("Bearer three")
    events.put_events(Entries=[ENTRY])  # refused: a new one is asked for at once
    assert [site.next().path for _ in range(3)] == ["/hook", "/token", "/hook"]


def test_a_connection_that_gets_no_token_is_deauthorized(aws: Client, site: Endpoint, account: str) -> None:
    events, sqs = aws("events"), aws("sqs")
    url, dead = queue_of(sqs, "dead")
    site.answer = lambda asked: Reply(200, {}, b"<html>") if asked.path == "/token" else Reply()
    arn = connect(events, "OAUTH_CLIENT_CREDENTIALS", oauth(site))
    target = destination(events, site, arn)
    route(events, target, DeadLetterConfig={"Arn": dead}, RetryPolicy={"MaximumRetryAttempts": 0})
    site.next("/token")
    events.put_events(Entries=[ENTRY])
    assert dead_letter(sqs, url)["ERROR_CODE"] == "SDK_CLIENT_ERROR"
    described = events.describe_connection(Name="c")
    assert described["ConnectionState"] == "DEAUTHORIZED"
    assert "did not answer with an access token" in described["StateReason"]
    assert events.describe_api_destination(Name="d")["ApiDestinationState"] == "INACTIVE"


def test_a_server_of_tokens_may_come_up_late(timed: ServerThread, site: Endpoint) -> None:
    events = client_factory(timed.endpoint, "444455556666")("events")
    replies = iter((Reply(503), Reply(503), Reply(200, {}, b'{"access_token": "one"}')))
    site.answer = lambda asked: next(replies)
    connect(events, "OAUTH_CLIENT_CREDENTIALS", oauth(site))
    for state in ("AUTHORIZING", "AUTHORIZING", "AUTHORIZED"):
        site.next("/token")
        timed.advance(0)
        assert events.describe_connection(Name="c")["ConnectionState"] == state
        timed.advance(2000)


@pytest.mark.parametrize("status", [400, 403, 404, 301])
def test_what_the_endpoint_will_never_take_is_dead_at_once(aws: Client, site: Endpoint, status: int) -> None:
    events, sqs = aws("events"), aws("sqs")
    url, dead = queue_of(sqs, "dead")
    site.answer = lambda asked: Reply(status)
    route(events, destination(events, site, connect(events, "API_KEY", KEY)), DeadLetterConfig={"Arn": dead})
    events.put_events(Entries=[ENTRY])
    assert site.next().headers["x-key"] == "secret"
    attributes = dead_letter(sqs, url)
    assert attributes["ERROR_CODE"] == "SDK_CLIENT_ERROR"
    assert attributes["ERROR_MESSAGE"].startswith("Unable to invoke ApiDestination endpoint: ")
    assert str(status) in attributes["ERROR_MESSAGE"]
    assert "EXHAUSTED_RETRY_CONDITION" not in attributes


def test_retries_heed_the_endpoint(timed: ServerThread, site: Endpoint) -> None:
    aws = client_factory(timed.endpoint, "444455556666")
    events = aws("events")
    replies = iter((Reply(429, {"Retry-After": "300"}), Reply(503), Reply(409), Reply(200)))
    site.answer = lambda asked: next(replies)
    route(events, destination(events, site, connect(events, "API_KEY", KEY)))
    events.put_events(Entries=[ENTRY])
    site.next()
    timed.advance(299_000)
    assert site.none()
    timed.advance(1_000)
    site.next()
    timed.advance(60_000)
    site.next()
    site.next()
    timed.advance(3_600_000)
    assert site.none()


def test_a_negative_retry_after_ends_it(aws: Client, site: Endpoint) -> None:
    events, sqs = aws("events"), aws("sqs")
    url, dead = queue_of(sqs, "dead")
    site.answer = lambda asked: Reply(503, {"Retry-After": "-1"})
    route(events, destination(events, site, connect(events, "API_KEY", KEY)), DeadLetterConfig={"Arn": dead})
    events.put_events(Entries=[ENTRY])
    assert "EXHAUSTED_RETRY_CONDITION" not in dead_letter(sqs, url)


def test_the_rate_is_kept_on_the_clock(timed: ServerThread, site: Endpoint) -> None:
    events = client_factory(timed.endpoint, "444455556666")("events")
    route(events, destination(events, site, connect(events, "API_KEY", KEY), InvocationRateLimitPerSecond=2))
    events.put_events(Entries=[ENTRY] * 5)
    for sent in (2, 2, 1):
        for _ in range(sent):
            site.next()
        timed.advance(0)
        assert site.none()
        timed.advance(1000)
    assert site.none()


def test_what_would_have_to_wait_beyond_its_age_is_dead_at_once(timed: ServerThread, site: Endpoint) -> None:
    aws = client_factory(timed.endpoint, "444455556666")
    events, (url, dead) = aws("events"), queue_of(aws("sqs"), "dead")
    arn = destination(events, site, connect(events, "API_KEY", KEY), InvocationRateLimitPerSecond=1)
    route(events, arn, DeadLetterConfig={"Arn": dead}, RetryPolicy={"MaximumEventAgeInSeconds": 60})
    for _ in range(7):
        events.put_events(Entries=[ENTRY] * 9)  # 63, of which 61 can be sent
    attributes = dead_letter(aws("sqs"), url)
    assert (attributes["ERROR_CODE"], attributes["EXHAUSTED_RETRY_CONDITION"]) == (
        "THROTTLING",
        "MaximumEventAgeInSeconds",
    )
    timed.advance(60_000)
    for _ in range(61):
        site.next()
    timed.advance(3_600_000)
    assert site.none()


def test_one_that_is_slow_down_or_talks_garbage_holds_up_no_other(aws: Client, site: Endpoint) -> None:
    """Twenty hang, one is not there, one answers what is no HTTP: a queue has its events meanwhile, and so has another
    endpoint."""
    events, sqs = aws("events"), aws("sqs")
    url, arn = queue_of(sqs, "q")
    dead_url, dead = queue_of(sqs, "dead")

    def answer(asked: Asked) -> Reply:
        if asked.path == "/slow":
            site.released.wait(60)
        return Reply(0, {}, b"SSH-2.0-nonsense\r\n\r\n") if asked.path == "/garbage" else Reply()

    site.answer = answer
    connection = connect(events, "API_KEY", KEY)
    for path in ("/slow", "/garbage", "/good"):
        destination(events, site, connection, path, Name=path[1:])
    down = events.create_api_destination(
        Name="down", ConnectionArn=connection, HttpMethod="POST", InvocationEndpoint="http://127.0.0.1:9/"
    )
    described = {name: events.describe_api_destination(Name=name) for name in ("slow", "garbage", "good")}
    no_more = {"DeadLetterConfig": {"Arn": dead}, "RetryPolicy": {"MaximumRetryAttempts": 0}}
    for name, found in described.items():
        route(events, found["ApiDestinationArn"], name, **no_more)
    route(events, down["ApiDestinationArn"], "down", **no_more)
    events.put_rule(Name="queue", EventPattern='{"source": ["orders"]}')
    events.put_targets(Rule="queue", Targets=[{"Id": "t", "Arn": arn}])
    for _ in range(2):
        events.put_events(Entries=[ENTRY] * 10)
    got = 0
    while got < 20:
        messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=20)["Messages"]
        got += len(messages)
        for message in messages:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    for _ in range(20):
        site.next("/good")
    codes = {dead_letter(sqs, dead_url)["ERROR_CODE"]}
    assert codes == {"SDK_CLIENT_ERROR"}
    site.released.set()


def test_a_request_has_its_time(site: Endpoint, server: ServerThread) -> None:
    def answer(asked: Asked) -> Reply:
        site.released.wait(60)
        return Reply()

    site.answer = answer
    with pytest.raises(Unreachable) as error:
        server.run(send("GET", site.url, {}, b"", seconds=0.05))
    assert error.value.timed_out
    with pytest.raises(Unreachable, match="end of a line"):
        server.run(send("GET", site.url, {"X": "a\r\nY: b"}, b"", seconds=1))
    with pytest.raises(Unreachable, match="no HTTP address"):
        server.run(send("GET", "file:///etc/passwd", {}, b"", seconds=1))


def test_other_services_may_have_requests_authorized(server: ServerThread, aws: Client, account: str) -> None:
    arn = connect(aws("events"), "API_KEY", KEY)
    request = {"ConnectionArn": arn, "Method": "GET", "Url": "http://x/?a=b", "Headers": {"X-KEY": "mine"}, "Body": b""}
    caller = Caller(account, "us-east-1", "arn:aws:iam::x:root")
    made = server.run(server.cloud.engine.call("events", "AuthorizeRequest", request, caller, None))
    assert made == {"Url": "http://x/?a=b", "Headers": {"x-key": "secret"}, "Body": b"", "Renewable": False}


def test_other_services_may_invoke_a_destination(
    server: ServerThread, aws: Client, account: str, site: Endpoint
) -> None:
    site.answer = lambda asked: Reply(201, {"X-Made": "yes"}, b"done")
    arn = destination(aws("events"), site, connect(aws("events"), "API_KEY", KEY), "/a/*")
    request = {"Arn": arn, "Body": b"{}", "PathParameterValues": ["b"], "HeaderParameters": {"x": "y"}}
    caller = Caller(account, "us-east-1", "arn:aws:iam::x:root")
    made = server.run(server.cloud.engine.call("events", "InvokeApiDestination", request, caller, None))
    assert (made["Status"], made["Headers"]["x-made"], made["Body"]) == (201, "yes", b"done")
    asked = site.next()
    assert (asked.path, asked.headers["x"], asked.headers["x-key"]) == ("/a/b", "y", "secret")


def test_what_endpoints_answered_is_kept_with_the_attempts(timed: ServerThread, site: Endpoint) -> None:
    aws, headwater = client_factory(timed.endpoint, "123456789012"), Headwater(timed.endpoint)
    events = aws("events")
    route(events, destination(events, site, connect(events, "BASIC", BASIC)))
    replies = iter([Reply(503, body=b"busy " + b"x" * 3000), Reply(202, body=b'{"ticket": 7}')])
    site.answer = lambda asked: next(replies)
    event = events.put_events(Entries=[ENTRY])["Entries"][0]["EventId"]
    site.next()
    headwater.settle()
    [failing] = headwater.deliveries(state="retrying")
    shown = CliRunner().invoke(main, ["explain", event, "--endpoint", timed.endpoint]).output
    assert "answered 503 busy xxx" in shown
    timed.advance(60_000)
    first, second = headwater.delivery(failing["id"])["attempts"]
    assert first["response"].startswith("503 busy xxx") and len(first["response"]) < 2100
    assert second["response"] == '202 {"ticket": 7}'
    told = CliRunner().invoke(main, ["deliveries", failing["id"], "--endpoint", timed.endpoint]).output
    assert "SDK_CLIENT_ERROR  Unable to invoke" in told and 'response: 202 {"ticket": 7}' in told
