"""What `headwater faults explore` asks of a test session, through its environment.

HEADWATER_FAULT_SEED      faults come by chance, another chance for each test
HEADWATER_FAULT_KINDS     of these kinds, with commas between
HEADWATER_FAULT_SCHEDULE  instead of chance: {"test": ID, "rules": [RULE…]} as JSON; only that test is run
HEADWATER_FAULT_REPORT    a file to which each test adds a line of JSON: test, failed, fired
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from headwater.client import Headwater, HeadwaterError

_KINDS = "duplicate,reorder,delay,error,crash-after-send"


class Exploration:
    """Of one session."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._seed = environment["HEADWATER_FAULT_SEED"]
        self._kinds = environment.get("HEADWATER_FAULT_KINDS", _KINDS).split(",")
        self._schedule: dict[str, Any] | None = json.loads(environment.get("HEADWATER_FAULT_SCHEDULE", "null"))
        self._report = environment.get("HEADWATER_FAULT_REPORT")

    @property
    def only(self) -> str | None:
        """The one test that is to be run."""
        return None if self._schedule is None else str(self._schedule["test"])

    def begin(self, headwater: Headwater, test: str) -> None:
        """From now on faults befall what the test does."""
        headwater.clear_faults()
        seed = f"{self._seed} {test}"
        if self._schedule is None:
            headwater.explore_faults(self._kinds, seed)
        else:
            headwater.replay_faults(self._schedule["rules"], seed)

    def end(self, headwater: Headwater, test: str, failed: bool) -> None:
        """Tell what befell the test."""
        try:
            fired = headwater.faults()["fired"]
            headwater.clear_faults()
        except HeadwaterError:  # it is no more
            fired = []
        if self._report:
            with Path(self._report).open("a") as file:
                file.write(json.dumps({"test": test, "failed": failed, "fired": fired}) + "\n")


def exploration() -> Exploration | None:
    """None where nothing is explored."""
    return Exploration(os.environ) if os.environ.get("HEADWATER_FAULT_SEED") else None
