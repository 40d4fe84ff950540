"""The cloud's clock in the hands of a test."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from headwater.client import Advanced, Headwater


class SteeredClock:
    """See ``headwater time``. It never goes back: what a test has moved ahead stays so."""

    def __init__(self, headwater: Headwater) -> None:
        self._headwater = headwater
        self._held = False

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._headwater.time()["now"] / 1000, UTC)

    def freeze(self) -> None:
        """From now on time moves only when told."""
        self._held = True
        self._headwater.freeze()

    def auto(self) -> None:
        """From now on time jumps to the next timer whenever nothing is running."""
        self._held = True
        self._headwater.auto()

    def real(self) -> None:
        """From now on time goes on by itself, from where it stands."""
        self._headwater.real()

    def advance(self, duration: str | timedelta) -> Advanced:
        """Move on by ``"7d"`` or so; all that comes due runs, in order, to the end of what it causes."""
        return self._headwater.advance(duration)

    def let_go(self) -> None:
        """Leave it to go on by itself, if it was held."""
        if self._held:
            self.real()
