"""Universes and settle: what a clone costs beside a deployment, what a universe for each test adds to the tests, and
how soon settle answers. Ratios within one run."""

from __future__ import annotations

import json
import os
import statistics
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from rich.table import Table

from headwater.client import Headwater
from headwater.testing import RunningCloud, Stack, Stacks

_TEMPLATE = Path(__file__).parents[1] / "examples" / "orders" / "template.yaml"
_ORDERS = 100
_CLONES = 20
_ROUNDS = 3
_TRIPS = 200
_SETTLINGS = 20


def universes() -> Table:
    table = Table("figure", "value", "goal", title="Universes, with the order application", title_justify="left")
    with tempfile.TemporaryDirectory() as folder, RunningCloud(Path(folder)) as cloud:
        os.environ.update(cloud.environment)
        headwater = cloud.headwater
        began = time.perf_counter()
        shop = Stacks(headwater).deploy(_TEMPLATE, {})
        deploying = time.perf_counter() - began
        headwater.settle()
        snapshot = headwater.save("bench")
        clones = [_timed(lambda: headwater.restore("bench")) for _ in range(_CLONES)]
        cloning = statistics.median(clones)
        table.add_row("deploying it", f"{deploying:.2f} s", "")
        table.add_row("a clone", f"{1000 * cloning:.1f} ms, of {snapshot['size'] / 1e6:.1f} MB", "")
        table.add_row("clone / deployment", f"1 / {deploying / cloning:.0f}", "1 / 100")
        _suites(table, headwater, shop)
        _settling(table, headwater, shop)
    return table


def _timed(do: Callable[[], object]) -> float:
    began = time.perf_counter()
    do()
    return time.perf_counter() - began


def _suites(table: Table, headwater: Headwater, shop: Stack) -> None:
    """Rounds of both kinds take turns; the best of each counts."""
    alone, together, at_once = [], [], []

    def each(before: Callable[[], object]) -> None:
        for _ in range(_ORDERS):
            before()
            _place(shop)
            headwater.settle()

    for _ in range(_ROUNDS):
        alone.append(_timed(lambda: each(lambda: headwater.restore("bench"))))
        headwater.restore("bench")
        together.append(_timed(lambda: each(lambda: None)))
        headwater.restore("bench")
        at_once.append(_timed(lambda: _all_at_once(headwater, shop)))
    table.add_row(f"{_ORDERS} orders, each in its universe", f"{min(alone):.2f} s", "")
    table.add_row(f"{_ORDERS} orders in one, one by one", f"{min(together):.2f} s", "")
    table.add_row(f"{_ORDERS} orders in one, all at once", f"{min(at_once):.2f} s", "")
    table.add_row("universes / one by one", f"{min(alone) / min(together):.2f}", "1.5")
    table.add_row("universes / all at once", f"{min(alone) / min(at_once):.2f}", "")


def _all_at_once(headwater: Headwater, shop: Stack) -> None:
    for _ in range(_ORDERS):
        _place(shop)
    headwater.settle(timeout=300)


def _place(shop: Stack) -> None:
    order = {"customerId": "c-standard", "items": [{"sku": "A1", "quantity": 1, "price": 9.5}]}
    headers = {"Idempotency-Key": uuid.uuid4().hex, "Content-Type": "application/json"}
    urlopen(Request(f"{shop['OrdersApi']}/orders", json.dumps(order).encode(), headers)).close()


def _settling(table: Table, headwater: Headwater, shop: Stack) -> None:
    """From when a client that follows is told of the last commit to when the one that settles has its answer."""
    connection = HTTPConnection(urlsplit(headwater.endpoint).netloc)
    trip = statistics.median(_timed(lambda: _ask(connection, "GET", "health")) for _ in range(_TRIPS))
    idle = statistics.median(_timed(lambda: _ask(connection, "POST", "settle")) for _ in range(_TRIPS))
    told: list[float] = []
    threading.Thread(target=lambda: told.extend(time.perf_counter() for _ in headwater.follow()), daemon=True).start()
    lags = []
    for _ in range(_SETTLINGS):
        _place(shop)
        _ask(connection, "POST", "settle")
        lags.append(time.perf_counter() - told[-1])
    table.add_row("a bare round trip", f"{1e6 * trip:.0f} µs", "")
    table.add_row("settle with nothing in flight", f"{idle / trip:.1f} round trips", "3")
    table.add_row("settle after the last commit", f"{statistics.median(lags) / trip:.1f} round trips", "3")


def _ask(connection: HTTPConnection, method: str, page: str) -> None:
    connection.request(method, f"/_headwater/{page}")
    connection.getresponse().read()
