"""Spans as plain text, for the messages of tests that fail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from headwater.client import Span

_MARKS = {"ok": "✓", "again": "↻", None: "…"}
_MOST_OF_A_NOTE = 200  # characters; the console and `headwater trace --full` have the rest
_LOOKS = ("Describe", "Get", "List", "Poll", "Query", "Receive", "Scan", "Head", "Filter")
# notes of those that did not take something, each followed by its name
_MISSES = ("missed ", "filtered ", "withheld from ")


def tell(roots: list[Span], most: int = 10_000) -> str:
    """The trees of some roots, a line for each span; at most so many lines."""
    lines = [line for root in roots if _counts(root) for line in _lines(root, "")]
    if len(lines) > most:
        lines = [*lines[:most], f"… and {len(lines) - most} more"]
    return "\n".join(lines) or "nothing happened"


def near_misses(spans: Iterable[Span]) -> list[str]:
    """What did not take an event or a message that it was offered, and why."""
    found = [
        f"{span['notes'].get('event') or span['name']}: {key}: {why}"
        for span in spans
        for key, why in span["notes"].items()
        if key.startswith(_MISSES)
    ]
    return list(dict.fromkeys(found))


def unheard(spans: Iterable[Span]) -> list[str]:
    """Events that were put where there is no rule at all."""
    found = [
        f"{span['notes']['event']}: {span['subject']} has no rule"
        for span in spans
        if span["notes"].get("unmatched") == 0 and span["notes"].get("event") and not span["children"]
    ]
    return list(dict.fromkeys(found))


def is_look(span: Span) -> bool:
    """Whether it is an operation that only reads, by its name."""
    return span["name"].rpartition(":")[2].startswith(_LOOKS)


def _counts(span: Span) -> bool:
    """Whether it is more than a look that caused nothing."""
    return bool(span["children"]) or span["outcome"] != "ok" or not is_look(span)


def _lines(span: Span, indent: str) -> Iterator[str]:
    mark = _MARKS.get(span["outcome"], "✗")
    parts = [f"{indent}{mark} {span['name']}", span["subject"] or ""]
    if mark == "✗":
        parts.append(str(span["outcome"]))
    parts += [f"{key}: {_cut(str(value))}" for key, value in span["notes"].items()]
    yield "  ".join(part for part in parts if part)
    for child in span["children"]:
        yield from _lines(child, indent + "  ")


def _cut(note: str) -> str:
    return note if len(note) <= _MOST_OF_A_NOTE else note[:_MOST_OF_A_NOTE] + "…"
