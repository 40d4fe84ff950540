"""What the system tells of a process that is not ours: by /proc on Linux, by psutil elsewhere."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import NamedTuple

_RESIDENT = re.compile(rb"^VmRSS:\s*(\d+) kB", re.MULTILINE)
_THREADS = re.compile(rb"^Threads:\s*(\d+)", re.MULTILINE)
_PEAK = re.compile(rb"^VmHWM:\s*(\d+) kB", re.MULTILINE)


class Process(NamedTuple):
    """Memory now and the most so far, in MB, and how many threads; zeros where a process is no more."""

    memory: int = 0
    peak: int = 0
    threads: int = 0


def _look_into_proc(pid: int) -> Process:
    try:
        with open(f"/proc/{pid}/status", "rb", buffering=0) as file:  # noqa: PTH123 - half of the time
            status = file.read()
    except OSError:
        return Process()
    used, peak, threads = _RESIDENT.search(status), _PEAK.search(status), _THREADS.search(status)
    if used is None or peak is None:  # a zombie
        return Process()
    return Process(int(used[1]) >> 10, int(peak[1]) >> 10, int(threads[1]) if threads else 0)


def _ask_psutil(pid: int) -> Process:
    """macOS keeps no peak of another process: the most is what was seen."""
    import psutil  # of the dependencies where it is needed

    try:
        process = psutil.Process(pid)
        with process.oneshot():
            used = process.memory_info().rss >> 20
            return Process(used, used, process.num_threads())
    except (psutil.Error, OSError):
        return Process()


look: Callable[[int], Process] = _look_into_proc if sys.platform.startswith("linux") else _ask_psutil
