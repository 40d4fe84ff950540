"""The engine of JSONata: jsonatapy, a compiled package. There is none for every interpreter and system; where it is
missing, what is written in JSONata is refused in words, and all else works."""

import platform
import sys
from typing import Any

try:
    import jsonatapy
except ImportError:
    jsonatapy = None  # type: ignore[assignment]


class NoEngine(Exception):
    """There is no engine here; the text says what to do."""


def compile_text(text: str) -> Any:
    """A compiled expression; ValueError where it does not parse. NoEngine."""
    if jsonatapy is None:
        raise NoEngine(
            "Headwater evaluates JSONata by the package jsonatapy, of which PyPI has no wheel for Python "
            f"{sys.version_info[0]}.{sys.version_info[1]} on {platform.system()} {platform.machine()}: run Headwater "
            "on Python 3.13, or pip install jsonatapy where there is Rust to build it (docs/platforms.md)"
        )
    return jsonatapy.compile(text)
