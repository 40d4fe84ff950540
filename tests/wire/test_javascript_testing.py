"""The npm package `clients/javascript`, by a program of tests/clients that uses it as a user's tests would."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CLIENTS = Path(__file__).parent.parent / "clients"
NODE = shutil.which("node")


@pytest.mark.node
@pytest.mark.skipif(
    NODE is None or not (CLIENTS / "node_modules/@aws-sdk").exists(), reason="needs Node.js and tests/clients installed"
)
def test_the_package_for_tests() -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment |= {"PYTHON": sys.executable, "NODE_NO_WARNINGS": "1"}
    command = [str(NODE), "--test-reporter=tap", str(CLIENTS / "testing.mjs")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\n# pass 13\n" in done.stdout
