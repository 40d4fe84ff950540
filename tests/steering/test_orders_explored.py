"""The explorer on the order application: what is planted in a copy is found and named; as it is, it bears the same."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ORDERS = Path(__file__).parents[2] / "examples" / "orders"
# an order is marked and its customer's sums raised in one transaction: without the mark a record that comes
# again is counted again
SOUND = 'TransactItems=[{"Put": mark}, {"Update": sums}]'
PLANTED = 'TransactItems=[{"Update": sums}]'
CHOSEN = "summed_up_once"
PYTEST = [sys.executable, "-m", "pytest", "-p", "headwater.testing.plugin", "-q", "tests", "-k", CHOSEN]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    folder = tmp_path / "orders"
    shutil.copytree(ORDERS, folder, ignore=shutil.ignore_patterns("node_modules", "__pycache__", ".*"))
    return folder


def explore(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "headwater", "faults", "explore", *options, "--", *PYTEST]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=900, check=False)


@pytest.mark.timeout(1000)
def test_what_is_planted_is_found_with_its_shortest_schedule(copy: Path) -> None:
    consumer = copy / "functions" / "summarise-customers" / "app.py"
    source = consumer.read_text()
    assert source.count(SOUND) == 1
    consumer.write_text(source.replace(SOUND, PLANTED))
    result = explore(copy, "--seeds", "3", "--kinds", "crash-after-send,duplicate")
    assert result.returncode == 1, result.stdout + result.stderr
    assert "1 passed" in result.stdout  # without faults nobody sees it
    found = re.findall(r"^(\S+) fails with (\d+) faults?; none can be spared:$", result.stdout, re.MULTILINE)
    assert ("tests/test_orders.py::test_a_customers_orders_are_summed_up_once", "1") in found, result.stdout
    [schedule] = re.findall(r"^    faults\.crash_after_send\((.*)\)$", result.stdout, re.MULTILINE)
    assert re.fullmatch(r'to="SummariseCustomers", service="lambda", operation="batch", nth=\d', schedule)


@pytest.mark.timeout(1000)
def test_as_it_is_it_bears_the_same(copy: Path) -> None:
    result = explore(copy, "--seeds", "3", "--kinds", "crash-after-send,duplicate")
    assert result.returncode == 0, result.stdout + result.stderr
    [faults] = re.findall(r"^1 tests, 3 seeds, (\d+) faults: nothing found\.$", result.stdout, re.MULTILINE)
    assert int(faults) > 1
