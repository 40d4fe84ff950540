"""The console's files: read once, compressed once, known by their digest; the page that asks for them is sent whole.

Addresses below the prefix that name no file and no page of the surface are pages that the application draws by itself.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from headwater.gateway.connection import HttpConnection
from headwater.gateway.messages import HttpRequest, HttpResponse
from headwater.gateway.whole_page import whole_page

FILES = "/static/"
PAGES = "/console"
_PAGE = "index.html"
_SMALLEST_COMPRESSED = 500
_TYPES = {".js": "text/javascript", ".svg": "image/svg+xml", ".woff2": "font/woff2"}
# everything comes from here; styles are set by scripts of ours, never by what they show
_POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self' ws: wss:; "
    "frame-ancestors 'none'"
)


class _File(NamedTuple):
    """``parts`` with the time of their last change: what it was made of."""

    body: bytes
    compressed: bytes | None
    tag: str
    content_type: str
    policy: str
    parts: tuple[tuple[Path, int], ...]

    def stands(self) -> bool:
        return all(_changed(part) == then for part, then in self.parts)


class StaticPages:
    """A site that serves one folder; files that are not there when first asked for are not there."""

    def __init__(self, prefix: str, folder: Path) -> None:
        self._prefix = prefix
        self._folder = folder.resolve()
        self._files: dict[str, _File] = {}

    def handle(self, request: HttpRequest, connection: HttpConnection) -> bool:
        if request.method not in ("GET", "HEAD") or not request.path.startswith(self._prefix):
            return False
        path = request.path[len(self._prefix) :]
        if path.startswith(FILES):
            name = path.removeprefix(FILES)
        elif path in ("", "/", PAGES) or path.startswith(PAGES + "/"):
            name = _PAGE
        else:
            return False
        file = self._find(name)
        connection.respond(_not_found() if file is None else _answer(request, file))
        return True

    def _find(self, name: str) -> _File | None:
        known = self._files.get(name)
        if known is not None and known.stands():
            return known
        path = (self._folder / name).resolve()
        if not path.is_relative_to(self._folder) or not path.is_file():
            return None
        file = self._whole(path) if name == _PAGE else _file(path.read_bytes(), path, _POLICY, [path])
        self._files[name] = file
        return file

    def _whole(self, path: Path) -> _File:
        page = whole_page(path, self._prefix + FILES)
        policy = "; ".join([_POLICY, " ".join(("script-src 'self'", *page.scripts))])
        return _file(page.text.encode(), path, policy, page.parts)


def _changed(path: Path) -> int:
    return path.stat().st_mtime_ns if path.exists() else 0


def _file(body: bytes, path: Path, policy: str, parts: Iterable[Path]) -> _File:
    kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    if kind.startswith("text/"):
        kind += "; charset=utf-8"
    compressed = gzip.compress(body, 9, mtime=0) if len(body) >= _SMALLEST_COMPRESSED else None
    tag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
    return _File(body, compressed, tag, kind, policy, tuple((part, _changed(part)) for part in parts))


def _answer(request: HttpRequest, file: _File) -> HttpResponse:
    headers = [
        ("Content-Type", file.content_type),
        ("ETag", file.tag),
        ("Cache-Control", "no-cache"),
        ("Vary", "Accept-Encoding"),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
        ("Content-Security-Policy", file.policy),
    ]
    if request.headers.get("if-none-match") == file.tag:
        return HttpResponse(304, headers)
    body = file.body
    if file.compressed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        body = file.compressed
        headers.append(("Content-Encoding", "gzip"))
    if request.method == "HEAD":
        headers.append(("Content-Length", str(len(body))))
        body = b""
    return HttpResponse(200, headers, body)


def _not_found() -> HttpResponse:
    return HttpResponse(404, [("Content-Type", "text/plain; charset=utf-8")], b"There is no such file.\n")
