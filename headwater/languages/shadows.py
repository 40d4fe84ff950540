"""Device shadows: what an update changes in a document of desired and reported state, and in what the two differ.

A document is ``{"desired": {...}, "reported": {...}}``, each section only where it holds something; its metadata has
the same shape with ``{"timestamp": seconds}`` in place of each value.
https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-document.html
"""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

Object = dict[str, Any]

SECTIONS = ("desired", "reported")
_MOST_BYTES = 8 * 1024
_MOST_LEVELS = 8
_TOKEN_BYTES = 64


class ShadowProblem(ValueError):
    """Why a request is rejected: ``code`` is the HTTP status, the text is AWS's.

    https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-error-messages.html
    """

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Update(NamedTuple):
    """What a request asks for: sections as they were sent, the version it expects, the token that is given back.

    ``sections`` None: ``"state": null``, which leaves a shadow without any.
    """

    sections: Object | None
    version: int | None
    token: str | None


class Shadow(NamedTuple):
    """``version`` counts the updates; 0: there was none yet."""

    state: Object
    metadata: Object
    version: int

    def document(self) -> Object:
        return {"state": self.state, "metadata": self.metadata, "version": self.version}


NOTHING = Shadow({}, {}, 0)


def parse_update(payload: bytes) -> Update:
    """A request's document; ShadowProblem where it is none."""
    document = _parse(payload)
    token = _token(document)
    if "state" not in document:
        raise ShadowProblem(400, "Missing required node: state")
    state = document["state"]
    if state is not None and not isinstance(state, dict):
        raise ShadowProblem(400, "State node must be an object")
    sections = None if state is None else {name: state[name] for name in SECTIONS if name in state}
    for name, section in (sections or {}).items():
        if section is not None:
            if not isinstance(section, dict):
                raise ShadowProblem(400, f"{name.capitalize()} node must be an object")
            _check(section, 1)
    version = document.get("version")
    if version is not None and (type(version) is not int or version < 0):
        raise ShadowProblem(400, "Invalid version")
    return Update(sections, version, token)


def parse_token(payload: bytes) -> str | None:
    """The token of a request that carries nothing else; an empty payload has none."""
    return _token(_parse(payload)) if payload else None


def token_of(payload: bytes) -> str | None:
    """The token of a request that is rejected, if one can be made out."""
    try:
        return parse_token(payload)
    except ShadowProblem:
        return None


def _parse(payload: bytes) -> Object:
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        raise ShadowProblem(415, "Unsupported documented encoding; supported encoding is UTF-8") from None
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError:
        document = None
    if not isinstance(document, dict):
        raise ShadowProblem(400, "Invalid JSON")
    return document


def _token(document: Object) -> str | None:
    token = document.get("clientToken")
    if token is not None and (not isinstance(token, str) or len(token.encode()) > _TOKEN_BYTES):
        raise ShadowProblem(400, "Invalid clientToken")
    return token


def _check(value: Any, level: int) -> None:
    """A section's depth, and arrays, in which nothing can be null."""
    if not isinstance(value, (dict, list)):
        return
    if level > _MOST_LEVELS:
        raise ShadowProblem(400, f"JSON contains too many levels of nesting; maximum is {_MOST_LEVELS}")
    if isinstance(value, list) and None in value:
        raise ShadowProblem(400, "State contains an invalid node")
    for item in value.values() if isinstance(value, dict) else value:
        _check(item, level + 1)


def apply(shadow: Shadow, update: Update, seconds: int) -> Shadow:
    """The shadow after an update at this time. ShadowProblem where it expects another version or grows too large."""
    if update.version is not None and update.version != shadow.version:
        raise ShadowProblem(409, "Version conflict")
    cleared = dict.fromkeys(SECTIONS) if update.sections is None else update.sections
    state, metadata = _merge(shadow.state, shadow.metadata, cleared, seconds)
    state = {name: section for name, section in state.items() if section}
    metadata = {name: metadata[name] for name in state}
    if len(orjson.dumps(state)) > _MOST_BYTES:
        raise ShadowProblem(413, "The payload exceeds the maximum size allowed")
    return Shadow(state, metadata, shadow.version + 1)


def _merge(state: Object, metadata: Object, changes: Object, seconds: int) -> tuple[Object, Object]:
    """Objects are merged, ``null`` removes, all else is put in place. An object that holds nothing is kept where it
    was sent so, and left out where all that it held was removed."""
    state, metadata = dict(state), dict(metadata)
    for name, value in changes.items():
        former, stamps = state.pop(name, None), metadata.pop(name, None)
        if isinstance(value, dict):
            inner = (former, stamps) if isinstance(former, dict) and isinstance(stamps, dict) else ({}, {})
            sent = value
            value, stamps = _merge(*inner, sent, seconds)
            if sent and not value:
                continue
        elif value is None:
            continue
        else:
            stamps = stamp(value, seconds)
        state[name], metadata[name] = value, stamps
    return state, metadata


def stamp(value: Any, seconds: int) -> Any:
    """The metadata of what was sent: a time in place of each value; what is removed has none."""
    if isinstance(value, dict):
        return {name: stamp(item, seconds) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        return [stamp(item, seconds) for item in value]
    return {"timestamp": seconds}


def difference(shadow: Shadow) -> tuple[Object, Object]:
    """What is desired and not reported so, with its metadata; both empty where nothing differs.

    https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-document.html#delta-state
    """
    return _difference(
        shadow.state.get("desired") or {}, shadow.state.get("reported") or {}, shadow.metadata.get("desired") or {}
    )


def _difference(desired: Object, reported: Object, metadata: Object) -> tuple[Object, Object]:
    state, stamps = {}, {}
    for name, value in desired.items():
        there = reported.get(name)
        if isinstance(value, dict) and isinstance(there, dict):
            inner, times = _difference(value, there, metadata[name])
            if inner:
                state[name], stamps[name] = inner, times
        elif name not in reported or not _same(value, there):
            state[name], stamps[name] = value, metadata[name]
    return state, stamps


def _same(one: Any, other: Any) -> bool:
    """As JSON: 1, 1.0 and true are three values, and an object's order does not count."""
    return orjson.dumps(one, option=orjson.OPT_SORT_KEYS) == orjson.dumps(other, option=orjson.OPT_SORT_KEYS)
