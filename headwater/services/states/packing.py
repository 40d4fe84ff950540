"""A step's events as one text: what several of them say is written once.

A state's output is the next one's input, so that of texts of some length up to eight copies would stand in the history
of three states. Each but the first is a list that holds its place among the long texts of the row: no detail of an
event is a list by itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson

from headwater.languages.asl.history import Event

# Characters of an execution's input, and of a step's events, below which nothing is looked for.
_SMALL_INPUT = 200
_SMALL = 16_000
_LONG = 100


def pack(events: list[Event], given: str) -> str:
    """As JSON. `given`: the execution's input, which tells whether looking for repeats can be worth it."""
    if len(given) < _SMALL_INPUT:
        text = orjson.dumps(events).decode()
        if len(text) < _SMALL:
            return text
    return orjson.dumps(_said_once(events)).decode()


def unpack(text: str) -> list[Any]:
    """The events, each as it was noted."""
    events: list[Any] = orjson.loads(text)
    said: list[str] = []
    for event in events:
        details = event[3]
        for name, value in (details or {}).items():
            if type(value) is str:
                if len(value) > _LONG:
                    said.append(value)
            elif type(value) is list:
                details[name] = said[value[0]]
    return events


def _said_once(events: Iterable[Event]) -> list[Event]:
    places: dict[str, int] = {}
    packed = []
    for event in events:
        again: dict[str, Any] = {}
        for name, value in (event[3] or {}).items():
            if type(value) is str and len(value) > _LONG:
                place = places.get(value)
                if place is None:
                    places[value] = len(places)
                else:
                    again[name] = [place]
        packed.append((*event[:3], {**event[3], **again}) if again and event[3] else event)
    return packed
