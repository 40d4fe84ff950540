"""Every operation of every service, asked at random: never a fault of ours, never an answer that cannot be read.

``HEADWATER_FUZZ=rounds[:seed]`` runs longer, or again from a seed.
"""

from __future__ import annotations

import importlib
import os
from collections import defaultdict

import pytest

from headwater.services import SERVICES
from tests.fuzz.driver import Fuzzer, Log
from tests.server import ServerThread
from tests.settling import settle

_ROUNDS, _, _SEED = os.environ.get("HEADWATER_FUZZ", "1").partition(":")


def operations() -> dict[str, list[str]]:
    """What is answered, by service."""
    found: dict[str, set[str]] = defaultdict(set)
    for package in {listing.package for listing in SERVICES.values()}:
        for module in importlib.import_module(package).SERVICE.modules:
            for function in vars(module).values():
                for mark in getattr(function, "__operations__", ()):
                    if not mark.internal:
                        found[mark.service].add(mark.name)
    return {service: sorted(names) for service, names in sorted(found.items())}


@pytest.mark.timeout(0 if int(_ROUNDS) > 5 else 300)
def test_no_request_ends_in_a_fault_of_ours() -> None:
    asked = operations()
    with Log().listening() as log, ServerThread(seed=1) as server:
        fuzzer = Fuzzer(server.endpoint, asked, log, int(_SEED or 1))
        for round_ in range(int(_ROUNDS)):
            fuzzer.set_scene(again=round_ > 0)
            for service, names in asked.items():
                fuzzer.run(service, len(names))
        settle(server.endpoint)
        log_at_rest = log.errors
    assert not fuzzer.findings, "\n\n".join(finding.shown() for finding in fuzzer.findings)
    assert not log_at_rest
