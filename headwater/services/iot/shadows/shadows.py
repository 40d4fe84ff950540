"""Device shadows, by the API and by their reserved topics.

https://docs.aws.amazon.com/iot/latest/developerguide/iot-device-shadows.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

import orjson

from headwater.languages.mqtt.topics import ShadowRequest
from headwater.languages.shadows import (
    NOTHING,
    Shadow,
    ShadowProblem,
    apply,
    difference,
    parse_token,
    parse_update,
    stamp,
    token_of,
)
from headwater.services.iot.broker.memory import broker_of
from headwater.services.iot.broker.messages import Publication
from headwater.services.iot.broker.publishing import publish
from headwater.services.iot.errors import check_name
from headwater.services.iot.listing import list_page
from headwater.services.iot.shadows import tables
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result, operation

_THING = re.compile("[a-zA-Z0-9:_-]+")
_NAME = re.compile("[$a-zA-Z0-9:_-]+")
_PAGE = 100
_SHOWN = 200  # on the console's page
_REMEMBERED = 48 * 3_600_000  # for so long a shadow that is made anew counts its versions on from the deleted one's
_ERRORS = {
    400: "InvalidRequestException",
    404: "ResourceNotFoundException",
    409: "ConflictException",
    413: "RequestEntityTooLargeException",
    415: "UnsupportedDocumentEncodingException",
}


class _Place(NamedTuple):
    """Where a shadow is: ``name`` is empty for the classic one, messages about it stand below ``prefix``."""

    thing: str
    name: str
    prefix: str


@operation("iotdata", "GetThingShadow", reads=True)
def get_thing_shadow(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_GetThingShadow.html"""
    return _answer(_get, call, _place(request), b"")


@operation("iotdata", "UpdateThingShadow", atomic=True)
def update_thing_shadow(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_UpdateThingShadow.html"""
    return _answer(_update, call, _place(request), request["payload"])


@operation("iotdata", "DeleteThingShadow", atomic=True)
def delete_thing_shadow(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_DeleteThingShadow.html"""
    return _answer(_delete, call, _place(request), b"")


@operation("iotdata", "ListNamedShadowsForThing", reads=True)
def list_named_shadows(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_ListNamedShadowsForThing.html"""
    thing = check_name(request, "thingName", _THING)

    def fetch(after: str, count: int) -> list[str]:
        rows = call.store.all(tables.NAMED_SHADOWS, (call.account, call.region, thing, after, count))
        return [name for (name,) in rows]

    names, token = list_page(request, fetch, str, _PAGE, "pageSize")
    return {"results": names, "nextToken": token, "timestamp": call.now // 1000}


@operation("iot-mqtt", "ListShadows", internal=True, reads=True)
def list_shadows(call: Call, request: Request) -> Result:
    """All things' shadows, the first of them: ``ThingName``, ``ShadowName``, ``State`` with its delta, ``Version``."""
    call.span.kept = False
    shadows = []
    for thing, name, state, metadata, version in call.store.all(tables.SHADOWS, (call.account, call.region, _SHOWN)):
        shadow = Shadow(orjson.loads(state), orjson.loads(metadata), version)
        shown = {"ThingName": thing, "ShadowName": name, "State": _with_delta(shadow), "Version": version}
        shadows.append(shown)
    return {"Shadows": shadows}


@operation("iot-mqtt", "AnswerShadow", internal=True)
def answer_shadow(call: Call, request: Request) -> Result:
    """What a message to a shadow's topic asks for is answered on its own topics.

    Request: Asked (`languages.mqtt.topics.ShadowRequest`), Payload.
    """
    asked: ShadowRequest = request["Asked"]
    place = _Place(asked.thing, asked.name, asked.prefix)
    call.span.subject = f"{broker_of(call).prefix}topic/{asked.prefix}"
    try:
        answer = _ACTIONS[asked.action](call, place, request["Payload"])
    except ShadowProblem as problem:
        call.span.note("rejected", problem.message)
        told = {"code": problem.code, "message": problem.message}
        _tell(call, place, f"{asked.action}/rejected", _timed(call, told, token_of(request["Payload"])))
        return {}
    if asked.action == "get":
        _tell(call, place, "get/accepted", answer)
    return {}


def _place(request: Request) -> _Place:
    thing = check_name(request, "thingName", _THING)
    name = check_name(request, "shadowName", _NAME, 64) if request.get("shadowName") is not None else ""
    prefix = f"$aws/things/{thing}/shadow"
    return _Place(thing, name, f"{prefix}/name/{name}" if name else prefix)


def _answer(action: Callable[[Call, _Place, bytes], Result], call: Call, place: _Place, payload: bytes) -> Result:
    try:
        return {"payload": orjson.dumps(action(call, place, payload))}
    except ShadowProblem as problem:
        raise AwsError(_ERRORS[problem.code], problem.message, problem.code) from None


def _find(call: Call, place: _Place) -> tuple[Shadow, bool]:
    """The shadow, and whether it is there; one that was deleted lately only has its version."""
    row = call.store.one(tables.SHADOW, (call.account, call.region, place.thing, place.name))
    if row is None or (row[3] is not None and row[3] + _REMEMBERED < call.now):
        return NOTHING, False
    return Shadow(orjson.loads(row[0]), orjson.loads(row[1]), row[2]), row[3] is None


def _existing(call: Call, place: _Place) -> Shadow:
    shadow, exists = _find(call, place)
    if not exists:
        label = f"{place.thing}~{place.name}" if place.name else place.thing
        raise ShadowProblem(404, f"No shadow exists with name: '{label}'")
    return shadow


def _get(call: Call, place: _Place, payload: bytes) -> Result:
    token = parse_token(payload)
    shadow = _existing(call, place)
    return _timed(call, shadow.document() | {"state": _with_delta(shadow)}, token)


def _with_delta(shadow: Shadow) -> Result:
    differing, _ = difference(shadow)
    return shadow.state | ({"delta": differing} if differing else {})


def _update(call: Call, place: _Place, payload: bytes) -> Result:
    """Changes the shadow, tells all who listen, and gives what the sender is answered."""
    update, seconds = parse_update(payload), call.now // 1000
    former, _ = _find(call, place)
    shadow = apply(former, update, seconds)
    texts = (orjson.dumps(shadow.state).decode(), orjson.dumps(shadow.metadata).decode())
    key = (call.account, call.region, place.thing, place.name)
    call.store.run(tables.SET_SHADOW, (*key, *texts, shadow.version))
    sent = {"state": update.sections, "metadata": stamp(update.sections, seconds), "version": shadow.version}
    accepted = _timed(call, sent, update.token)
    _tell(call, place, "update/accepted", accepted)
    both = {"previous": former.document(), "current": shadow.document()}
    _tell(call, place, "update/documents", _timed(call, both, update.token))
    differing, stamps = difference(shadow)
    if differing:
        delta = {"version": shadow.version, "state": differing, "metadata": stamps}
        _tell(call, place, "update/delta", _timed(call, delta, update.token))
    return accepted


def _delete(call: Call, place: _Place, payload: bytes) -> Result:
    token = parse_token(payload)
    shadow = _existing(call, place)
    call.store.run(tables.DELETE_SHADOW, (call.now, call.account, call.region, place.thing, place.name))
    accepted = _timed(call, {"version": shadow.version}, token)
    _tell(call, place, "delete/accepted", accepted)
    return accepted


def _timed(call: Call, document: Result, token: str | None) -> Result:
    return document | {"timestamp": call.now // 1000} | ({"clientToken": token} if token is not None else {})


def _tell(call: Call, place: _Place, topic: str, document: Result) -> None:
    broker, topic = broker_of(call), f"{place.prefix}/{topic}"
    if broker.has_listeners(topic):
        publish(call, broker, Publication(topic, orjson.dumps(document), qos=1))


_ACTIONS = {"get": _get, "update": _update, "delete": _delete}
