"""``python -m bench orders``: how many orders a second the order application takes, and what an order costs in CPU.

Orders are offered at a steady rate; the rate that counts is to the moment at which the last one is completed and
in its customer's summary. The CPU time hardly depends on what else the machine does; the rate does. Two lengths,
each on a cloud of its own: in the shorter one the cold starts weigh much, the longer one tells what is sustained.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import boto3
import psutil
from rich.table import Table

from bench.server import PORT

TEMPLATE = Path(__file__).parents[1] / "examples" / "orders" / "template.yaml"
_ORDER = json.dumps({"customerId": "c-standard", "items": [{"sku": "A1", "quantity": 1, "price": 9.5}]})
_RATE = 64.0
_LENGTHS = (10.0, 40.0)  # seconds for which orders are offered
_CONNECTIONS = 32
_PATIENCE = 120.0  # seconds for the last order


class Orders(NamedTuple):
    """``rate`` in orders a second; CPU in milliseconds an order."""

    accepted: int
    completed: int
    rate: float
    server: float
    functions: float
    environments: int


_FIGURES: tuple[tuple[str, Callable[[Orders], str]], ...] = (
    ("accepted, completed", lambda figures: f"{figures.accepted}, {figures.completed}"),
    ("orders a second, until the last was completed", lambda figures: f"{figures.rate:.1f}"),
    ("CPU of the server, ms an order", lambda figures: f"{figures.server:.1f}"),
    ("CPU of the functions and their starts, ms an order", lambda figures: f"{figures.functions:.1f}"),
    ("environments", lambda figures: str(figures.environments)),
)


async def _offer(address: str, path: str, rate: float, orders: int) -> int:
    """Post orders, each when its time has come; how many were accepted."""
    began = time.monotonic()
    numbers = iter(range(orders))
    host, _, port = address.partition(":")

    async def connection() -> int:
        accepted = 0
        reader, writer = await asyncio.open_connection(host, int(port))
        for number in numbers:
            await asyncio.sleep(began + number / rate - time.monotonic())
            writer.write(
                f"POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n"
                f"Idempotency-Key: {uuid.uuid4()}\r\nContent-Length: {len(_ORDER)}\r\n\r\n{_ORDER}".encode()
            )
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            await reader.readexactly(int(head.partition(b"content-length: ")[2].split(b"\r\n")[0]))
            accepted += head.startswith(b"http/1.1 202")
        writer.close()
        return accepted

    return sum(await asyncio.gather(*(connection() for _ in range(_CONNECTIONS))))


def _completed(dynamodb: Any, table: str) -> int:
    key = {"customerId": {"S": "c-standard"}, "entry": {"S": "summary"}}
    item = dynamodb.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")
    return int(item["completed"]["N"]) if item else 0


def _await_completion(endpoint: str, table: str, expected: int) -> int:
    dynamodb = boto3.client(
        "dynamodb",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    deadline = time.monotonic() + _PATIENCE
    while (completed := _completed(dynamodb, table)) < expected and time.monotonic() < deadline:
        time.sleep(0.05)
    return completed


def _cpu(server: psutil.Process) -> tuple[float, float]:
    """Seconds of the server and of its functions."""
    functions = 0.0
    for process in server.children(recursive=True):
        times = process.cpu_times()
        functions += times.user + times.system + times.children_user + times.children_system
    times = server.cpu_times()
    return times.user + times.system, functions


def _measure(server: psutil.Process, endpoint: str, outputs: dict[str, str], rate: float, seconds: float) -> Orders:
    url = urlsplit(f"{outputs['OrdersApi']}/orders")
    count = int(rate * seconds)
    asyncio.run(_offer(url.netloc, url.path, rate, 1))  # the first of all is no measure
    before = _await_completion(endpoint, outputs["SummariesTable"], 1)
    cpu = _cpu(server)
    began = time.monotonic()
    accepted = asyncio.run(_offer(url.netloc, url.path, rate, count))
    completed = _await_completion(endpoint, outputs["SummariesTable"], before + accepted) - before
    took = time.monotonic() - began
    used = [1000 * (now - then) / count for now, then in zip(_cpu(server), cpu, strict=True)]
    environments = len(server.children(recursive=True)) - 1
    return Orders(accepted, completed, completed / took, used[0], used[1], environments)


def _deploy_and_measure(rate: float, seconds: float) -> Orders:
    """Deploy the application, offer orders for a while, and wait until all are completed."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "headwater", "up", str(TEMPLATE), "--json", "--stack", "orders"]
        command += ["--port", str(PORT), "--mqtt-port", "0", "--data", folder]
        process = psutil.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            announced = json.loads(process.stdout.readline())
            return _measure(process, announced["endpoint"], announced["outputs"], rate, seconds)
        finally:
            process.terminate()
            process.wait(30)


def orders() -> Table:
    measured = [_deploy_and_measure(_RATE, seconds) for seconds in _LENGTHS]
    table = Table(title=f"The order application, {_RATE:g} orders a second offered", title_justify="left")
    table.add_column("what")
    for seconds in _LENGTHS:
        table.add_column(f"for {seconds:g} s", justify="right")
    for what, tell in _FIGURES:
        table.add_row(what, *map(tell, measured))
    return table
