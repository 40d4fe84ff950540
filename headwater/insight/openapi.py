"""The OpenAPI document of our own surface, made from the table of its pages.

https://spec.openapis.org/oas/v3.1.0
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, NamedTuple

from headwater import __version__
from headwater.spine.engine import Engine

Schema = Mapping[str, Any]
Answer = Callable[[Engine, Mapping[str, str], Any], Awaitable[Any]]
_ANYTHING: Schema = {"type": "object"}


class Page(NamedTuple):
    """One thing that can be asked: where, what answers it, and the shapes of both."""

    method: str
    path: str
    summary: str
    answer: Answer
    query: Mapping[str, str] = {}
    takes: Schema | None = None
    answers: Schema = _ANYTHING


def _object(required: str = "", **properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": required.split()}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _text(description: str = "") -> Schema:
    return {"type": "string", "description": description} if description else {"type": "string"}


_MS: Schema = {"type": "integer", "description": "milliseconds since the epoch"}
_MODE: Schema = {"enum": ["real", "frozen", "auto"]}
_SUBJECT: Schema = {"type": ["string", "null"], "description": "an ARN"}
_SHOWN: Mapping[str, Schema] = {
    "mode": _MODE,
    "now": _MS,
    "at": _text("the same in ISO 8601"),
    "ahead": {"type": "integer", "description": "milliseconds ahead of the machine's clock"},
    "next": {"type": ["integer", "null"], "description": "when the next timer rings"},
}
_HAPPENED = _object("at name outcome trace", at=_MS, name=_text(), subject=_SUBJECT, outcome=_text(), trace=_text())
_HELD = _object("name trace since", name=_text(), subject=_SUBJECT, trace=_text(), since=_MS)
_TIMER_PROPERTIES: Mapping[str, Schema] = {
    "due": _MS,
    "kind": {"enum": ["delivery", "wait"]},
    "name": _text(),
    "subject": _SUBJECT,
    "id": _text(),
    "attempt": {"type": "integer"},
    "trace": _text(),
}
_TIMER = _object("due kind name", **_TIMER_PROPERTIES)
_DELIVERY = _object(
    "due kind name id attempt trace created running",
    **_TIMER_PROPERTIES, created=_MS, running={"type": "boolean"}, error={"type": ["string", "null"]},
)  # fmt: skip

TIME = _object("mode now at ahead next", **_SHOWN)
ADVANCED = _object(
    "mode now at ahead next",
    **_SHOWN, began=_MS, ended=_MS, count={"type": "integer"}, happened=_list(_HAPPENED),
)  # fmt: skip
STEERING: Schema = {
    "oneOf": [_object("mode", mode=_MODE), _object("advance", advance=_text("a length of time: 7d, 12h, 1h30m, 90s"))]
}
SETTLING = _object(
    trace=_text("an id as for /_headwater/trace"), timeout={"type": "number", "description": "seconds, 30 unless told"}
)
SETTLEMENT = _object(
    "settled now holding timers",
    settled={"type": "boolean"}, now=_MS, holding=_list(_HELD), timers=_list(_TIMER),
)  # fmt: skip
DELIVERIES = _object("now deliveries", now=_MS, deliveries=_list(_DELIVERY))
SPANS = _object("spans last", spans=_list(_ANYTHING), last=_text("the id of the newest span that there is"))
SNAPSHOT = _object(
    "name taken size",
    name=_text(), taken={**_MS, "description": "by the cloud's own clock"}, size={"type": "integer"},
)  # fmt: skip
SNAPSHOTS = _object("snapshots", snapshots=_list(SNAPSHOT))
SAVING = _object("name", name=_text("letters, digits, dots, dashes and underscores, a hundred at most"))
RESTORING = _object(
    fresh={"type": "boolean", "description": "start all function environments anew; else those whose functions are the "
           "same go on"},
)  # fmt: skip
_ERROR = _object("error", error=_text("what is wrong, in words"))


def document(pages: Iterable[Page], endpoint: str) -> dict[str, Any]:
    """The document that describes pages served at an endpoint."""
    paths: dict[str, dict[str, Any]] = {}
    for page in pages:
        paths.setdefault(page.path, {})[page.method.lower()] = _described(page)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Headwater", "version": __version__, "description": "Headwater's own surface."},
        "servers": [{"url": endpoint}],
        "paths": paths,
    }


def _described(page: Page) -> dict[str, Any]:
    described: dict[str, Any] = {
        "summary": page.summary,
        "responses": {"200": _content("done", page.answers), "default": _content("not done", _ERROR)},
    }
    named = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"\{(\w+)\}", page.path)
    ]
    asked = [
        {"name": name, "in": "query", "description": text, "schema": {"type": "string"}}
        for name, text in page.query.items()
    ]
    if parameters := named + asked:
        described["parameters"] = parameters
    if page.takes is not None:
        described["requestBody"] = {"content": {"application/json": {"schema": page.takes}}}
    return described


def _content(description: str, schema: Schema) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}
