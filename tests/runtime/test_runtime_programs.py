"""Node.js functions, and ``provided`` runtimes: whatever speaks the Runtime API."""

from __future__ import annotations

import re
import shutil
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from runtime_lab import Lab

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not installed")

NODE = """
const delay = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
export const handler = async (event, context) => ({ event, id: context.awsRequestId,
  left: context.getRemainingTimeInMillis(), trace: process.env._X_AMZN_TRACE_ID });
export const fail = async () => { throw new TypeError("no way"); };
export const sync = (event, context) => { context.succeed("done"); };
export const callback = (event, context, done) => { setTimeout(() => done(null, "later"), 5); };
export const failing = (event, context, done) => { done(new RangeError("far")); };
export const silent = (event, context, done) => {};
export const reject = async () => { Promise.reject(new Error("lost")); await delay(5000); };
export const exit = async () => process.exit(3);
export const nested = { deep: { handler: async () => "deep" } };
export const circular = async () => { const a = {}; a.a = a; return a; };
export const logs = async () => { console.log("one %d", 1); console.error("two\\nthree"); };
"""


def node(lab: Lab, export: str = "handler", **more: Any) -> Any:
    return lab.function(NODE, f"app.{export}", "nodejs20.x", **more)


@needs_node
@pytest.mark.node
def test_node_answers(lab: Lab) -> None:
    answer = lab.answer(node(lab), {"a": 1}, request_id="abc", trace="Root=1-2-3")
    assert (answer["event"], answer["id"], answer["trace"]) == ({"a": 1}, "abc", "Root=1-2-3")
    assert 2000 < answer["left"] <= 3000


@needs_node
@pytest.mark.node
@pytest.mark.parametrize(
    ("export", "expected"),
    [("sync", "done"), ("callback", "later"), ("silent", None), ("nested.deep.handler", "deep")],
)
def test_ways_to_answer_in_node(lab: Lab, export: str, expected: object) -> None:
    f = node(lab, export)
    assert [lab.answer(f), lab.answer(f)] == [expected, expected]


@needs_node
@pytest.mark.node
@pytest.mark.parametrize(
    ("export", "kind", "message"),
    [
        ("fail", "TypeError", "no way"),
        ("failing", "RangeError", "far"),
        ("reject", "Runtime.UnhandledPromiseRejection", "Error: lost"),
        ("exit", "Runtime.ExitError", "RequestId: r-1 Error: Runtime exited with error: exit status 3"),
        ("missing", "Runtime.HandlerNotFound", "app.missing is undefined or not exported"),
    ],
)
def test_errors_in_node(lab: Lab, export: str, kind: str, message: str) -> None:
    error = lab.error(node(lab, export))
    assert (error["errorType"], error["errorMessage"]) == (kind, message)
    if kind == "TypeError":
        assert error["trace"][0] == "TypeError: no way"
        assert "app.mjs" in error["trace"][1]


@needs_node
@pytest.mark.node
def test_what_json_cannot_hold_in_node(lab: Lab) -> None:
    error = lab.error(node(lab, "circular"))
    assert error["errorType"] == "Runtime.MarshalError"
    assert error["errorMessage"].startswith("Unable to stringify response body: Converting circular")


@needs_node
@pytest.mark.node
def test_node_errors_of_init(lab: Lab) -> None:
    syntax = lab.error(lab.function("const x = {{;", runtime="nodejs20.x"))
    assert syntax["errorType"] == "Runtime.UserCodeSyntaxError"
    assert syntax["errorMessage"] == "SyntaxError: Unexpected token '{'"
    gone = lab.error(lab.function("", "gone.handler", "nodejs20.x"))
    assert gone["errorType"] == "Runtime.ImportModuleError"
    assert gone["errorMessage"] == "Error: Cannot find module 'gone'"


@needs_node
@pytest.mark.node
def test_commonjs_and_layers(lab: Lab, tmp_path: Path) -> None:
    package = tmp_path / "nodejs" / "node_modules" / "shared"
    package.mkdir(parents=True)
    (package / "index.js").write_text("module.exports = 'layer';")
    source = "exports.handler = async () => require('shared');"
    f = lab.function(source, "old.handler", "nodejs20.x", file="old.js", layers=(tmp_path,))
    assert lab.answer(f) == "layer"


@needs_node
@pytest.mark.node
def test_the_log_of_a_node_function(lab: Lab) -> None:
    f = node(lab, "logs")
    lab.lines.clear()
    lab.invoke(f, request_id="r-log")
    start = lab.lines.index("START RequestId: r-log Version: $LATEST")
    one, two = lab.lines[start + 1 : start + 3]
    stamp = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\tr-log\t"
    assert re.fullmatch(stamp + "INFO\tone 1", one)
    assert re.fullmatch(stamp + "ERROR\ttwo\nthree", two)


@needs_node
@pytest.mark.node
def test_another_node_says_so(lab: Lab) -> None:
    lab.lines.clear()
    assert lab.answer(replace(node(lab), runtime="nodejs999.x"), 1)["event"] == 1
    assert lab.lines[1].startswith("[WARN] Headwater: Node.js 999 is not installed; running on Node.js ")


PROVIDED = f"""#!{sys.executable}
import json, os, urllib.error, urllib.request
api = f"http://{{os.environ['AWS_LAMBDA_RUNTIME_API']}}/2018-06-01/runtime/"
def post(path, body, **headers):
    return urllib.request.urlopen(urllib.request.Request(api + path, json.dumps(body).encode(), headers)).status
print("up", flush=True)
while True:
    with urllib.request.urlopen(api + "invocation/next") as event:
        value, request_id = json.load(event), event.headers["Lambda-Runtime-Aws-Request-Id"]
        arn = event.headers["Lambda-Runtime-Invoked-Function-Arn"]
        int(event.headers["Lambda-Runtime-Deadline-Ms"])
    if value == "fail":
        told = {{"errorMessage": "no", "errorType": "Mine"}}
        post(f"invocation/{{request_id}}/error", told, **{{"Lambda-Runtime-Function-Error-Type": "Mine"}})
        continue
    try:
        post("invocation/not-this/response", 1)
    except urllib.error.HTTPError as error:
        wrong = [error.code, json.load(error)["errorType"]]
    post(f"invocation/{{request_id}}/response", [value, arn, os.environ["_HANDLER"], wrong])
"""


def test_a_provided_runtime(lab: Lab) -> None:
    f = lab.function(PROVIDED, "mine", "provided.al2023")
    assert lab.answer(f, 5) == [5, f.arn, "mine", [400, "InvalidRequestID"]]
    assert lab.error(f, "fail") == {"errorMessage": "no", "errorType": "Mine"}
    assert lab.answer(f, 6)[0] == 6


def test_a_provided_runtime_without_its_bootstrap(lab: Lab) -> None:
    f = lab.function("", "mine", "provided.al2")
    (f.code / "bootstrap").unlink()
    error = lab.error(f)
    assert error["errorType"] == "Runtime.InvalidEntrypoint"
    assert error["errorMessage"].startswith("RequestId: r-1 Error: Couldn't find valid bootstrap(s): [")


def test_a_package_is_unpacked_once_with_its_modes(lab: Lab, tmp_path: Path) -> None:
    f = lab.function("", "mine", "provided.al2023")
    package = tmp_path / "content-digest"
    with zipfile.ZipFile(package, "w") as archive:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o100755 << 16
        archive.writestr(entry, PROVIDED)
    f = replace(f, code=package)
    assert lab.answer(f, 1)[0] == 1
    package.write_bytes(b"not looked at again")
    assert lab.answer(replace(f, revision="2"), 2)[0] == 2


def test_a_package_that_is_none(lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "broken").write_bytes(b"not a zip")
    error = lab.error(replace(lab.function(""), code=tmp_path / "broken"))
    assert error["errorType"] == "Runtime.InvalidEntrypoint"
    assert "cannot be unpacked: File is not a zip file" in error["errorMessage"]
