"""Running tests under faults by chance, and finding the fewest faults that break one."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from headwater.languages.shrinking import shortest

PASSED, FAILED = 0, 1  # pytest's exit codes
Schedule = list[dict[str, Any]]


@dataclass(frozen=True)
class Run:
    """A test session that ended: its exit code, what it wrote, and what befell each test."""

    code: int
    output: str
    reports: list[dict[str, Any]] = field(default_factory=list)

    def failing(self) -> dict[str, Any] | None:
        """The first test that failed when something had befallen it."""
        return next((report for report in self.reports if report["failed"] and report["fired"]), None)


@dataclass(frozen=True)
class Finding:
    """A test that fails under a schedule; ``certain``: it did so again when the schedule was replayed."""

    seed: int
    test: str
    schedule: Schedule
    output: str
    certain: bool


class Explorer:
    """One command, run again and again. ``tell`` hears what is going on."""

    def __init__(self, command: Sequence[str], kinds: str | None, tell: Callable[[str], None]) -> None:
        self._command = command
        self._kinds = {} if kinds is None else {"HEADWATER_FAULT_KINDS": kinds}
        self._tell = tell

    def run(self, **environment: str) -> Run:
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "report"
            ended = subprocess.run(
                self._command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                env={**os.environ, **self._kinds, **environment, "HEADWATER_FAULT_REPORT": str(report)},
            )  # fmt: skip
            lines = report.read_text().splitlines() if report.exists() else []
        return Run(ended.returncode, ended.stdout, [json.loads(line) for line in lines])

    def find(self, seeds: Sequence[int]) -> Finding | None:
        """The first failure that a seed brings, with the shortest schedule found that brings it too."""
        for seed in seeds:
            run = self.run(HEADWATER_FAULT_SEED=str(seed))
            count = sum(len(report["fired"]) for report in run.reports)
            self._tell(f"seed {seed}: {count} faults, {'passed' if run.code == PASSED else 'failed'}")
            if run.code != PASSED and (report := run.failing()) is not None:
                return self._shrink(seed, report, run)
        return None

    def _shrink(self, seed: int, report: dict[str, Any], run: Run) -> Finding:
        test, fired = str(report["test"]), [as_rule(fault) for fault in report["fired"]]
        outputs: list[tuple[int, str]] = []

        def fails(schedule: Schedule) -> bool:
            replayed = json.dumps({"test": test, "rules": schedule})
            again = self.run(HEADWATER_FAULT_SEED=str(seed), HEADWATER_FAULT_SCHEDULE=replayed)
            failed = again.code == FAILED
            self._tell(f"  with {len(schedule)} of {len(fired)}: {'failed' if failed else 'passed'}")
            if failed:
                outputs.append((len(schedule), again.output))
            return failed

        if not fails(fired):
            return Finding(seed, test, fired, run.output, certain=False)
        found = shortest(fired, fails)
        return Finding(seed, test, found, outputs[-1][1], certain=True)


def as_rule(fired: dict[str, Any]) -> dict[str, Any]:
    """The rule that has a fault come again just where it came."""
    rule = {name: fired[name] for name in ("kind", "service", "operation", "resource", "nth") if fired[name]}
    if fired["milliseconds"]:
        rule["milliseconds"] = fired["milliseconds"]
    return rule


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
