"""The SDK that AWS's Node.js brings: found where it is, installed where it is not. npm is a script of ours here."""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from runtime_lab import Lab

from headwater.runtime.node_sdk import NodeSdk
from headwater.spine.functions import FunctionVersion

pytestmark = [pytest.mark.node, pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not installed")]

SOURCE = 'import {{ name }} from "{package}";\nexport const handler = async () => name;\n'
OWN = {"node_modules/@smithy/own/index.js": "exports.name = 'own'"}
NPM = """#!/bin/sh
echo "$@" >> "$NPM_CALLS"
for package in "$@"; do
  case $package in
    @aws-sdk/client-broken) printf 'npm error code E404\nnpm error 404 Not Found\n' >&2; exit 1;;
    @aws-sdk/client-offline) printf 'npm error code ENOTFOUND\nnpm error request failed\n' >&2; exit 1;;
    @aws-sdk/client-hangs) exec sleep 600;;
    @*)
      mkdir -p "$3/node_modules/$package"
      echo "exports.name = '$package'" > "$3/node_modules/$package/index.js";;
  esac
done
"""


@pytest.fixture
def npm_calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What npm was called with, a line each."""
    npm = tmp_path / "bin/npm"
    npm.parent.mkdir()
    npm.write_text(NPM)
    npm.chmod(0o755)
    calls = tmp_path / "calls"
    calls.touch()
    monkeypatch.setenv("PATH", f"{npm.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("NPM_CALLS", str(calls))
    return calls


def zipped(lab: Lab, package: str, **more: str) -> FunctionVersion:
    """A function that imports a package, as a zip file with further files in it."""
    function = lab.function("", runtime="nodejs20.x")
    archive = function.code.with_suffix(".zip")
    with zipfile.ZipFile(archive, "w") as written:
        for name, content in {"app.mjs": SOURCE.format(package=package), **more}.items():
            written.writestr(name, content)
    return replace(function, code=archive)


def test_what_is_not_packed_is_installed_once(lab: Lab, npm_calls: Path) -> None:
    assert lab.answer(zipped(lab, "@aws-sdk/client-first")) == "@aws-sdk/client-first"
    assert lab.answer(zipped(lab, "@aws-sdk/client-first")) == "@aws-sdk/client-first"
    (call,) = npm_calls.read_text().splitlines()
    assert call.split()[0] == "install"
    assert call.split()[-1] == "@aws-sdk/client-first"


def test_what_is_packed_is_taken(lab: Lab, npm_calls: Path) -> None:
    assert lab.answer(zipped(lab, "@smithy/own", **OWN)) == "own"
    assert npm_calls.read_text() == ""


def test_what_cannot_be_installed_is_said(lab: Lab, npm_calls: Path) -> None:
    error = lab.error(zipped(lab, "@aws-sdk/client-broken"))
    why = "Headwater: npm could not install @aws-sdk/client-broken, which AWS's Node.js has: 404 Not Found."
    assert error["errorType"] == "Runtime.ImportModuleError"
    assert error["errorMessage"].startswith("Error: Cannot find package '@aws-sdk/client-broken' imported from ")
    assert error["errorMessage"].endswith(f" ({why})")
    assert f"[WARN] {why}" in lab.lines
    assert why in lab.error(zipped(lab, "@aws-sdk/client-broken"))["errorMessage"]
    assert lab.answer(zipped(lab, "@aws-sdk/client-good")) == "@aws-sdk/client-good"
    assert len(npm_calls.read_text().splitlines()) == 2


def test_a_registry_that_is_not_there_is_not_asked_again_at_once(lab: Lab, npm_calls: Path, tmp_path: Path) -> None:
    sdk = NodeSdk(tmp_path)
    for package in ("@aws-sdk/client-offline", "@aws-sdk/client-other"):
        why = lab.run(sdk.provide(lab.function(SOURCE.format(package=package), runtime="nodejs20.x")))
        assert why == "npm could not install @aws-sdk/client-offline, which AWS's Node.js has: request failed"
    assert lab.run(sdk.provide(lab.function("export const handler = 1", runtime="nodejs20.x"))) is None
    assert len(npm_calls.read_text().splitlines()) == 1


def test_an_npm_that_hangs_is_ended(lab: Lab, npm_calls: Path, tmp_path: Path) -> None:
    sdk = NodeSdk(tmp_path, patience=0.01)
    function = lab.function(SOURCE.format(package="@aws-sdk/client-hangs"), runtime="nodejs20.x")
    why = lab.run(sdk.provide(function))
    assert why == "npm could not install @aws-sdk/client-hangs, which AWS's Node.js has: it hung, and was ended"


def test_what_a_bundle_only_mentions_is_not_installed(lab: Lab, npm_calls: Path, tmp_path: Path) -> None:
    """A bundled SDK has the names of its packages in it."""
    mentions = 'var packed = {"name": "@aws-sdk/client-mentioned", "needs": {"@smithy/types": "1"}};'
    mentions += 'const hint = `call [require("@aws-sdk/signature-v4-crt");]`'
    assert lab.run(NodeSdk(tmp_path).provide(lab.function(mentions, runtime="nodejs20.x"))) is None
    assert npm_calls.read_text() == ""


@pytest.mark.parametrize(
    "text", ['require("{}")', "from'{}/sub'", 'await import( "{}")', 'import "{}";', "__require('{}')"]
)
def test_ways_to_import(lab: Lab, npm_calls: Path, tmp_path: Path, text: str) -> None:
    function = lab.function(text.format("@aws-sdk/client-x"), runtime="nodejs20.x")
    assert lab.run(NodeSdk(tmp_path).provide(function)) is None
    assert npm_calls.read_text().split()[-1] == "@aws-sdk/client-x"


def test_the_sdk_of_version_2_comes_with_older_runtimes(lab: Lab, npm_calls: Path, tmp_path: Path) -> None:
    sdk = NodeSdk(tmp_path)
    text = 'const { SQS } = require("aws-sdk"); require("aws-sdk/clients/s3"); require("aws-sdk-mock");'
    assert lab.run(sdk.provide(lab.function(text, runtime="nodejs20.x"))) is None
    assert npm_calls.read_text() == ""
    assert lab.run(sdk.provide(lab.function(text, runtime="nodejs14.x"))) is None
    assert npm_calls.read_text().split()[-2:] == ["--fetch-timeout=5000", "aws-sdk"]


def test_without_npm_that_is_said(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "node").symlink_to(str(shutil.which("node")))
    monkeypatch.setenv("PATH", str(tmp_path))
    lab.error(zipped(lab, "@aws-sdk/client-absent"))
    assert any("to have it here, install npm or pack it" in line for line in lab.lines), json.dumps(lab.lines)


def test_names_that_are_put_together_at_run_time(lab: Lab, npm_calls: Path) -> None:
    text = 'module.exports = (service) => require(`@aws-sdk/client-${service}`).name;\nrequire("./none");\n'
    function = zipped(lab, "@aws-sdk/client-named", **{"later.js": text})
    assert lab.answer(function) == "@aws-sdk/client-named"
    assert {"@aws-sdk/client-ssm", "@aws-sdk/client-cloudwatch-logs"} <= set(npm_calls.read_text().split())
