"""HTTP messages as the gateway hands them about: no sockets, no framing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from headwater.languages.signatures.faults import Flaw


class HttpRequest:
    """One request, its body complete.

    ``path`` and ``query`` are as they came (percent-encoded, without the ``?``), ``headers`` have lower-case
    names and the last value of a name given twice, joined by the server with a comma where HTTP says so.

    ``flaw`` is what AWS would not take of how it is signed. It hinders what is asked of AWS's APIs, unless it is
    ``excused``: somebody else vouches for whom it is from, or it is only to be told.
    """

    __slots__ = ("body", "excused", "flaw", "headers", "method", "path", "query")

    def __init__(self, method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> None:
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.flaw: Flaw | None = None
        self.excused = False


class HttpResponse:
    """One response. ``body`` is bytes, or a streamed body (``headwater.spine.store.blobs.Blob``, or an iterator
    of chunks); the server adds ``Content-Length`` or chunking, ``Date`` and ``Connection``."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, headers: list[tuple[str, str]], body: Any = b"") -> None:
        self.status = status
        self.headers = headers
        self.body = body
