"""The order application, deployed once for all its tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.orders.shop import Server, Shop


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    server = Server(tmp_path_factory.mktemp("orders") / "data", strict=True)
    try:
        yield Shop(server)
    finally:
        server.stop()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker of pytest-xdist takes all tests of the application: it is deployed once."""
    for item in items:
        if "shop" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("orders"))
