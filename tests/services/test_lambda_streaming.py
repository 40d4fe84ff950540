"""Functions whose answers are streamed to function URLs."""

from __future__ import annotations

import http.client
import shutil
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.conftest import Client
from tests.services.endpoints import Endpoint, Reply
from tests.services.endpoints import endpoint as serving
from tests.services.http import ask
from tests.services.lambda_lab import ROLE, make, package

pytestmark = [pytest.mark.node, pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not installed")]

SOURCE = """
export const handler = awslambda.streamifyResponse(async (event, stream, context) => {
  const way = event.rawPath.slice(1);
  if (way === "early") throw new TypeError("too early");
  if (way === "plain") {
    stream.setContentType("text/plain");
    stream.write("one,");
    await fetch(process.env.WAIT);
    stream.write("two");
    stream.end();
    return;
  }
  const prelude = { statusCode: 201, headers: { "X-Own": "mine", "Content-Type": "text/html" }, cookies: ["a=1"] };
  stream = awslambda.HttpResponseStream.from(stream, prelude);
  stream.write("<p>");
  if (way === "late") throw new TypeError("too late");
  stream.write(context.awsRequestId.length + "</p>");
  stream.end();
});
"""


@pytest.fixture
def behind() -> Iterator[Endpoint]:
    """An endpoint that answers only once it is released."""
    with serving() as endpoint:
        endpoint.answer = lambda asked: Reply() if endpoint.released.wait(60) else Reply(500)
        yield endpoint


def _url(aws: Client, **function: Any) -> str:
    lambda_ = aws("lambda")
    settings = {"Runtime": "nodejs20.x", "Handler": "app.handler", "Role": ROLE, "Timeout": 20} | function
    lambda_.create_function(FunctionName="f", Code={"ZipFile": package(SOURCE, "app.mjs")}, **settings)
    lambda_.get_waiter("function_active_v2").wait(FunctionName="f")
    made = lambda_.create_function_url_config(FunctionName="f", AuthType="NONE", InvokeMode="RESPONSE_STREAM")
    assert lambda_.get_function_url_config(FunctionName="f")["InvokeMode"] == "RESPONSE_STREAM"
    url: str = made["FunctionUrl"]
    return url


def test_each_piece_comes_when_it_is_written(aws: Client, behind: Endpoint) -> None:
    url = urlsplit(_url(aws, Environment={"Variables": {"WAIT": behind.url}}))
    connection = http.client.HTTPConnection(url.netloc, timeout=20)
    connection.request("GET", f"{url.path}plain")
    answer = connection.getresponse()
    assert (answer.status, answer.headers["content-type"]) == (200, "text/plain")
    assert answer.read(4) == b"one,"  # the function has not gone on yet: it waits for us
    behind.released.set()
    assert answer.read() == b"two"
    connection.close()


def test_a_prelude_is_the_answers_head(aws: Client) -> None:
    url = _url(aws)
    answer = ask("GET", f"{url}html")
    assert (answer.status, answer.body) == (201, b"<p>36</p>")
    assert (answer.headers["x-own"], answer.headers["set-cookie"]) == ("mine", "a=1")
    assert answer.headers["content-type"] == "text/html"
    assert ask("GET", f"{url}html").body == b"<p>36</p>"  # the environment goes on
    late = ask("GET", f"{url}late")
    assert (late.status, late.body) == (201, b"<p>")
    assert ask("GET", f"{url}early").status == 502
    invoked = aws("lambda").invoke(FunctionName="f", Payload=b'{"rawPath": "/late"}')
    assert invoked["FunctionError"] == "Unhandled"
    whole = aws("lambda").invoke(FunctionName="f", Payload=b'{"rawPath": "/html"}')
    assert whole["Payload"].read().endswith(b"\0" * 8 + b"<p>36</p>")


def test_a_function_that_does_not_stream(aws: Client) -> None:
    make(aws("lambda"), "g", "def handler(event, context):\n    return {'path': event['rawPath']}\n")
    aws("lambda").get_waiter("function_active_v2").wait(FunctionName="g")
    made = aws("lambda").create_function_url_config(FunctionName="g", AuthType="NONE", InvokeMode="RESPONSE_STREAM")
    answer = ask("GET", f"{made['FunctionUrl']}a")
    assert (answer.status, answer.json) == (200, {"path": "/a"})


def _streamed(aws: Client, name: str, payload: bytes, **more: str) -> tuple[bytes, dict[str, Any]]:
    """What came in chunks, and how it ended."""
    events = list(aws("lambda").invoke_with_response_stream(FunctionName=name, Payload=payload, **more)["EventStream"])
    chunks = [event["PayloadChunk"]["Payload"] for event in events[:-1]]
    ended: dict[str, Any] = events[-1]["InvokeComplete"]
    return b"".join(chunks), ended


def test_an_answer_as_a_stream_of_events(aws: Client) -> None:
    _url(aws)
    body, ended = _streamed(aws, "f", b'{"rawPath": "/html"}', LogType="Tail")
    assert body.endswith(b"\0" * 8 + b"<p>36</p>")
    assert ended.keys() == {"LogResult"}
    body, ended = _streamed(aws, "f", b'{"rawPath": "/late"}')
    assert (body.endswith(b"<p>"), ended["ErrorCode"]) == (True, "TypeError")
    make(aws("lambda"), "g")
    aws("lambda").get_waiter("function_active_v2").wait(FunctionName="g")
    assert _streamed(aws, "g", b'{"a": 1}') == (b'{"a": 1}', {})
    with pytest.raises(aws("lambda").exceptions.ResourceNotFoundException):
        _streamed(aws, "none", b"{}")
