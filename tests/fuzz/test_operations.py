"""Every operation of every service, asked at random: never a fault of ours, never an answer that cannot be read.

``--fuzz-rounds`` and ``--fuzz-seed`` run longer, or again from another seed: see ``scripts/fuzz.py``.
"""

from __future__ import annotations

import importlib
from collections import defaultdict

import pytest

from headwater.services import SERVICES
from tests.fuzz.driver import Fuzzer, Log
from tests.server import ServerThread
from tests.settling import settle


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


def test_no_request_ends_in_a_fault_of_ours(pytestconfig: pytest.Config) -> None:
    asked, rounds = operations(), pytestconfig.getoption("--fuzz-rounds")
    with Log().listening() as log, ServerThread(seed=1) as server:
        fuzzer = Fuzzer(server.endpoint, asked, log, pytestconfig.getoption("--fuzz-seed"))
        for round_ in range(rounds):
            fuzzer.set_scene(again=round_ > 0)
            for service, names in asked.items():
                fuzzer.run(service, len(names))
        settle(server.endpoint)
        log_at_rest = log.errors
    assert not fuzzer.findings, "\n\n".join(finding.shown() for finding in fuzzer.findings)
    assert not log_at_rest
