"""The cloud's clock in the hands of a test."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from headwater.client import Advanced, Headwater, Mode


class SteeredClock:
    """See ``headwater time``. It goes back only with the universe that a test gets: what a test that has none of its
    own has moved ahead stays so."""

    def __init__(self, headwater: Headwater) -> None:
        self._headwater = headwater
        self._held: Mode | None = None

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._headwater.time()["now"] / 1000, UTC)

    def freeze(self) -> None:
        """From now on time moves only when told."""
        self._held = "frozen"
        self.hold()

    def auto(self) -> None:
        """From now on time jumps to the next timer whenever nothing is running."""
        self._held = "auto"
        self.hold()

    def real(self) -> None:
        """From now on time goes on by itself, from where it stands."""
        self._held = None
        self._headwater.real()

    def advance(self, duration: str | timedelta) -> Advanced:
        """Move on by ``"7d"`` or so; all that comes due runs, in order, to the end of what it causes."""
        __tracebackhide__ = True
        return self._headwater.advance(duration)

    def hold(self) -> None:
        """Go as the test has said, also in the universe that it has just got."""
        if self._held == "frozen":
            self._headwater.freeze()
        elif self._held == "auto":
            self._headwater.auto()

    def let_go(self) -> None:
        """Leave it to go on by itself, if it was held."""
        if self._held is not None:
            self.real()
