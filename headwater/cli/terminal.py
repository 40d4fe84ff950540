"""The terminal, or what stands in its place: lines are cut to a window's width, and left whole in a pipe or a file."""

from __future__ import annotations

import os
import sys
from typing import Any

from rich.console import Console

# Wider than any line of ours, so that what is piped can be searched and copied.
_UNBOUNDED = 10_000


def terminal(**options: Any) -> Console:
    """A console for what a command prints, with rich's own options; COLUMNS sets a width of one's own."""
    stream = sys.stderr if options.get("stderr") else sys.stdout
    bounded = stream.isatty() or "COLUMNS" in os.environ
    return Console(highlight=False, width=None if bounded else _UNBOUNDED, **options)
