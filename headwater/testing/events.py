"""What happened to an event, as tests ask it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator

from headwater.client import Headwater, Settlement, Span
from headwater.testing.misses import refusals
from headwater.testing.story import near_misses, tell, unheard

_RUNS = ("lambda:Invoke", "pipes:Execute")
_JOIN = ":JoinBatch"  # of Lambda and of Pipes
_DEPLOYMENT = "cloudformation:"
_SERVICE_EVENT = "events:PutServiceEvent"
_MOST_TOLD = 200
_MOST_IN_MESSAGE = 20
_COLONS = 5  # in an ARN, at least


class Events:
    """From the making of this object on. Every assertion settles first, so nothing need be waited for."""

    def __init__(self, headwater: Headwater) -> None:
        self._headwater = headwater
        self.begin()

    def begin(self) -> None:
        """Forget what happened until now."""
        self._beginning = self._headwater.last_span()

    async def settled(self, trace: str | None = None, timeout: float = 30) -> Settlement:  # noqa: ASYNC109
        """:meth:`settle` for a test with an event loop of its own, which goes on meanwhile."""
        return await asyncio.to_thread(self.settle, trace, timeout)

    def settle(self, trace: str | None = None, timeout: float = 30) -> Settlement:
        """Wait until nothing is in flight; AssertionError that names what holds it up after so many seconds."""
        __tracebackhide__ = True
        settlement = self._headwater.settle(trace, timeout)
        if not settlement["settled"]:
            held = "\n".join(f"  {each['name']} {each['subject'] or ''}" for each in settlement["holding"])
            raise AssertionError(f"not settled within {timeout:g} s; still in flight:\n{held}")
        return settlement

    def assert_delivered(
        self, *, to: str, source: str | None = None, detail_type: str | None = None, times: int | None = None
    ) -> None:
        """An event of that source and type reached ``to``, directly or through what came of it.

        ``to`` is an ARN, or a name in one: of a queue, function, state machine, topic, table. ``times``: so
        often exactly; else at least once.
        """
        __tracebackhide__ = True
        self.settle()
        everything = list(_walk(self.spans()))
        seen, missing = _look(everything, to, source, detail_type)
        reached = len(seen) - len(missing)
        if (not reached) if times is None else (reached != times):
            expected = f"{times} times" if times is not None else "to be delivered"
            what = f"Expected an event {_described(source, detail_type)} {expected} to {to}"
            told = self._why_not(everything, missing, to, source, detail_type)
            raise AssertionError("\n".join([f"{what}; {len(seen)} such were routed, {reached} arrived.", *told]))

    def assert_reached(self, *, to: str, times: int | None = None) -> None:
        """Something reached ``to``, as :meth:`assert_delivered` has it, whatever carried it: event, message, call.
        What a client asked by itself, as the test does, is a cause and does not count.

        ``times``: so often exactly; else at least once.
        """
        __tracebackhide__ = True
        self.settle()
        named = _named(to)
        reached = sum(_arrived(span, named) for span in _walk(self.spans()) if span["parent"] is not None)
        if times == 0 and not reached:
            self._must_be_there(to)
        if (not reached) if times is None else (reached != times):
            expected = f"{times} times" if times is not None else "to be reached"
            raise AssertionError(f"Expected {to} {expected}; it was {reached} times.\n{self.story()}")

    def assert_never(self, *, to: str, source: str | None = None, detail_type: str | None = None) -> None:
        """No such event has reached ``to``, which there is, and none is on its way."""
        __tracebackhide__ = True
        self.settle()
        seen, missing = _look(list(_walk(self.spans())), to, source, detail_type)
        if len(seen) == len(missing):
            self._must_be_there(to)
        else:
            what = f"Expected no event {_described(source, detail_type)} to reach {to}"
            raise AssertionError(f"{what}; {len(seen) - len(missing)} did.\n{tell(seen, _MOST_IN_MESSAGE)}")

    def trace(self, cause: str | None = None) -> str:
        """The causal tree that an id names, as text; the newest without one."""
        return tell(self._headwater.trace(cause)["spans"])

    def spans(self) -> list[Span]:
        """Everything that happened since, each span with its ``children``; the roots."""
        spans = {span["id"]: span for span in self._fetch()}
        roots: list[Span] = []
        for span in spans.values():
            parent = spans.get(span["parent"] or "")
            (roots if parent is None else parent["children"]).append(span)
        return roots

    def story(self) -> str:
        """What came of what since, as text: deployments, and what only looked, are left out."""
        return tell([root for root in self.spans() if not root["name"].startswith(_DEPLOYMENT)], _MOST_TOLD)

    def _must_be_there(self, to: str) -> None:
        """Of what is misspelt it would always hold that it was not reached."""
        __tracebackhide__ = True
        if unknown := self._unknown(to):
            raise AssertionError("\n".join(unknown))

    def _unknown(self, to: str) -> list[str]:
        """That there is nothing of that name, and whose name is alike; nothing where there is such a thing."""
        account, region = to.split(":")[3:5][::-1] if to.startswith("arn:") and to.count(":") >= _COLONS else ("", "")
        named, there = _named(to), [each["arn"] for each in self._headwater.resources(account, region)]
        if any(named.search(arn) for arn in there):
            return []
        alike = next((f" Is it {arn}?" for arn in there if to.lower() in arn.lower()), "")
        return [f"Nothing here is named {to}, so that nothing could reach it.{alike}"]

    def _fetch(self) -> Iterator[Span]:
        after = self._beginning
        while spans := self._headwater.spans(after, explained=True):
            yield from spans
            after = spans[-1]["id"]

    def _why_not(
        self, everything: list[Span], missing: list[Span], to: str, source: str | None, detail_type: str | None
    ) -> list[str]:
        """What refused such events, and where those went that were taken."""
        told = self._unknown(to)
        offered = [span for span in everything if span["name"] != _SERVICE_EVENT or (source or "").startswith("aws.")]
        told += [f"near miss: {miss}" for miss in near_misses(offered)[:_MOST_IN_MESSAGE]]
        wanted = {"source": source, "detail-type": detail_type}
        told += [f"near miss: {miss}" for miss in refusals(self._headwater, missing, wanted, _named(to))]
        told += unheard(everything)[:_MOST_IN_MESSAGE]
        if missing:
            told.append(f"these went elsewhere, or did not arrive:\n{tell(missing, _MOST_IN_MESSAGE)}")
        return told


def _look(
    everything: list[Span], to: str, source: str | None, detail_type: str | None
) -> tuple[list[Span], list[Span]]:
    """The deliveries of such events, and those of them that did not reach ``to``."""
    runs: dict[tuple[str, str | None], list[Span]] = {}
    for span in everything:
        if span["name"] in _RUNS:
            runs.setdefault((span["trace"], span["subject"]), []).append(span)
    seen = [span for span in everything if _is_of(span, source, detail_type)]
    named = _named(to)
    return seen, [span for span in seen if not any(_arrived(each, named) for each in _consequences(span, runs))]


def _walk(spans: list[Span]) -> Iterator[Span]:
    for span in spans:
        yield span
        yield from _walk(span["children"])


def _is_of(span: Span, source: str | None, detail_type: str | None) -> bool:
    """Whether it is a rule's delivery of such an event."""
    event = span["notes"].get("event")
    if span["kind"] != "delivery" or not event:
        return False
    its_source, _, its_type = str(event).partition(": ")
    return source in (None, its_source) and detail_type in (None, its_type)


def _consequences(span: Span, runs: dict[tuple[str, str | None], list[Span]]) -> Iterator[Span]:
    """What came of a span, itself included; also through a batch that was handled in another trace."""
    yield span
    for child in span["children"]:
        yield from _consequences(child, runs)
    if span["name"].endswith(_JOIN):
        for run in runs.get((span["notes"]["handled in trace"], span["subject"]), ()):
            yield from _consequences(run, runs)


def _named(to: str) -> re.Pattern[str]:
    """Who has it in an ARN: of a queue's address the name, of a state machine that of its executions."""
    if "://" in to or ":stateMachine:" in to:
        to = re.split("[:/]", to)[-1]
    return re.compile(rf"(?:^|[:/]){re.escape(to)}(?:[:/]|$)")


def _arrived(span: Span, named: re.Pattern[str]) -> bool:
    return span["kind"] == "operation" and span["outcome"] == "ok" and bool(named.search(span["subject"] or ""))


def _described(source: str | None, detail_type: str | None) -> str:
    parts = (source and f"of {source}", detail_type and f"{detail_type!r}")
    return " ".join(part for part in parts if part) or "at all"
