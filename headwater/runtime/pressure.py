"""Whether the machine has a processor to spare for one more process."""

from __future__ import annotations

import os

_LOAD = "/proc/loadavg"  # "0.20 0.18 0.12 1/80 11206": the fourth is what runs or would, of all there is
_SPAN = 0.1  # seconds that a look tells of
_PAUSE = 0.01  # seconds until the next one
_FULL = 0.75  # of the processors


class Pressure:
    """What wants to run on this machine beside the server, on average."""

    def __init__(self) -> None:
        self.processors = os.cpu_count() or 1
        self._level = 0.0
        self._looked = 0.0

    def is_high(self, now: float) -> bool:
        """Whether all processors have enough to do, at a time of the loop; False where the system does not tell."""
        since = now - self._looked
        if since >= _PAUSE:
            self._looked = now
            self._level += min(1.0, since / _SPAN) * (_running() - 1 - self._level)
        return self._level > _FULL * max(1, self.processors - 1)  # one is the server's


def _running() -> int:
    try:
        with open(_LOAD, encoding="ascii") as file:  # noqa: PTH123 - a tenth of the time
            return int(file.read().split()[3].partition("/")[0])
    except (OSError, ValueError, IndexError):
        return 0
