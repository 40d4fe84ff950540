"""The console's files: those of third parties are what the lock names."""

from __future__ import annotations

import base64
import hashlib
import json
import re

import pytest

from headwater.gateway.whole_page import whole_page
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


def test_the_page_is_sent_whole_and_names_what_it_imports() -> None:
    page = whole_page(CONSOLE / "static" / "index.html", "/_headwater/static/")
    assert "<style>" in page.text
    assert 'rel="stylesheet"' not in page.text
    (script,) = re.findall(r"<script>(.*?)</script>", page.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert page.scripts == (f"'sha256-{digest}'",)
    named = re.findall(r'modulepreload" href="/_headwater/static/([^"]+)"', page.text)
    assert len(named) == len(set(named))
    assert named[0] == "app.js"
    assert {"vendor/preact.js", "map/page.js", "map/scene.js", "client.js"} <= set(named)
    assert "traces/list.js" not in named  # loaded when it is opened
    assert {part.name for part in page.parts} >= {"index.html", "style.css", "start.js", "kinds.js"}
