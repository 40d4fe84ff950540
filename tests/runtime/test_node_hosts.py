"""What a Node.js function sends to AWS's hosts by HTTPS: the SDK of version 2 knows no other way."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from dataclasses import replace

import pytest
from runtime_lab import Lab

pytestmark = [pytest.mark.node, pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not installed")]

SOURCE = """
import https from "node:https";
const here = { address: "127.0.0.1", family: 4 };
const lookup = (name, { all }, done) => (all ? done(null, [here]) : done(null, here.address, here.family));
export const handler = (options) => new Promise((resolve) => {
  const request = https.request({ ...options, lookup }, (answer) => {
    answer.setEncoding("utf8");
    answer.on("data", resolve);
  });
  request.on("error", (error) => resolve(error.code));
  request.end();
});
"""
SIGNED = {"Authorization": "AWS4-HMAC-SHA256 Credential=123456789012/20261128/eu-west-1/sqs/aws4_request"}


@pytest.fixture
def address(lab: Lab) -> Iterator[tuple[str, int]]:
    """A server that answers with the first line of a request and its host."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()
        host = next(line for line in lines if line.lower().startswith("host:"))
        told = f"{lines[0]} {host[5:].strip()}".encode()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(told), told))
        writer.close()

    server = lab.run(asyncio.start_server(answer, "127.0.0.1", 0))
    yield server.sockets[0].getsockname()[:2]
    server.close()


def test_what_is_signed_for_aws_comes_here(lab: Lab, address: tuple[str, int]) -> None:
    function = replace(lab.function(SOURCE, runtime="nodejs20.x"), endpoint=f"http://{address[0]}:{address[1]}")
    name = "bucket.s3.eu-west-1.amazonaws.com"
    asked = {"host": name, "port": 443, "path": "/key", "headers": {**SIGNED, "Host": name}}
    assert lab.answer(function, asked) == f"GET /key HTTP/1.1 {name}"


def test_the_endpoint_itself_is_spoken_to_as_it_speaks(lab: Lab, address: tuple[str, int]) -> None:
    host, port = address
    function = replace(lab.function(SOURCE, runtime="nodejs20.x"), endpoint=f"http://{host}:{port}")
    asked = {"hostname": host, "port": port, "path": "/topics/t", "headers": {"Host": f"{host}:{port}"}}
    assert lab.answer(function, asked) == f"GET /topics/t HTTP/1.1 {host}:{port}"


def test_copies_of_cfn_response_answer_to_port_443(lab: Lab, address: tuple[str, int]) -> None:
    host, port = address
    function = replace(lab.function(SOURCE, runtime="nodejs20.x"), endpoint=f"http://{host}:{port}")
    asked = {"hostname": host, "port": 443, "path": "/_headwater/cloudformation/response?token=t"}
    assert lab.answer(function, asked) == f"GET {asked['path']} HTTP/1.1 {host}:{port}"


@pytest.mark.parametrize(
    ("name", "headers"), [("checks.amazonaws.com", {}), ("amazonaws.com.example", SIGNED)], ids=["unsigned", "another"]
)
def test_the_rest_goes_where_it_goes(lab: Lab, address: tuple[str, int], name: str, headers: dict[str, str]) -> None:
    function = replace(lab.function(SOURCE, runtime="nodejs20.x"), endpoint=f"http://{address[0]}:{address[1]}")
    asked = {"host": name, "port": 9, "headers": headers}
    assert lab.answer(function, asked) == "ECONNREFUSED"
