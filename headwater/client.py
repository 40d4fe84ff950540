"""A small client of Headwater's own surface; it needs nothing but the standard library.

from headwater.client import Headwater

headwater = Headwater()             # AWS_ENDPOINT_URL, or http://127.0.0.1:4566
headwater.freeze()
...                                 # place an order, with boto3
headwater.settle()
headwater.advance("31d")["happened"]
"""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Literal, TypedDict, cast
from urllib.parse import quote

Mode = Literal["real", "frozen", "auto"]
_NO_LIMIT = 24 * 3600.0
_GRACE = 10.0  # seconds that an answer may come later than it was asked for


class HeadwaterError(Exception):
    """The server did not do what was asked; the text says why. ``status`` is None where none answered."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class Time(TypedDict):
    """``now`` and ``next`` in milliseconds since the epoch, ``ahead`` in milliseconds."""

    mode: Mode
    now: int
    at: str
    ahead: int
    next: int | None


class Happened(TypedDict):
    """A delivery that came due while the clock was advanced."""

    at: int
    name: str
    subject: str | None
    outcome: str
    trace: str


class Advanced(Time):
    """``count`` deliveries came due, the first thousand of which ``happened`` lists in order."""

    began: int
    ended: int
    count: int
    happened: list[Happened]


class Held(TypedDict):
    """Something in flight."""

    name: str
    subject: str | None
    trace: str
    since: int


class Timer(TypedDict, total=False):
    """Something that comes due later; a ``delivery`` has a subject, an id, an attempt and a trace."""

    due: int
    kind: Literal["delivery", "wait"]
    name: str
    subject: str | None
    id: str
    attempt: int
    trace: str


class Settlement(TypedDict):
    settled: bool
    now: int
    holding: list[Held]
    timers: list[Timer]


class Pending(Timer):
    """A delivery that is to be done or in hand."""

    created: int
    running: bool
    error: str | None


class Span(TypedDict):
    """What happened, with what it caused."""

    id: str
    trace: str
    parent: str | None
    kind: str
    name: str
    subject: str | None
    account: str
    region: str
    started: int
    duration: int | None
    outcome: str | None
    notes: dict[str, Any]
    children: list[Span]


class Trace(TypedDict):
    trace: str
    spans: list[Span]


class Snapshot(TypedDict):
    """``taken`` by the cloud's clock, in milliseconds since the epoch; ``size`` in bytes."""

    name: str
    taken: int
    size: int


# ``from`` is a keyword, so this one is not a class body
Sent = TypedDict(
    "Sent",
    {
        "id": str,
        "at": int,
        "kind": Literal["email", "email-json", "sms", "push"],
        "to": str,
        "from": str | None,
        "subject": str | None,
        "body": str,
        "topic": str | None,
        "message": str | None,
        "attributes": dict[str, Any],
        "account": str,
        "region": str,
    },
)


class Headwater:
    """A running server. Every method may raise HeadwaterError."""

    def __init__(self, endpoint: str | None = None) -> None:
        found = endpoint or os.environ.get("AWS_ENDPOINT_URL") or "http://127.0.0.1:4566"
        self.endpoint = found.rstrip("/")

    def health(self) -> dict[str, Any]:
        return cast("dict[str, Any]", self._ask("GET", "health"))

    def reset(self) -> None:
        """Forget everything that it keeps; the clock stays as it is."""
        self._ask("POST", "reset")

    # ---- universes

    def save(self, name: str) -> Snapshot:
        """Save everything that it is under a name; a snapshot of that name is replaced."""
        return cast(Snapshot, self._ask("POST", "snapshots", {"name": name}, _NO_LIMIT))

    def restore(self, name: str, fresh: bool = False) -> Snapshot:
        """Make it what it was when that was saved, the clock too. ``fresh``: start all functions anew."""
        page = f"snapshots/{quote(name, safe='')}/restore"
        return cast(Snapshot, self._ask("POST", page, {"fresh": fresh}, _NO_LIMIT))

    def snapshots(self) -> list[Snapshot]:
        return cast("list[Snapshot]", self._ask("GET", "snapshots")["snapshots"])

    def delete_snapshot(self, name: str) -> None:
        self._ask("DELETE", f"snapshots/{quote(name, safe='')}")

    # ---- the clock

    def time(self) -> Time:
        return cast(Time, self._ask("GET", "time"))

    def freeze(self) -> Time:
        """From now on time moves only when told."""
        return self._set_mode("frozen")

    def auto(self) -> Time:
        """From now on time jumps to the next timer whenever nothing is running."""
        return self._set_mode("auto")

    def real(self) -> Time:
        """From now on time goes on by itself, from where it stands."""
        return self._set_mode("real")

    def _set_mode(self, mode: Mode) -> Time:
        return cast(Time, self._ask("POST", "time", {"mode": mode}))

    def advance(self, duration: str | timedelta) -> Advanced:
        """Move time on (``"7d"``, ``"1h30m"``); all that comes due runs to the end of what it causes."""
        if isinstance(duration, timedelta):
            duration = f"{duration // timedelta(milliseconds=1)}ms"
        return cast(Advanced, self._ask("POST", "time", {"advance": duration}, _NO_LIMIT))

    # ---- what happens

    def settle(self, trace: str | None = None, timeout: float = 30) -> Settlement:
        """Wait until nothing is in flight, of everything or of one trace, for so many seconds at most."""
        asked: dict[str, Any] = {"timeout": timeout}
        if trace is not None:
            asked["trace"] = trace
        return cast(Settlement, self._ask("POST", "settle", asked, timeout + _GRACE))

    def trace(self, identity: str | None = None) -> Trace:
        """The causal tree that a trace id, an ARN or another id names; the newest without one."""
        query = f"?id={quote(identity, safe='')}" if identity else ""
        return cast(Trace, self._ask("GET", f"trace{query}"))

    def spans(self, after: str = "0") -> list[Span]:
        """What began after a span (its id), oldest first, without children; ten thousand at most."""
        return cast("list[Span]", self._ask("GET", f"spans?after={after}")["spans"])

    def last_span(self) -> str:
        """The id of the newest span, to ask later for what began after it."""
        return str(self._ask("GET", "spans?limit=0")["last"])

    def deliveries(self, limit: int = 100) -> list[Pending]:
        """What is to be done or in hand, the next first."""
        return cast("list[Pending]", self._ask("GET", f"deliveries?limit={limit}")["deliveries"])

    def outbox(self, limit: int = 100, after: str = "0") -> list[Sent]:
        """E-mails, text messages and pushes that SNS would have sent, the newest first."""
        return cast("list[Sent]", self._ask("GET", f"outbox?limit={limit}&after={after}")["messages"])

    def follow(self) -> Iterator[Span]:
        """Spans as they end (without children), until the server does."""
        with urllib.request.urlopen(f"{self.endpoint}/_headwater/follow") as stream:
            for line in stream:
                yield json.loads(line)

    def _ask(self, method: str, page: str, body: Any = None, timeout: float = 30) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.endpoint}/_headwater/{page}", data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=timeout) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            with error:
                raise HeadwaterError(_reason(error), error.code) from error
        except OSError as error:
            raise HeadwaterError(f"No Headwater answers at {self.endpoint}: {error}") from error


def _reason(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.load(error)["error"])
    except (ValueError, KeyError, TypeError):
        return f"The server answered {error.code}."
