"""Plain HTTP for tests: no redirects, no retries, no client's opinions."""

from __future__ import annotations

import http.client
from typing import NamedTuple
from urllib.parse import urlsplit

import orjson


class Answer(NamedTuple):
    """``headers`` have lower-case names."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> object:
        return orjson.loads(self.body)


def ask(method: str, url: str, body: bytes | None = None, **headers: str) -> Answer:
    """One request on a connection of its own. Underscores in header names are dashes."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    try:
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request(
            method, path or "/", body, {name.replace("_", "-"): value for name, value in headers.items()}
        )
        response = connection.getresponse()
        fields: dict[str, str] = {}
        for name, value in response.getheaders():
            key = name.lower()
            fields[key] = f"{fields[key]}; {value}" if key in fields else value
        return Answer(response.status, fields, response.read())
    finally:
        connection.close()
