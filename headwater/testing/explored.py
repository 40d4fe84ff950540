"""Tests under faults by chance, as their environment asks for it.

HEADWATER_FAULT_SEED    each test once, under faults by chance, another chance for each test
HEADWATER_FAULT_SEEDS   FIRST-LAST: each test that passes by itself is run again under faults, seed after seed; where
                        it fails, the fewest faults that bring it are sought (`headwater faults explore`)
HEADWATER_FAULT_KINDS   which faults, with commas between
HEADWATER_FAULT_REPORT  a file to which what was found is added, a line of JSON for each test
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from headwater.client import FiredFault, Headwater, HeadwaterError
from headwater.languages.shrinking import shortest

_KINDS = "duplicate,reorder,delay,error,crash-after-send"
Schedule = list[dict[str, Any]]


class Outcome(NamedTuple):
    """One run of a test: how it failed (None: it passed), and what befell it."""

    failure: str | None
    fired: list[FiredFault]


class Exploration:
    """Of one session."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._seed: int | str | None = environment.get("HEADWATER_FAULT_SEED")
        first, _, last = environment.get("HEADWATER_FAULT_SEEDS", "").partition("-")
        self.seeds = range(int(first), int(last) + 1) if last else range(0)
        self._kinds = environment.get("HEADWATER_FAULT_KINDS", _KINDS).split(",")
        self._report = environment.get("HEADWATER_FAULT_REPORT")
        self._schedule: Schedule | None = None
        self._fired: list[FiredFault] = []

    # ---- one run

    def begin(self, headwater: Headwater, test: str) -> None:
        """From now on faults befall what the test does."""
        if self._seed is None:
            return
        headwater.clear_faults()
        seed = f"{self._seed} {test}"
        if self._schedule is None:
            headwater.explore_faults(self._kinds, seed)
        else:
            headwater.replay_faults(self._schedule, seed)  # type: ignore[arg-type]

    def end(self, headwater: Headwater) -> None:
        """No more faults; what befell the test is kept for :meth:`explore`."""
        if self._seed is None:
            return
        try:
            self._fired = headwater.faults()["fired"]
            headwater.clear_faults()
        except HeadwaterError:  # it is no more
            self._fired = []

    # ---- many

    def explore(self, test: str, run: Callable[[], str | None]) -> None:
        """``run`` runs a test that passes by itself, and returns how it failed."""

        def under(seed: int | None, schedule: Schedule | None) -> Outcome:
            self._seed, self._schedule, self._fired = seed, schedule, []
            return Outcome(run(), self._fired)

        faults, finding = 0, None
        if (failure := under(None, None).failure) is None:
            for seed in self.seeds:
                outcome = under(seed, None)
                faults += len(outcome.fired)
                if outcome.failure is not None and outcome.fired:
                    finding = _shrink(outcome, lambda schedule, seed=seed: under(seed, schedule))  # type: ignore[misc]
                    finding["seed"] = seed
                    break
        self._seed = None
        self._tell({"test": test, "faults": faults, "failure": failure, "finding": finding})

    def _tell(self, line: dict[str, Any]) -> None:
        if self._report:
            with Path(self._report).open("a") as file:
                file.write(json.dumps(line) + "\n")


def _shrink(outcome: Outcome, under: Callable[[Schedule], Outcome]) -> dict[str, Any]:
    """The shortest schedule found that fails. ``certain``: it does so when it comes again, and without any fault
    the test passes when it is run again."""
    fired = [as_rule(fault) for fault in outcome.fired]
    failures = [outcome.failure]

    def fails(schedule: Schedule) -> bool:
        failure = under(schedule).failure
        if failure is not None:
            failures.append(failure)
        return failure is not None

    if not fails(fired):
        return {"schedule": fired, "failure": outcome.failure, "certain": False, "steady": True}
    if fails([]):
        return {"schedule": [], "failure": failures[-1], "certain": False, "steady": False}
    found = shortest(fired, fails)
    return {"schedule": found, "failure": failures[-1], "certain": True, "steady": True}


def as_rule(fired: FiredFault) -> dict[str, Any]:
    """The rule that has a fault come again just where it came."""
    rule: dict[str, Any] = {"kind": fired["kind"], "service": fired["service"], "operation": fired["operation"]}
    if fired["resource"]:
        rule["resource"] = fired["resource"]
    if fired["milliseconds"]:
        rule["milliseconds"] = fired["milliseconds"]
    return {**rule, "nth": fired["nth"]}


def exploration() -> Exploration | None:
    """None where nothing is explored."""
    asked = os.environ.get("HEADWATER_FAULT_SEED") or os.environ.get("HEADWATER_FAULT_SEEDS")
    return Exploration(os.environ) if asked else None
