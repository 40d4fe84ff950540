"""A server of the module's own, whose clock is steered as a user would."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from headwater.client import Headwater
from tests.conftest import client_factory
from tests.server import ServerThread


@pytest.fixture
def steered() -> Iterator[ServerThread]:
    with ServerThread() as running:
        yield running


@pytest.fixture
def headwater(steered: ServerThread) -> Headwater:
    return Headwater(steered.endpoint)


@pytest.fixture
def client(steered: ServerThread):  # type: ignore[no-untyped-def]
    return client_factory(steered.endpoint, "000000000000")
