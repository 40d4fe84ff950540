"""The AWS SDK for JavaScript, version 3: each program of tests/clients has its own assertions."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CLIENTS = Path(__file__).parent.parent / "clients"
NODE = shutil.which("node")

pytestmark = [
    pytest.mark.node,
    pytest.mark.skipif(
        NODE is None or not (CLIENTS / "node_modules/@aws-sdk").exists(),
        reason="needs Node.js and tests/clients installed",
    ),
]


@pytest.mark.parametrize("area", ["messaging", "functions", "dynamodb", "s3", "stacks"])
def test_javascript(area: str, endpoint: str, account: str) -> None:
    """With the environment that `headwater run` gives; what the program says is shown where it fails."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment |= {"AWS_ACCESS_KEY_ID": account, "AWS_SECRET_ACCESS_KEY": "secret", "NODE_NO_WARNINGS": "1"}
    run = [sys.executable, "-m", "headwater", "run", "--endpoint", endpoint]
    command = [*run, str(NODE), "--test-reporter=tap", str(CLIENTS / f"{area}.mjs")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\n# fail 0\n" in done.stdout
