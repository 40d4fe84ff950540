"""What the systems offer a launcher in different ways: limits of a process, its end with its parent's, safe forks."""

from __future__ import annotations

import ctypes
import resource
import signal
import sys

LINUX, DARWIN = sys.platform == "linux", sys.platform == "darwin"
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
_MOST_FILES = 1024
_PR_SET_PDEATHSIG = 1


class System:
    """What is done in a child after the fork. Made before it: loading a library there takes too long."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None) if LINUX else None

    def die_with_parent(self) -> None:
        """Be killed when the launcher is, where the system knows that; elsewhere it is a closed socket that tells."""
        if self._libc is not None:
            self._libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

    def limit(self, memory: int) -> None:
        """Bound the data of this process (bytes; macOS takes no such bound), its open files, and leave no core."""
        if LINUX:
            resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
        files = min(_MOST_FILES, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def prepare_to_fork() -> None:
    """Keep what cannot be used on both sides of a fork from being used at all: on macOS urllib asks the system for
    its proxies, by frameworks that end the process in a child. As on Lambda, variables alone tell of them."""
    if not DARWIN:
        return
    from urllib import request

    request.getproxies = request.getproxies_environment
    request.proxy_bypass = request.proxy_bypass_environment  # type: ignore[attr-defined]
