"""Spans as lines for people: what the trace and the live view share."""

from __future__ import annotations

import re

from rich.text import Text

from headwater.client import Span

_MARKS = {"ok": ("✓", "green"), None: ("…", "yellow"), "again": ("↻", "yellow")}
_BETWEEN = re.compile("[/:]")
_TOLD = 100  # characters of a note where a line need not be whole
_KINDS_IN_NAMES = ("function", "table", "rule", "execution", "stateMachine", "topic", "event-bus", "stack")


def describe(line: Text, chain: list[Span], full: bool) -> Text:
    """Add to a line what happened: a mark, names and subjects, what went wrong, what was noted."""
    outcome = _outcome(chain)
    mark, style = _MARKS.get(outcome, ("✗", "red"))
    line.append(f"{mark} ", style=style)
    for position, span in enumerate(chain):
        operation = span["kind"] == "operation"
        line.append(" → " if position else "", style="dim")
        line.append(span["name"], style="bold" if operation else "cyan")
        if span["subject"]:
            line.append(f" {short(span['subject'], full)}", style="" if operation else "cyan")
    if outcome not in _MARKS:
        line.append(f"  {outcome}", style="red")
    for span in chain:
        for key, value in span["notes"].items():
            if key == "functionError" and value == outcome:
                continue
            told = str(value)
            line.append(f"  {key}: {told if full or len(told) <= _TOLD else told[:_TOLD] + '…'}", style="dim")
    return line


def _outcome(chain: list[Span]) -> str | None:
    """A function that failed has failed, though the invocation was answered as any."""
    outcome = chain[-1]["outcome"]
    failed = next((span["notes"]["functionError"] for span in chain if "functionError" in span["notes"]), None)
    return str(failed) if failed and outcome == "ok" else outcome


def short(subject: str, full: bool = False) -> str:
    """An ARN's name, without what is the same everywhere."""
    parts = subject.split(":", 5)
    if full or len(parts) != 6 or parts[0] != "arn":
        return subject
    kind, *name = _BETWEEN.split(parts[5], 1)
    return name[0] if name and kind in _KINDS_IN_NAMES else parts[5]
