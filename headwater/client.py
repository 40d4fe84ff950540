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
from collections.abc import Generator, Iterable, Mapping
from datetime import timedelta
from typing import Any, cast
from urllib.parse import quote

from headwater.answers import (
    Advanced,
    Attempt,
    Children,
    Compared,
    ComparedRow,
    Departure,
    Explained,
    FaultBooks,
    FaultRule,
    FiredFault,
    Happened,
    Held,
    Lacking,
    MissingPolicy,
    MockCase,
    Mode,
    Outcome,
    Pending,
    QuotaBooks,
    QuotaNumber,
    QuotaRate,
    Replayed,
    Replays,
    Sent,
    Settlement,
    ShownExecution,
    SignatureFlaw,
    Snapshot,
    Span,
    Time,
    Timer,
    Trace,
    Tried,
    Verdict,
    Visit,
)

__all__ = [
    "Advanced",
    "Attempt",
    "Children",
    "Compared",
    "ComparedRow",
    "Departure",
    "Explained",
    "FaultBooks",
    "FaultRule",
    "FiredFault",
    "Happened",
    "Headwater",
    "HeadwaterError",
    "Held",
    "Lacking",
    "MissingPolicy",
    "MockCase",
    "Mode",
    "Outcome",
    "Pending",
    "QuotaBooks",
    "QuotaNumber",
    "QuotaRate",
    "Replayed",
    "Replays",
    "Sent",
    "Settlement",
    "ShownExecution",
    "SignatureFlaw",
    "Snapshot",
    "Span",
    "Time",
    "Timer",
    "Trace",
    "Tried",
    "Verdict",
    "Visit",
]
_NO_LIMIT = 24 * 3600.0
_GRACE = 10.0  # seconds that an answer may come later than it was asked for


class HeadwaterError(Exception):
    """The server did not do what was asked; the text says why. ``status`` is None where none answered."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


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

    def spans(self, after: str = "0", explained: bool = False) -> list[Span]:
        """What began after a span (its id), oldest first, without children; ten thousand at most. ``explained``: of
        events that no rule took, notes tell which field each of the nearest rules refused."""
        more = "&explained=true" if explained else ""
        return cast("list[Span]", self._ask("GET", f"spans?after={after}{more}")["spans"])

    def span(self, identity: str) -> dict[str, Any]:
        """One span, uncut, with what it ``published``: of each event its ``id``, ``channel`` and ``body`` (JSON)."""
        return cast("dict[str, Any]", self._ask("GET", f"span?id={quote(identity, safe='')}"))

    def report(self, since: int = 0, trace: str | None = None, title: str = "Headwater report") -> str:
        """What happened since an instant (ms), or a trace, as one HTML file."""
        query = f"report?since={since}&title={quote(title, safe='')}"
        query += f"&trace={quote(trace, safe='')}" if trace else ""
        return str(self._ask("GET", query)["html"])

    def told(self) -> dict[str, Any]:
        """What a report of everything would tell."""
        return cast("dict[str, Any]", self._ask("GET", "report?format=json"))

    def last_span(self) -> str:
        """The id of the newest span, to ask later for what began after it."""
        return str(self._ask("GET", "spans?limit=0")["last"])

    def deliveries(self, limit: int = 100, state: str | None = None) -> list[Pending]:
        """What is to be done or in hand, the next first; or those of a state, such as ``dead``."""
        chosen = f"&state={state}" if state else ""
        return cast("list[Pending]", self._ask("GET", f"deliveries?limit={limit}{chosen}")["deliveries"])

    def permissions(self, role: str = "") -> list[Lacking]:
        """What roles did here, or tried, that their policies do not allow; of one role, given by its name or ARN."""
        return cast("list[Lacking]", self._ask("GET", f"permissions?role={quote(role, safe='')}")["lacking"])

    def missing_policies(self, role: str = "") -> list[MissingPolicy]:
        """Policies that would allow what :meth:`permissions` tells."""
        return cast("list[MissingPolicy]", self._ask("GET", f"permissions?role={quote(role, safe='')}")["policies"])

    def signatures(self) -> list[SignatureFlaw]:
        """Requests, such as by presigned URLs, that were signed otherwise than AWS would take it."""
        return cast("list[SignatureFlaw]", self._ask("GET", "signatures")["flaws"])

    def outbox(self, limit: int = 100, after: str = "0") -> list[Sent]:
        """E-mails, text messages and pushes that SNS would have sent, the newest first."""
        return cast("list[Sent]", self._ask("GET", f"outbox?limit={limit}&after={after}")["messages"])

    def delivery(self, identity: str) -> dict[str, Any]:
        """A delivery with its attempts and its payload."""
        return cast("dict[str, Any]", self._ask("GET", f"delivery?id={quote(identity, safe='')}"))

    def redeliver(self, *identities: str) -> list[dict[str, str]]:
        """Do deliveries that failed now, those that were given up anew; all of them or none."""
        answer = self._ask("POST", "deliveries/redeliver", {"ids": list(identities)})
        return cast("list[dict[str, str]]", answer["redelivered"])

    def explain(self, event: str | dict[str, Any], bus: str | None = None) -> Explained:
        """What became of an event, message or record of an id, and why; or what would become of an event that is
        given as such. ``bus``: its name, or the ARN of a bus, topic, queue or stream."""
        if isinstance(event, str):
            more = f"&bus={quote(bus, safe='')}" if bus else ""
            return cast(Explained, self._ask("GET", f"explain?event={quote(event, safe='')}{more}"))
        return cast(Explained, self._ask("POST", "explain", {"event": event, "bus": bus}))

    def try_pattern(
        self, pattern: str | dict[str, Any], bus: str = "default", last: int = 100, scope: str | None = None
    ) -> Tried:
        """A pattern, or a filter policy with the scope, on the last events of a bus, topic or queue."""
        asked = {"pattern": pattern, "bus": bus, "last": last, **({"scope": scope} if scope else {})}
        return cast(Tried, self._ask("POST", "patterns/test", asked))

    def operation(
        self, service: str, name: str, request: dict[str, Any] | None = None, account: str = "", region: str = ""
    ) -> dict[str, Any]:
        """Any operation by its name (``"sqs", "ListQueues"``), members as AWS names them, times in milliseconds."""
        asked = {"service": service, "operation": name, "request": request or {}, "account": account, "region": region}
        return cast("dict[str, Any]", self._ask("POST", "operations", asked)["result"])

    def resources(self, account: str = "", region: str = "") -> list[dict[str, Any]]:
        """What is deployed and may cause work or be given some: ARN, type, name, stack."""
        return cast("list[dict[str, Any]]", self._ask("GET", _page("map", account, region))["resources"])

    # ---- executions

    def execution(self, identity: str, svg: bool = False) -> ShownExecution:
        """What an execution did: its ARN, its name, or anything in its trace. ``svg``: a picture of it too."""
        more = "&svg=true" if svg else ""
        return cast(ShownExecution, self._ask("GET", f"executions?execution={quote(identity, safe='')}{more}"))

    def compare_executions(self, first: str, second: str) -> Compared:
        query = f"executions/diff?first={quote(first, safe='')}&second={quote(second, safe='')}"
        return cast(Compared, self._ask("GET", query))

    def replay(
        self,
        execution: str | None = None,
        *,
        machine: str | None = None,
        definition: str | dict[str, Any] | None = None,
        since: int = 0,
        last: int | None = None,
    ) -> Replays:
        """Recorded executions on the present definition of their machine, or on another, without calling anything:
        one, those of a machine (its ARN), or all; ``since`` (ms) and ``last`` limit which."""
        asked: dict[str, Any] = {"since": since}
        if execution is not None:
            asked["execution"] = execution
        elif machine is not None:
            asked["machine"] = machine
        else:
            asked["all"] = True
        if definition is not None:
            asked["definition"] = definition if isinstance(definition, str) else json.dumps(definition)
        if last is not None:
            asked["last"] = last
        return cast(Replays, self._ask("POST", "executions/replay", asked, _NO_LIMIT))

    def follow(self, **chosen: str) -> Generator[Any]:
        """Spans that end after this was called, as they do (without children), until the server does. ``service``,
        ``kind``, ``bus``, ``pattern`` (JSON) choose among them; ``events="1"``: what is published too, as kind
        ``event``."""
        query = "&".join(f"{name}={quote(value, safe='')}" for name, value in chosen.items())
        try:
            stream = urllib.request.urlopen(f"{self.endpoint}/_headwater/follow?{query}")
        except urllib.error.HTTPError as error:
            with error:
                raise HeadwaterError(_reason(error), error.code) from None
        except OSError as error:
            raise HeadwaterError(f"No Headwater answers at {self.endpoint}: {_why(error)}.") from None
        return _lines(stream)

    # ---- mocks of Step Functions

    def mocks(self) -> list[MockCase]:
        """The cases that there are."""
        return cast("list[MockCase]", self._ask("GET", "mocks")["cases"])

    def put_mocks(self, file: Mapping[str, Any], account: str = "", region: str = "") -> list[MockCase]:
        """Mocks as a file of Step Functions Local has them, and no others; of all accounts and regions unless told."""
        return cast("list[MockCase]", self._ask("PUT", _page("mocks", account, region), file)["cases"])

    def add_mocks(self, file: Mapping[str, Any], account: str = "", region: str = "") -> list[MockCase]:
        """Mocks beside those that there are."""
        return cast("list[MockCase]", self._ask("POST", _page("mocks", account, region), file)["cases"])

    def clear_mocks(self, account: str = "", region: str = "", machine: str = "") -> None:
        """No mocks any more, of one machine or of all; what runs with some goes on so."""
        self._ask("DELETE", f"{_page('mocks', account, region)}&machine={quote(machine, safe='')}")

    # ---- faults

    def faults(self) -> FaultBooks:
        """The rules in force and what has fired."""
        return cast(FaultBooks, self._ask("GET", "faults"))

    def add_faults(self, *rules: FaultRule, seed: int | str | None = None) -> FaultBooks:
        """Rules beside those that there are; a seed has all begin anew."""
        return self._fault({"rules": rules, "seed": seed})

    def explore_faults(self, kinds: Iterable[str], seed: int | str) -> FaultBooks:
        """Have faults of these kinds come by chance, such as any application has to bear; settle awaits what
        they put off."""
        return self._fault({"explore": list(kinds), "seed": seed})

    def replay_faults(self, rules: Iterable[FaultRule], seed: int | str) -> FaultBooks:
        """Have just these come, as when they were explored."""
        return self._fault({"rules": list(rules), "explore": [], "seed": seed})

    def clear_faults(self) -> None:
        """No fault any more; what has fired is forgotten."""
        self._ask("DELETE", "faults")

    def _fault(self, body: dict[str, Any]) -> FaultBooks:
        return cast(FaultBooks, self._ask("POST", "faults", body))

    # ---- quotas

    def quotas(self, service: str | None = None) -> QuotaBooks:
        """What holds, of all services or of one; rates where one is set."""
        return cast(QuotaBooks, self._ask("GET", f"quotas?service={quote(service)}" if service else "quotas"))

    def set_quotas(self, quotas: Mapping[str, str | int | None]) -> QuotaBooks:
        """Numbers (``events:rules-per-bus``) and rates (``events:PutEvents``: so many a second, ``"100"`` or
        ``"100/200"``, the second of which at once); None: as it was at the start."""
        return cast(QuotaBooks, self._ask("POST", "quotas", {"quotas": dict(quotas)}))

    def clear_quotas(self) -> QuotaBooks:
        """All as at the start."""
        return cast(QuotaBooks, self._ask("DELETE", "quotas"))

    def _ask(self, method: str, page: str, body: Any = None, timeout: float = 30) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.endpoint}/_headwater/{page}", data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=timeout) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            with error:
                raise HeadwaterError(_reason(error), error.code) from None
        except OSError as error:
            raise HeadwaterError(f"No Headwater answers at {self.endpoint}: {_why(error)}.") from None


def _page(page: str, account: str, region: str) -> str:
    return f"{page}?account={quote(account, safe='')}&region={quote(region, safe='')}"


def _lines(stream: Any) -> Generator[Any]:
    with stream:
        try:
            for line in stream:
                yield json.loads(line)
        except OSError as error:
            raise HeadwaterError(f"The server is gone: {error}") from error


def _why(error: OSError) -> str:
    """In words: ``Connection refused``."""
    cause = getattr(error, "reason", error)
    return str(getattr(cause, "strerror", None) or cause)


def _reason(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.load(error)["error"])
    except (ValueError, KeyError, TypeError):
        return f"What answers there is no Headwater, or an older one: HTTP {error.code}."
