"""One browser, and the order application with some orders placed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.console.pages import CHROMIUM, FLAGS
from tests.orders.conftest import shop
from tests.orders.shop import Shop

__all__ = ["shop"]


@pytest.fixture(scope="module")  # no longer: while it runs, the driver's event loop is that of the whole process
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        launched.new_context().new_page()  # stays: a tab beside it costs a third of a window
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def busy_shop(shop: Shop) -> Shop:
    """Two orders are through: one completed, one rejected."""
    for customer in ("c-premium", "c-blocked"):
        shop.outcome(shop.place(customer, ("A1", 2, 9.5)))
    return shop


@pytest.fixture
def console(busy_shop: Shop) -> str:
    """The console's address."""
    return f"{busy_shop.server.endpoint}/_headwater"
