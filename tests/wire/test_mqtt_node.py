"""mqtt.js from npm, over WebSocket and TCP, in both versions."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.server import ServerThread
from tests.wire.mqtt_clients import unique

CLIENTS = Path(__file__).parent.parent / "clients"
NODE = shutil.which("node")

pytestmark = [
    pytest.mark.node,
    pytest.mark.skipif(
        NODE is None or not (CLIENTS / "node_modules/mqtt").exists(), reason="needs Node.js and tests/clients installed"
    ),
]


@pytest.mark.parametrize("version", [4, 5])
@pytest.mark.parametrize("scheme", ["ws", "mqtt"])
def test_mqtt_js(server: ServerThread, scheme: str, version: int) -> None:
    host = server.endpoint.partition("//")[2]
    url = f"ws://{host}/mqtt" if scheme == "ws" else f"mqtt://127.0.0.1:{server.cloud.mqtt.port}"
    topic = unique("node")
    done = subprocess.run(
        [str(NODE), str(CLIENTS / "mqtt.mjs"), url, str(version), topic], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    live = told["live"]
    assert (live["topic"], live["payload"], live["qos"], live["retain"]) == (f"{topic}/live", "hello", 1, False)
    if version == 5:
        assert live["properties"] == {"contentType": "text/plain", "userProperties": {"a": "1"}}
    assert (told["retained"]["payload"], told["retained"]["retain"]) == ("kept", True)
    assert (told["granted"], told["large"]) == ([1], 100_000)
    assert (told["sessionPresent"], told["missed"]) == (True, "missed")
    assert told["refused"] == (0x87 if version == 5 else 5)
