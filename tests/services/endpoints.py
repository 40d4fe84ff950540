"""An HTTP endpoint of a test's own: it remembers what it was asked and answers as it is told."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import urlsplit


class Asked(NamedTuple):
    """``headers`` have lower-case names."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes


class Reply(NamedTuple):
    status: int = 200
    headers: dict[str, str] = {}  # noqa: RUF012 - nobody changes it
    body: bytes = b""


class Endpoint:
    """``url``; ``answer(asked)`` may be set; ``next()`` is the next request, waited for."""

    def __init__(self) -> None:
        self.answer: Callable[[Asked], Reply] = lambda asked: Reply()
        self._asked: queue.Queue[Asked] = queue.Queue()
        self.released = threading.Event()  # a slow answer waits for it
        self.url = ""

    def next(self, path: str | None = None) -> Asked:
        while True:
            asked = self._asked.get(timeout=60)
            if path is None or asked.path == path:
                return asked

    def none(self) -> bool:
        return self._asked.empty()

    def put(self, asked: Asked) -> Reply:
        self._asked.put(asked)
        return self.answer(asked)


@contextmanager
def endpoint() -> Iterator[Endpoint]:
    made = Endpoint()

    class Handler(BaseHTTPRequestHandler):
        def _reply(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            reply = made.put(Asked(self.command, parts.path, parts.query, headers, body))
            if reply.status == 0:  # garbage
                self.wfile.write(reply.body)
                return
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _reply  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    made.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.released.set()
        server.shutdown()
        server.server_close()
