"""The order application, deployed once for all its tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.orders.shop import Server, Shop


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    server = Server(tmp_path_factory.mktemp("orders") / "data")
    try:
        yield Shop(server)
    finally:
        server.stop()
