"""JSON over HTTP beside AWS's APIs, a table of routes to functions: our own surface under ``/_headwater/``, and the
paths by which tools know other emulators."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, unquote

import orjson

from headwater.gateway.connection import HttpConnection
from headwater.gateway.messages import HttpRequest, HttpResponse
from headwater.gateway.origins import is_foreign
from headwater.spine.errors import AwsError

# (query parameters and those of the path, parsed body) to whatever JSON can hold
Route = Callable[[Mapping[str, str], Any], Awaitable[Any]]
# the content type; (query parameters, what sends a chunk) to what ends the stream
Stream = tuple[str, Callable[[Mapping[str, str], Callable[[bytes], None]], Callable[[], None]]]
log = logging.getLogger(__name__)


class Surface:
    """Answers what is asked below ``prefixes``. ``spaced``: JSON as Python's own module writes it, with a blank after
    each colon, for scripts that search answers for text. A route that gives None answers 204. Routes are asked for when
    the first request comes."""

    def __init__(
        self,
        prefixes: tuple[str, ...],
        routes: Callable[[], Mapping[tuple[str, str], Route]],
        streams: Mapping[str, Stream],
        spaced: bool = False,
    ) -> None:
        self._prefixes = prefixes
        self._write = _spaced if spaced else _compact
        self._ask_for_routes = routes
        self._streams = streams
        self._tasks: set[asyncio.Task[None]] = set()

    @cached_property
    def _routes(self) -> Mapping[tuple[str, str], Route]:
        return self._ask_for_routes()

    @cached_property
    def _named(self) -> list[tuple[str, re.Pattern[str], Route]]:
        """The routes whose path has names in it."""
        return [(method, _pattern(path), route) for (method, path), route in self._routes.items() if "{" in path]

    def handle(self, request: HttpRequest, connection: HttpConnection) -> bool:
        if not request.path.startswith(self._prefixes):
            return False
        stream = self._streams.get(request.path) if request.method == "GET" else None
        if stream is not None:
            _begin(stream, dict(parse_qsl(request.query)), connection)
            return True
        if request.method not in ("GET", "HEAD") and is_foreign(request):
            connection.respond(_error(403, "A page of another origin may not steer Headwater."))
            return True
        path, named = request.path.rstrip("/"), {}
        method = "GET" if request.method == "HEAD" else request.method
        route = self._routes.get((method, path)) if "{" not in path else None
        if route is None:
            known = any(path == other for _, other in self._routes)
            for its, pattern, found in self._named:
                if (match := pattern.fullmatch(path)) is not None:
                    known = True
                    if its == method:
                        route = found
                        named = {name: unquote(value) for name, value in match.groupdict().items()}
        if route is None:
            connection.respond(_error(405 if known else 404, "There is no such page here."))
            return True
        task = asyncio.get_running_loop().create_task(self._answer(route, named, request, connection))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    async def _answer(
        self, route: Route, named: Mapping[str, str], request: HttpRequest, connection: HttpConnection
    ) -> None:
        query = {**dict(parse_qsl(request.query, keep_blank_values=True)), **named}
        try:
            body = orjson.loads(request.body) if request.body else None
        except orjson.JSONDecodeError as error:
            connection.respond(_error(400, f"The body is not JSON: {error}"))
            return
        try:
            result = await route(query, body)
        except AwsError as error:
            connection.respond(_error(error.status, error.message))
        except Exception:  # the edge of the process: a fault of ours is told, not hidden
            log.exception("surface failed", extra={"path": request.path})
            connection.respond(_error(500, "Headwater failed to answer; its log tells why."))
        else:
            connection.respond(HttpResponse(204, []) if result is None else _json(200, self._write(result)))


def _pattern(path: str) -> re.Pattern[str]:
    """What matches a path with a ``{name}`` in it, or a ``{+name}`` that may have slashes in it."""
    return re.compile(re.sub(r"\{\+(\w+)\}", r"(?P<\1>.+)", re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)))


def _begin(stream: Stream, query: Mapping[str, str], connection: HttpConnection) -> None:
    """Open a stream, unless what is asked of it is refused; what it sends at once waits for its head."""
    content_type, begin = stream
    early: list[bytes] = []
    send: Callable[[bytes], object] = early.append

    def send_on(chunk: bytes) -> None:
        send(chunk)

    try:
        connection.abandoned = begin(query, send_on)
    except AwsError as error:
        connection.respond(_error(error.status, error.message))
        return
    connection.begin_stream(content_type)
    send = connection.send_chunk
    for chunk in early:
        send(chunk)


def _compact(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)


def _spaced(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _json(status: int, body: bytes) -> HttpResponse:
    return HttpResponse(status, [("Content-Type", "application/json"), ("Access-Control-Allow-Origin", "*")], body)


def _error(status: int, message: str) -> HttpResponse:
    return _json(status, _compact({"error": message}))
