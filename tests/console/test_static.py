"""The console's files: those of third parties are what the lock names."""

from __future__ import annotations

import json

import pytest

from tests.orders.shop import ROOT

CONSOLE = ROOT / "headwater" / "console"
MODULES = CONSOLE / "node_modules"
VENDORED = {
    "preact.js": "htm/preact/standalone.module.js",
    "dagre.js": "@dagrejs/dagre/dist/dagre.esm.js",
    "mqtt.js": "mqtt/dist/mqtt.esm.js",
}

pytestmark = [pytest.mark.node, pytest.mark.skipif(not MODULES.exists(), reason="not run: npm packages (make setup)")]


@pytest.mark.parametrize("name", VENDORED)
def test_vendored_files_are_those_of_the_lock(name: str) -> None:
    package = MODULES / VENDORED[name]
    assert (CONSOLE / "static" / "vendor" / name).read_bytes() == package.read_bytes()


def test_the_lock_names_no_registry() -> None:
    packages = json.loads((CONSOLE / "package-lock.json").read_text())["packages"]
    assert not any("resolved" in package for package in packages.values())
