"""The order application's own tests, as its user runs them: by the plugin, with nothing to configure."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.orders.shop import ROOT


@pytest.mark.timeout(1000)
def test_the_order_applications_own_tests_pass() -> None:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-n",
        "2",
        "-p",
        "headwater.testing.plugin",
        "-p",
        "no:cacheprovider",
    ]
    folder = ROOT / "examples" / "orders"
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=900, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "26 passed" in result.stdout
