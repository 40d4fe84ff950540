"""The console in a browser, as its tests drive it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.orders.shop import ROOT

ARTIFACTS = ROOT / "artifacts"
_PLACES = ("chromium", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
CHROMIUM = next(filter(None, map(shutil.which, _PLACES)), "")
AXE = ROOT / "tests/clients/node_modules/axe-core/axe.min.js"
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WIDE = {"width": 1400, "height": 860}
PHONE = {"width": 390, "height": 844}
MARKS = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="not run: Chromium is missing (apt-get install chromium)"),
]

expect.set_options(timeout=60_000)  # a guard against waiting for ever, no measure of speed


@contextmanager
def opened(
    browser: Browser, address: str, *, phone: bool = False, dark: bool = False, apart: bool = False
) -> Iterator[Page]:
    """A page, ``apart`` with a storage of its own; whatever goes wrong in it, or is complained of in its console,
    fails the test."""
    page = browser.new_page() if apart else browser.contexts[0].new_page()
    page.set_viewport_size(PHONE if phone else WIDE)  # type: ignore[arg-type]
    page.emulate_media(color_scheme="dark" if dark else "light")
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda said: problems.append(said.text) if said.type in ("error", "warning") else None)
    page.goto(address)
    try:
        yield page
    finally:
        page.close()
    assert problems == [], problems


def keep(page: Page, name: str) -> None:
    """A screenshot as an artefact, for people."""
    ARTIFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTIFACTS / f"console-{name}.png")


def findings(page: Page) -> list[str]:
    """What axe-core finds that is serious or worse."""
    page.evaluate(AXE.read_text())
    result: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{each['id']}: {each['help']} ({each['nodes'][0]['html'][:160]})"
        for each in result["violations"]
        if each["impact"] in ("serious", "critical")
    ]
