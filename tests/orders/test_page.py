"""The order page in a browser: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.console.pages import ARTIFACTS, CHROMIUM, FLAGS, MARKS
from tests.orders.shop import ROOT, Shop

VENDORED = ROOT / "examples/orders/page/function/site/vendor/mqtt.esm.js"

pytestmark = [
    *MARKS,
    pytest.mark.skipif(not VENDORED.exists(), reason="not run: mqtt.js is missing (make setup)"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser, shop: Shop) -> Iterator[Page]:
    """The order page, connected; whatever goes wrong in it fails the test."""
    opened = browser.new_page(viewport={"width": 1024, "height": 768})
    problems: list[str] = []
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.goto(shop.outputs["PageUrl"])
    expect(opened.locator("h1")).to_have_text("Place an order")
    yield opened
    opened.close()
    assert problems == []


def keep(page: Page, name: str) -> None:
    """A screenshot as an artefact, for people."""
    ARTIFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTIFACTS / f"{name}.png", full_page=True)


def test_an_order_is_seen_to_its_completion(page: Page) -> None:
    page.get_by_label("Customer").select_option("c-premium")
    page.get_by_role("button", name="Order").click()
    expect(page.locator("#state")).to_have_text("Completed")
    expect(page.locator("#timeline li")).to_have_count(5)
    expect(page.locator("#link")).to_have_text("live")
    names = page.locator("#timeline li span").all_text_contents()
    assert names == ["Received", "Customer verified", "Stock reserved", "Paid", "Completed"]
    keep(page, "order-completed")


def test_a_blocked_customer_sees_the_rejection(page: Page) -> None:
    page.get_by_label("Customer").select_option("c-blocked")
    page.get_by_role("button", name="Order").click()
    expect(page.locator("#state")).to_have_text("Rejected")
    expect(page.locator("#reason")).to_have_text("The customer is blocked")
    keep(page, "order-rejected")


def test_the_page_fits_a_phone_and_the_dark(browser: Browser, shop: Shop) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844}, color_scheme="dark")
    page.goto(shop.outputs["PageUrl"])
    page.get_by_role("button", name="Order").click()
    expect(page.locator("#state")).to_have_text("Completed")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    keep(page, "order-phone-dark")
    page.close()


def test_the_timeline_fills_by_mqtt(page: Page) -> None:
    """With GET answering only what was so at first, all further steps can only come by MQTT."""
    expect(page.locator("#link")).to_have_text("live")
    first: list[str] = []

    def stale(route: object) -> None:
        request = route.request  # type: ignore[attr-defined]
        if request.method != "GET":
            route.continue_()  # type: ignore[attr-defined]
            return
        body = '{"history": [], "status": "RECEIVED"}'
        headers = {"access-control-allow-origin": "*"}
        first.append(request.url)
        route.fulfill(status=200, content_type="application/json", body=body, headers=headers)  # type: ignore[attr-defined]

    page.route("**/orders/*", stale)
    page.get_by_role("button", name="Order").click()
    expect(page.locator("#state")).to_have_text("Completed")
    assert first
