"""The ledger against a simple model: any sequence of deliveries that fail, are tried again, given up, done anew, one
after the other where they have an ordering key, with clock moves and crashes in between. The model is exact: what was
done when, and how each delivery stands, are foretold.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from headwater.insight import ledger
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call
from tests.spine.bench import START, Bench

BACKOFF = 1000


@dataclass
class Expected:
    """A delivery as the model knows it; ``outcomes`` of its attempts, all that there were."""

    id: int
    word: str
    fails: int
    attempts: int
    final: bool
    key: str | None = None
    state: str = "waiting"
    attempt: int = 0
    due: int = 0
    outcomes: list[str] = field(default_factory=list)


class Ledger(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.loop = asyncio.new_event_loop()
        self.now = START
        self.bench = self._open()
        self.loop.run_until_complete(self.bench.call("Words"))  # so that there are tables
        self.known: list[Expected] = []
        self.done: list[tuple[int, str]] = []
        self.lines: dict[str | None, list[Expected]] = {}  # by ordering key: who is at it, and who waits behind

    def _open(self) -> Bench:
        async def start() -> Bench:
            bench = Bench(self.folder, self.now)
            await bench.engine.start()
            return bench

        return self.loop.run_until_complete(start())

    def teardown(self) -> None:
        self.loop.run_until_complete(self.bench.engine.stop())
        self.bench.engine.store.close()
        self.loop.close()
        shutil.rmtree(self.folder)

    def _ask(self, function: Any) -> Any:
        return self.loop.run_until_complete(self.bench.engine.transact_system(function))

    # ---- what the model foretells

    def _queue(self, each: Expected) -> None:
        """Its turn, unless others of its key come first; of those that wait, the oldest is next."""
        line = self.lines.setdefault(each.key, [])
        line.append(each)
        if each.key is None or len(line) == 1:
            self._go_on(each)

    def _go_on(self, each: Expected) -> None:
        self._attempt(each)
        line = self.lines[each.key]
        if each.state != "retrying":
            line.remove(each)
            if each.key is not None and line:
                line.sort(key=lambda other: other.id)
                self._go_on(line[0])

    def _attempt(self, each: Expected) -> None:
        each.attempt += 1
        each.state = "retrying"
        if each.attempt > each.fails:
            each.state = "delivered"
            each.outcomes.append("ok")
            self.done.append((self.now, each.word))
            return
        each.outcomes.append("Busy")
        if each.final or each.attempt >= each.attempts:
            each.state = "dead"
            why = None if each.final else "MaximumRetryAttempts"
            self.done.append((self.now, f"dead {each.word} after {each.attempt}: Busy {why}"))
        else:
            each.due = self.now + BACKOFF * 2 ** (each.attempt - 1)

    # ---- what may happen

    @rule(
        fails=st.integers(0, 4),
        attempts=st.integers(1, 4),
        final=st.booleans(),
        key=st.sampled_from([None, None, "k", "l"]),
    )
    def deliver(self, fails: int, attempts: int, final: bool, key: str | None) -> None:
        word = f"word-{len(self.known)}"
        request = {"Word": word, "Fail": fails, "Final": final, "Policy": [attempts, 0, BACKOFF, 2.0], "Ordering": key}
        answer = self.loop.run_until_complete(self.bench.call("Leave", **request))
        self.known.append(Expected(answer["Id"], word, fails, attempts, final, key))
        self._queue(self.known[-1])

    @rule(milliseconds=st.sampled_from([1, 500, 1000, 3000, 20_000]))
    def time_passes(self, milliseconds: int) -> None:
        self.loop.run_until_complete(self.bench.advance(milliseconds))
        until = self.now + milliseconds
        while due := [each for each in self.known if each.state == "retrying" and each.due <= until]:
            first = min(due, key=lambda each: (each.due, each.id))
            self.now = max(self.now, first.due)
            self._go_on(first)
        self.now = until

    @precondition(lambda self: self.known)
    @rule(data=st.data())
    def redeliver(self, data: st.DataObject) -> None:
        each = data.draw(st.sampled_from(self.known))

        def again(call: Call) -> str:
            return ledger.redeliver(call, self.bench.engine, each.id)

        try:
            was = self._ask(again)
        except AwsError as error:
            assert (each.state, error.status) in (("delivered", 404), ("waiting", 409))
            return
        assert was == each.state
        self.loop.run_until_complete(self.bench.rest())
        if each.state == "dead":
            each.attempt, each.state = 0, "waiting"
            self._queue(each)
        else:
            self._go_on(each)

    @rule()
    def crash(self) -> None:
        self.bench.crash()
        self.loop.run_until_complete(asyncio.sleep(0))
        self.bench = self._open()

    # ---- what always holds

    @invariant()
    def nothing_is_lost_or_invented(self) -> None:
        self.loop.run_until_complete(self.bench.rest())
        rows = self._ask(lambda call: call.store.all("SELECT at, word FROM toy_words"))
        assert sorted(rows) == sorted(self.done)
        for key in {each.key for each in self.known} - {None}:
            words = {each.word for each in self.known if each.key == key}
            in_order = [
                [row for row in told if row[1].removeprefix("dead ").split()[0] in words] for told in (rows, self.done)
            ]
            assert in_order[0] == in_order[1]

    @invariant()
    def the_ledger_says_how_each_stands(self) -> None:
        for state in ("retrying", "dead"):
            listed = self._ask(lambda call, state=state: ledger.listing(call, state, 1000))
            told = {(each["id"], each["attempt"]) for each in listed}
            assert told == {(ledger.name(each.id), each.attempt) for each in self.known if each.state == state}
        for each in self.known:
            found = self._ask(lambda call, each=each: ledger.one(call, each.id))
            assert found["state"] == each.state
            assert [attempt["outcome"] for attempt in found["attempts"]] == each.outcomes
            if each.state == "retrying":
                assert found["due"] == each.due


TestLedger = Ledger.TestCase
TestLedger.settings = settings(max_examples=20, stateful_step_count=15)
