"""Steering the clock of a cloud that runs: modes, advancing, and keeping it over a restart."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from headwater.spine import deliveries as ledger
from headwater.spine.clock import Mode
from headwater.spine.errors import AwsError
from headwater.spine.spans import Span

if TYPE_CHECKING:
    from headwater.spine.engine import Engine

SCHEMA = ("CREATE TABLE clock (id BIGINT PRIMARY KEY, state TEXT NOT NULL);",)
_FIND = "SELECT state FROM clock WHERE id = 1"
_PUT = "INSERT INTO clock (id, state) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET state = excluded.state"
MOST_TOLD = 1000


@dataclass(frozen=True)
class Advance:
    """What came due on the way, in order: spans of deliveries, at most ``MOST_TOLD`` of ``count``."""

    began: int
    ended: int
    happened: list[Span]
    count: int


class Timekeeper:
    """Moves the engine's clock. At each step all that comes due runs to the end of what it causes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._moving = asyncio.Lock()
        self._mode: Mode = engine.clock.mode  # what it is to be once it has been moved
        self._horizon: int | None = None  # where it is being moved to
        self._jump_is_set = False
        self._jumped: list[asyncio.Future[None]] = []

    @property
    def mode(self) -> Mode:
        """The clock's, whether or not it is being moved at present."""
        return self._mode

    def load(self) -> None:
        """Go on with the clock that the data folder keeps, unless this process was given one of its own."""
        clock = self._engine.clock
        row = self._engine.store.one(_FIND)
        if row is not None and clock.mode == "real":
            clock.restore(orjson.loads(row[0]))
        self.attend()

    def save(self) -> None:
        """Write the clock's row, in the open transaction."""
        self._engine.store.run(_PUT, (orjson.dumps(self.state()).decode(),))

    def state(self) -> dict[str, Any]:
        """How the clock goes, or is to go once it has been moved."""
        return self._engine.clock.state(self._mode)

    async def set_mode(self, mode: Mode) -> None:
        """Returns once it is durable."""
        async with self._moving:
            self._enter(mode)
            self.attend()
            await self._engine.transact_system(lambda call: self.save())

    def _enter(self, mode: Mode) -> None:
        if mode == "real":
            self._engine.clock.go_on()
        else:
            self._engine.clock.stand(auto=mode == "auto")

    async def advance(self, milliseconds: int) -> Advance:
        """Move on by so much, timer by timer, each with all that it causes. Then the clock is what it was:
        one that goes on does so from there. A commit that fails on the way ends it there, with its error."""
        async with self._moving:
            clock = self._engine.clock
            universe = self._engine.universe
            self.pause()
            self._enter("frozen")
            began = clock.now()
            told = _Told()
            end_listening = self._engine.listen("spans", told.hear)
            self._horizon = began + milliseconds
            self._engine.failure = None
            self._engine.pump.look()  # what a commit that failed has left is due still
            try:
                await self._until_rest(universe)
                while (due := self._next_due()) is not None and due <= began + milliseconds:
                    self._move_to(due)
                    await self._until_rest(universe)
                self._move_to(began + milliseconds)
                await self._until_rest(universe)
            finally:
                self._horizon = None
                end_listening()
                self._enter(self._mode)
                self.attend()
            await self._engine.transact_system(lambda call: self.save())
            return Advance(began, began + milliseconds, told.spans, told.count)

    async def _until_rest(self, universe: int) -> None:
        await self._engine.flight.until_rest()
        if self._engine.failure is not None:
            raise self._engine.failure
        if self._engine.universe != universe:
            raise AwsError("Conflict", "The cloud was reset or restored while its clock was being moved.", 409)

    def _next_due(self) -> int | None:
        self._engine.pump.look()
        return self._engine.clock.next_due()

    def still_until(self, handler: str) -> int | None:
        """While the clock is being advanced, as a delivery of this handler asks: when something else comes due, or
        where the clock is moved to, whichever is sooner. None where time goes by itself, or something is in hand."""
        engine = self._engine
        if self._horizon is None or engine.pump.running or engine.flight.busy():
            return None
        next_row: tuple[int] | None = engine.store.one(ledger.NEXT_BUT, (handler,))
        ahead: list[int] = [self._horizon, *(next_row or ())]
        ahead += [item.due for item in engine.group.deliveries if item.handler != handler]
        next_wait = engine.clock.next_due()
        if next_wait is not None:
            ahead.append(next_wait)
        return min(ahead)

    def _move_to(self, when: int) -> None:
        """What comes due happens in the very transaction that writes where the clock stands."""
        self._engine.clock.advance_to(when)
        self._engine.begin()
        self.save()

    # ---- auto

    def attend(self) -> None:
        """In auto mode, be told from now on whenever nothing runs."""
        self._mode = self._engine.clock.mode
        if self._mode == "auto":
            self._engine.flight.at_rest = self._set_jump
            self._engine.flight.look()
        else:
            self.pause()

    def pause(self) -> None:
        """Jump no more, until further notice."""
        self._engine.flight.at_rest = None
        self._tell_jumped()

    def _set_jump(self) -> None:
        if not self._jump_is_set:
            self._jump_is_set = True
            # not at once: sockets have their turn between two jumps
            asyncio.get_running_loop().call_soon(self._jump)

    def _jump(self) -> None:
        self._jump_is_set = False
        if self._engine.flight.at_rest is None or not self._engine.flight.is_at_rest():
            return
        due = self._next_due()
        if due is not None:
            self._move_to(due)
            self._tell_jumped()

    async def until_jump(self) -> None:
        """Wait until the clock has jumped, or jumps no more by itself."""
        jumped: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._jumped.append(jumped)
        await jumped

    def _tell_jumped(self) -> None:
        jumped, self._jumped = self._jumped, []
        for future in jumped:
            if not future.done():
                future.set_result(None)


class _Told:
    """Gathers the deliveries that are told of while the clock moves."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.count = 0

    def hear(self, spans: object) -> None:
        assert isinstance(spans, list)
        ended = [span for span in spans if span.kind == "delivery" and span.outcome is not None]
        self.count += len(ended)
        self.spans += ended[: MOST_TOLD - len(self.spans)]
