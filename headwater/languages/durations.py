"""Lengths of time as people write them: ``7d``, ``12h``, ``1h30m``, ``1500ms``."""

from __future__ import annotations

import re

_UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|[smhdw])")
_WHOLE = re.compile(rf"(?:{_PART.pattern})+")


def parse_duration(text: str) -> int:
    """Milliseconds. ValueError where it is no length of time."""
    compact = text.replace(" ", "")
    if not _WHOLE.fullmatch(compact):
        raise ValueError(f"{text!r} is no length of time: write it as 7d, 12h, 1h30m, 90s or 1500ms")
    return round(sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(compact)))


def show_duration(milliseconds: int) -> str:
    """The same in the other direction, with the two largest units that count: ``1d 12h``."""
    left, shown = abs(milliseconds), []
    for unit in ("d", "h", "m", "s", "ms"):
        whole, left = divmod(left, _UNITS[unit])
        if whole:
            shown.append(f"{whole}{unit}")
    return ("-" if milliseconds < 0 else "") + (" ".join(shown[:2]) or "0s")
