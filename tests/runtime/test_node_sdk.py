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

from headwater.spine.functions import FunctionVersion

pytestmark = [pytest.mark.node, pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not installed")]

SOURCE = 'import {{ name }} from "{package}";\nexport const handler = async () => name;\n'
NPM = """#!/bin/sh
echo "$@" >> "$NPM_CALLS"
for package in "$@"; do
  case $package in
    @aws-sdk/client-broken) echo "npm error 404 Not Found" >&2; exit 1;;
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
    packed = {"node_modules/@smithy/own/index.js": "exports.name = 'own'"}
    assert lab.answer(zipped(lab, "@smithy/own", **packed)) == "own"
    assert npm_calls.read_text() == ""


def test_what_cannot_be_installed_is_said(lab: Lab, npm_calls: Path) -> None:
    error = lab.error(zipped(lab, "@aws-sdk/client-broken"))
    assert error["errorType"] == "Runtime.ImportModuleError"
    said = "[WARN] Headwater: npm could not install @aws-sdk/client-broken: npm error 404 Not Found."
    assert said in lab.lines


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
