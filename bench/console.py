"""The console in headless Chromium: size, paint, how soon an event is seen, smoothness with much to show, its cost."""

from __future__ import annotations

import json
import random
import shutil
import statistics
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import Browser, Page, Route, sync_playwright
from rich.table import Table

from bench.client import measure
from bench.requests import OPERATIONS, Aws
from headwater.testing import RunningCloud

_FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync")
_TRIES = 100
_PAINTS = 7
_FRAMES = 120
_ROUNDS = 5
_LOAD = 1.5  # seconds
_BUS = "arn:aws:events:us-east-1:000000000000:event-bus/default"
_EMPTY = "<!doctype html><title>empty</title><p>empty</p>"
_PUT = """async (bus) => {
    const tally = document.querySelector(`.node[data-id="${bus}"] .tally`);
    const watched = {childList: true, characterData: true, subtree: true};
    const seen = new Promise((done) => new MutationObserver(() => done(performance.now())).observe(tally, watched));
    const began = performance.now();
    const entry = {Source: "bench", DetailType: "Seen", Detail: "{}"};
    await fetch("/_headwater/operations", {method: "POST", body: JSON.stringify(
        {service: "events", operation: "PutEvents", request: {Entries: [entry]}})});
    return (await seen) - began;
}"""
_MOVE = """async ([selector, frames]) => {
    const what = document.querySelector(selector), times = [];
    let last = performance.now();
    for (let n = 0; n < frames; n++) {
        const key = ["ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp"][Math.floor(n / 5) % 4];
        if (selector === ".picture") what.dispatchEvent(new KeyboardEvent("keydown", {key}));
        else what.scrollTop += 700;
        await new Promise(requestAnimationFrame);
        const now = performance.now();
        times.push(now - last);
        last = now;
    }
    return times;
}"""


def console() -> Table:
    table = Table("figure", "value", "goal", title="Console", title_justify="left")
    with tempfile.TemporaryDirectory() as folder, RunningCloud(Path(folder)) as cloud, sync_playwright() as playwright:
        _furnish(cloud.endpoint)
        address = cloud.endpoint + "/_headwater"
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(_FLAGS))
        table.add_row("first page, compressed", f"{_size(browser, address) / 1000:.0f} KB", "150 KB")
        empty, _ = _paint(browser, address, empty=True)
        first, content = _paint(browser, address, empty=False)
        table.add_row("first paint: the frame", f"{first:.0f} ms, {first / empty:.1f} times an empty page's", "3 times")
        table.add_row("the map drawn in it", f"{content:.0f} ms, {content / empty:.1f} times", "")
        page = _open(browser, address)
        seen = [page.evaluate(_PUT, _BUS) for _ in range(_TRIES)]
        table.add_row("an event on the map", f"{statistics.median(seen):.0f} ms, slowest {max(seen):.0f} ms", "100 ms")
        for row in _cost(cloud.endpoint, page):
            table.add_row(*row)
        table.add_row("10,000 resources, a frame", _frames(_many_resources(browser, address), ".picture"), "")
        table.add_row("100,000 spans, a frame", _frames(_many_spans(browser, address), ".waterfall"), "")
        browser.close()
    return table


def _furnish(endpoint: str) -> None:
    """A rule to a queue, so that there is a map."""
    aws = Aws(endpoint)
    aws("sqs").create_queue(QueueName="bench")
    aws("events").put_rule(Name="bench", EventPattern='{"source": ["bench"]}')
    target = {"Id": "1", "Arn": "arn:aws:sqs:us-east-1:000000000000:bench"}
    aws("events").put_targets(Rule="bench", Targets=[target])


def _open(browser: Browser, address: str) -> Page:
    page = browser.new_page(viewport={"width": 1400, "height": 860})
    page.goto(address + "/")
    page.locator(".node").first.wait_for()
    page.locator(".lamp.up").wait_for()
    return page


def _size(browser: Browser, address: str) -> int:
    sizes: list[int] = []
    page = browser.new_page()
    page.on("requestfinished", lambda request: sizes.append(request.sizes()["responseBodySize"]))
    page.goto(address + "/")
    page.locator(".node").first.wait_for()
    page.close()
    return sum(sizes)


def _paint(browser: Browser, address: str, empty: bool) -> tuple[float, float]:
    """Milliseconds to the first contentful paint, and until the map is drawn; medians, each in a fresh context."""
    found, drawn = [], [0.0]
    for _ in range(_PAINTS):
        context = browser.new_context(bypass_csp=True)
        page = context.new_page()
        if empty:
            page.route("**/_headwater/", lambda route: route.fulfill(body=_EMPTY, content_type="text/html"))
        page.goto(address + "/")
        page.wait_for_function("performance.getEntriesByName('first-contentful-paint').length > 0")
        found.append(page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime"))
        if not empty:
            page.locator(".node").first.wait_for()
            drawn.append(page.evaluate("performance.now()"))
        context.close()
    return statistics.median(found), statistics.median(drawn[1:] or drawn)


def _cost(endpoint: str, page: Page) -> list[tuple[str, str, str]]:
    """PutEvents a second with the console open, beside without it; and whose work the difference is. The load, the
    server and the browser share the machine as they would a user's: nothing is pinned."""
    port = int(endpoint.rpartition(":")[2])
    requests = OPERATIONS["events:PutEvents to a queue"](Aws(endpoint))

    def load() -> tuple[float, float, float]:
        """Requests a second, the server's µs of processor a request, the browser's share of one processor."""
        served, shown = _spent("headwater"), _spent("chrom")
        with ThreadPoolExecutor(1) as beside:  # the browser's own loop is in this thread
            rate = beside.submit(measure, port, requests, 32, _LOAD).result().rate
        return rate, (_spent("headwater") - served) / (rate * _LOAD) * 1e6, (_spent("chrom") - shown) / _LOAD

    load()
    rounds = []
    for _ in range(_ROUNDS):
        page.goto("about:blank")
        before = load()
        page.goto(endpoint + "/_headwater/")
        page.locator(".lamp.up").wait_for()
        page.locator(".node").first.wait_for()  # it is open, not being opened
        opened = load()
        page.goto("about:blank")
        after = load()
        rounds.append((opened[0] / ((before[0] + after[0]) / 2), opened[1] / ((before[1] + after[1]) / 2), opened[2]))
    rate, server, browser = (statistics.median(each) for each in zip(*rounds, strict=True))
    return [
        ("throughput with the map open", f"{100 * rate:.0f} %", "95 %"),
        ("  processor time a request, server", f"{100 * server:.0f} %", ""),
        ("  of a processor, browser", f"{100 * browser:.0f} %", ""),
    ]


def _spent(name: str) -> float:
    """Seconds of processor so far of the processes below this one that are called so."""
    named = [each for each in psutil.Process().children(recursive=True) if name in " ".join(each.cmdline()[:3])]
    return sum(each.cpu_times().user + each.cpu_times().system for each in named)


def _frames(page: Page, selector: str) -> str:
    times = sorted(page.evaluate(_MOVE, [selector, _FRAMES]))
    page.close()
    late = times[int(len(times) * 0.95)]
    return f"median {statistics.median(times):.0f} ms, 95th percentile {late:.0f} ms, longest {times[-1]:.0f} ms"


def _served(browser: Browser, address: str, pattern: str, answer: Any) -> Page:
    page = browser.new_page(viewport={"width": 1400, "height": 860})
    body = json.dumps(answer)

    def fulfil(route: Route) -> None:
        route.fulfill(body=body, content_type="application/json")

    page.route(pattern, fulfil)
    return page


def _many_resources(browser: Browser, address: str) -> Page:
    """Ten thousand functions and queues in two hundred stacks, one of them open."""
    drawn = random.Random(1)
    names = [f"arn:aws:sqs:us-east-1:000000000000:queue-{n}" for n in range(10_000)]
    resources = [
        {
            "arn": arn,
            "type": "AWS::SQS::Queue",
            "name": arn[-12:],
            "physical": arn,
            "counts": {},
            "stack": f"s{n % 200}",
        }
        for n, arn in enumerate(names)
    ]
    links = [
        {"from": drawn.choice(names), "to": drawn.choice(names), "kind": "target", "name": "", "only": None}
        for _ in range(12_000)
    ]
    page = _served(browser, address, "**/_headwater/map*", {"resources": resources, "links": links})
    opened = ",".join(f"s{n}" for n in range(200))
    page.goto(f"{address}/?open={opened}")
    page.locator(".picture.afar").wait_for()
    return page


def _many_spans(browser: Browser, address: str) -> Page:
    """A trace of a hundred thousand spans."""
    root = _span(0, None)
    root["children"] = [_span(n, "0") for n in range(1, 100_000)]
    page = _served(browser, address, "**/_headwater/trace?*", {"trace": "1-0", "spans": [root], "published": []})
    page.goto(f"{address}/console/traces/1-0")
    page.locator(".span").first.wait_for(timeout=120_000)  # the driver hands over thirty megabytes
    return page


def _span(number: int, parent: str | None) -> dict[str, Any]:
    return {
        "id": f"{number:016x}", "trace": "1-0", "parent": parent, "kind": "operation", "name": "sqs:SendMessage",
        "subject": f"arn:aws:sqs:us-east-1:000000000000:queue-{number % 50}", "account": "0", "region": "us-east-1",
        "started": 1_795_000_000_000 + number // 10, "duration": 300, "outcome": "ok", "notes": {}, "children": [],
    }  # fmt: skip
