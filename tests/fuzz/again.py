"""A plugin for pytest: what a test sends through botocore is sent again, bent, to the same server.

So requests meet what tests have set up: real states, rich documents, every form that somebody thought of. Tests may
fail of what is then changed under them; what counts is what the server says. See ``scripts/fuzz.py``.
"""

from __future__ import annotations

import http.client
import os
import random
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import botocore.endpoint
import pytest
from botocore.model import OperationModel

from tests.fuzz.answers import faults
from tests.fuzz.driver import Log
from tests.fuzz.wire import Wire, bent, target_of

_SECONDS = 15
_MOST_BYTES = 200_000
_OFTEN = ((400, 25), (1200, 8), (4000, 2))
_WAITING = frozenset(("GetActivityTask", "StartSyncExecution", "StartLiveTail", "ReceiveMessage", "SubscribeToShard"))


class Again:
    """Sends again, and writes down what is a fault of ours: a line each, and at most two of a kind."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._out = folder / f"{os.getpid()}.txt"
        self._source = random.Random(seed)
        self._sent: Counter[str] = Counter()
        self._told: Counter[str] = Counter()
        self._log = Log()
        self._listening = self._log.listening()
        self._respond = botocore.endpoint.Endpoint._do_get_response

    def pytest_sessionstart(self) -> None:
        self._listening.__enter__()
        again, respond = self, self._respond

        def responded(endpoint: Any, request: Any, operation: OperationModel, context: Any) -> Any:
            outcome = respond(endpoint, request, operation, context)
            again.send(request, operation)
            return outcome

        botocore.endpoint.Endpoint._do_get_response = responded

    def pytest_sessionfinish(self) -> None:
        botocore.endpoint.Endpoint._do_get_response = self._respond
        self._listening.__exit__(None, None, None)

    def send(self, request: Any, operation: OperationModel) -> None:
        body = request.body.encode() if isinstance(request.body, str) else request.body or b""
        place = urlsplit(request.url).netloc
        whole = (
            isinstance(body, bytes | bytearray)
            and len(body) < _MOST_BYTES
            and "Transfer-Encoding" not in request.headers
        )
        if not whole or not place.startswith("127.0.0.1") or operation.name in _WAITING:
            return
        title = f"{operation.service_model.service_name}:{operation.name}"
        headers = {
            name: value.decode() if isinstance(value, bytes) else value for name, value in request.headers.items()
        }
        wire = Wire(request.method, target_of(request.url), headers, bytes(body))
        for _ in range(next((count for most, count in _OFTEN if self._sent[title] < most), 0)):
            self._sent[title] += 1
            made = bent(wire, self._source)
            try:
                status, answered, data = _answer(place, made)
            except TimeoutError:
                self._tell(title, "no answer in time", made)
                continue
            except (OSError, http.client.HTTPException):
                continue  # a request that is none closes its connection
            for what in faults(operation, status, answered, data, another=made.target != wire.target):
                self._tell(title, what, made)
            while self._log.errors:
                self._tell(title, f"logged {self._log.errors.pop()}", made)

    def _tell(self, title: str, what: str, made: Wire) -> None:
        kind = f"{title} {what[:60]} {what[-200:]}"
        self._told[kind] += 1
        if self._told[kind] <= 2:
            request = f"{made.method} {made.target[:500]} {made.headers} {made.body[:2000]!r}"
            with self._out.open("a") as out:
                out.write(f"{title}: {what}\n  request: {request}\n  in {os.environ.get('PYTEST_CURRENT_TEST')}\n\n")


def _answer(place: str, made: Wire) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection(place, timeout=_SECONDS)
    try:
        connection.request(made.method, made.target, made.body, made.headers)
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--again", help="a folder for what is found when requests are sent again, bent")
    parser.addoption("--again-seed", type=int, default=1)


def pytest_configure(config: pytest.Config) -> None:
    folder = config.getoption("--again")
    if folder:
        config.pluginmanager.register(Again(Path(folder), config.getoption("--again-seed")))
