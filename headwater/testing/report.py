"""A report of a whole session: each test has its own universe, so what happened is asked for after each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from headwater.client import Headwater


class Report:
    """Written to a file; under xdist each worker, which has a cloud of its own, writes one with its name added."""

    def __init__(self, file: str, worker: str | None) -> None:
        self._path = Path(file)
        if worker is not None:
            self._path = self._path.with_stem(f"{self._path.stem}-{worker}")
        self._told: dict[str, Any] = {}
        self._traces: dict[str, dict[str, Any]] = {}
        self._dead: dict[str, dict[str, Any]] = {}
        self._misses: dict[str, dict[str, Any]] = {}
        self._published: set[tuple[str, str]] = set()

    def add(self, test: str, headwater: Headwater) -> None:
        """What happened that was not known before is the test's."""
        told = self._told = headwater.told()
        for trace in told["traces"]:
            known = self._traces.get(trace["trace"])
            self._traces[trace["trace"]] = {**trace, "test": known["test"] if known else test}
            self._published |= {(each["channel"], each["id"]) for each in trace["published"]}
        self._dead |= {each["delivery"]: each for each in told["dead"]}
        self._misses |= {each["id"]: each for each in told["misses"]}

    def write(self, title: str) -> None:
        """Nothing where no test had a cloud."""
        if not self._told:
            return
        from headwater.insight.report import errors_of, figures_of, write_page

        traces = sorted(self._traces.values(), key=lambda trace: -int(trace["started"]))
        told = {
            **self._told,
            "traces": traces,
            "dead": [*self._dead.values()],
            "misses": [*self._misses.values()],
            "errors": errors_of(traces),
            "figures": figures_of(traces),
            "published": len(self._published),
        }
        self._path.write_text(write_page(told, title), encoding="utf-8")
