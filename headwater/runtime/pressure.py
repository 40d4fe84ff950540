"""Whether the machine has a processor to spare for one more process."""

from __future__ import annotations

import os

_LOAD = "/proc/loadavg"  # "0.20 0.18 0.12 1/80 11206": the fourth is what runs or would, of all there is


def more_than_can_run(starting: int) -> bool:
    """Whether more wants to run than there are processors, without the processes that are ``starting``;
    False where the system does not tell."""
    try:
        with open(_LOAD, encoding="ascii") as file:  # noqa: PTH123 - a tenth of the time
            running = int(file.read().split()[3].partition("/")[0])
    except (OSError, ValueError, IndexError):
        return False
    return running - starting > len(os.sched_getaffinity(0))
