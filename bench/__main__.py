"""``python -m bench [NAME…]``: layers, operations at 1 and 32 connections, start and memory.

Names choose among the operations by their beginnings; those of ``_BY_NAME`` are measured only when named.
Absolute figures depend on the machine; compare within one run, or with ``make bench-peers``.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

import psutil
from rich.console import Console
from rich.table import Table

from bench.client import measure
from bench.layers import layers
from bench.requests import OPERATIONS, Aws
from bench.server import PORT, await_answer, launch

# What is measured only when named: a room each, loaded when it is asked for.
_BY_NAME = {
    "console": "console",
    "executions": "executions",
    "fanout": "fanout",
    "insight": "insight",
    "ledger": "ledger_table",
    "orders": "orders",
    "rules": "rules",
    "schedules": "schedules",
    "universes": "universes",
}
_SECONDS = 2.0


@contextmanager
def _server(folder: str) -> Iterator[psutil.Process]:
    process = launch(folder)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def _echo() -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "-m", "bench.echo", str(PORT)])
    try:
        await_answer()
        yield
    finally:
        process.terminate()
        process.wait(30)


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left")
    for position, column in enumerate(columns):
        table.add_column(column, justify="right" if position else "left")
    return table


def _operations(chosen: list[str]) -> Table:
    bare = Aws(f"http://127.0.0.1:{PORT}").capture("sqs", "send_message", QueueUrl="http://q", MessageBody="x" * 256)
    table = _table("Operations", "operation", "1: per s", "p50 ms", "p99 ms", "32: per s", "p50 ms", "p99 ms")
    with _echo():
        _measure(table, "the bare HTTP layer", [bare])
    with tempfile.TemporaryDirectory() as folder, _server(folder):
        aws = Aws(f"http://127.0.0.1:{PORT}")
        for name, prepare in OPERATIONS.items():
            if chosen and not any(name.startswith(prefix) for prefix in chosen):
                continue
            _measure(table, name, prepare(aws))
    return table


def _measure(table: Table, name: str, requests: list[bytes]) -> None:
    cells: list[str] = []
    for connections in (1, 32):
        measure(PORT, requests, connections, 0.3)
        figures = measure(PORT, requests, connections, _SECONDS)
        cells += [f"{figures.rate:,.0f}", f"{figures.p50:.2f}", f"{figures.p99:.2f}"]
        if figures.errors:
            cells[-3] += f" ({figures.errors} errors)"
    table.add_row(name, *cells)


def _start_and_memory() -> Table:
    table = _table("Start and memory", "figure", "value")
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    bare = time.perf_counter() - began
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        with _server(folder) as process:
            start = time.perf_counter() - began
            memory = process.memory_info().rss + sum(c.memory_info().rss for c in process.children(recursive=True))
    table.add_row("start to ready", f"{start:.3f} s ({start / bare:.1f} times `python -c pass`)")
    table.add_row("idle memory", f"{memory / 1e6:.0f} MB")
    return table


def main() -> None:
    chosen = sys.argv[1:]
    console = Console(width=120)
    if not chosen:
        request = Aws("http://127.0.0.1:1").capture(
            "sqs",
            "send_message",
            QueueUrl="http://127.0.0.1:1/000000000000/bench-send",
            MessageBody="x" * 256,
        )
        table = _table("Layers of a SendMessage, 32 sharing a commit", "layer", "µs of CPU each")
        for name, microseconds in layers(request):
            table.add_row(name, f"{microseconds:.1f}")
        console.print(table)
        console.print(_start_and_memory())
    named = {name: function for name, function in _BY_NAME.items() if name in chosen}
    for name, function in named.items():
        console.print(getattr(import_module(f"bench.{name}"), function)())
    if not chosen or len(named) < len(chosen):
        console.print(_operations([name for name in chosen if name not in named]))


if __name__ == "__main__":
    main()
