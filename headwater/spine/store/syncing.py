"""Having the drive keep what was written. On macOS fsync leaves it in the drive's own memory, and F_FULLFSYNC has it
written from there; elsewhere fsync does both.

https://www.sqlite.org/pragma.html#pragma_fullfsync
"""

from __future__ import annotations

import os

try:
    from fcntl import F_FULLFSYNC, fcntl  # type: ignore[attr-defined]  # macOS has it
except ImportError:
    F_FULLFSYNC = None


def sync(descriptor: int) -> None:
    """Return once a power failure takes nothing of a file any more. OSError where that fails."""
    if F_FULLFSYNC is not None:
        try:
            fcntl(descriptor, F_FULLFSYNC)
            return
        except OSError:
            pass  # drives of other machines do not know it
    os.fsync(descriptor)


def pragmas(each_commit: bool) -> tuple[str, ...]:
    """What has SQLite do the same, and nothing but on macOS: at checkpoints, so that a power failure leaves the file
    whole, and at each commit where that is asked for."""
    return ("checkpoint_fullfsync=ON", f"fullfsync={'ON' if each_commit else 'OFF'}")
