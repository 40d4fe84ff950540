"""Exploring faults with somebody's own tests, and telling what was found in words that can be pasted."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple


class Explored(NamedTuple):
    """A test session that ended: its exit code, and a report of each test (see headwater.testing.explored)."""

    code: int
    reports: list[dict[str, Any]]

    @property
    def broken(self) -> list[str]:
        """The tests that fail without any fault."""
        return [report["test"] for report in self.reports if report["failure"] is not None]

    @property
    def findings(self) -> list[dict[str, Any]]:
        return [{"test": report["test"], **report["finding"]} for report in self.reports if report["finding"]]

    @property
    def faults(self) -> int:
        return sum(report["faults"] for report in self.reports)


def explore(command: Sequence[str], seeds: range, kinds: str | None) -> Explored:
    """Run a command in which pytest explores. OSError where it cannot be run."""
    environment = {**os.environ, "HEADWATER_FAULT_SEEDS": f"{seeds[0]}-{seeds[-1]}"}
    if kinds is not None:
        environment["HEADWATER_FAULT_KINDS"] = kinds
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report"
        ended = subprocess.run(command, env={**environment, "HEADWATER_FAULT_REPORT": str(report)}, check=False)
        lines = report.read_text().splitlines() if report.exists() else []
    return Explored(ended.returncode, [json.loads(line) for line in lines])


# ---- a schedule as people write it

_TAKE_TO = frozenset({"duplicate", "reorder", "delay", "crash-after-send"})
_LENGTHS = {"latency": "by", "delay": "by", "timeout-after-commit": "held"}


def as_call(rule: dict[str, Any]) -> str:
    """``faults.duplicate(to="Queue", service="sqs", operation="message", nth=2)``"""
    kind, rest = rule["kind"], {name: value for name, value in rule.items() if name != "kind"}
    if kind in _TAKE_TO and "resource" in rest:
        rest = {"to": rest.pop("resource"), **rest}
    if "milliseconds" in rest:
        rest[_LENGTHS[kind]] = f"{rest.pop('milliseconds')}ms"
    arguments = ", ".join(f"{name}={json.dumps(value)}" for name, value in rest.items())
    return f"faults.{kind.replace('-', '_')}({arguments})"


def as_command(rule: dict[str, Any]) -> str:
    """``headwater faults add duplicate --to Queue --nth 2``"""
    options = {name: value for name, value in rule.items() if name != "kind"}
    if "milliseconds" in options:
        options["by"] = f"{options.pop('milliseconds')}ms"
    return " ".join(["headwater faults add", rule["kind"], *(f"--{name} {value}" for name, value in options.items())])
