"""APIs and their parts, as rows hold them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from headwater.services.apigateway import tables
from headwater.services.apigateway.errors import bad_request, unknown_api, unknown_part
from headwater.services.apigateway.key_sets import KeySets
from headwater.spine.numbers import whole
from headwater.spine.operations import Call, Request, Result

HTTP = "HTTP"
REST = "REST"
WEBSOCKET = "WEBSOCKET"
VERSION_2 = (HTTP, WEBSOCKET)
_LOWER = "abcdefghijklmnopqrstuvwxyz0123456789"
_MOST_RESULTS = 500

Document = dict[str, Any]


class Api(NamedTuple):
    """One API; ``kind`` is HTTP, REST or WEBSOCKET, ``created`` in milliseconds."""

    id: str
    account: str
    region: str
    kind: str
    created: int
    document: Document


def _api(row: tuple[Any, ...]) -> Api:
    identity, account, region, kind, created, document = row
    return Api(identity, account, region, kind, created, orjson.loads(document))


def any_api(call: Call, identity: str) -> Api | None:
    """The API of an id, whoever owns it: ids are unique in the whole cloud, for they are host names."""
    row = call.store.one(tables.FIND_API, (identity,))
    return _api(row) if row is not None else None


def find_api(call: Call, identity: str, *kinds: str) -> Api:
    """The caller's API, of one of the kinds; AwsError NotFoundException where there is none."""
    api = any_api(call, identity)
    if api is None or (api.account, api.region) != (call.account, call.region) or api.kind not in kinds:
        raise unknown_api(call.account, identity)
    call.span.subject = api_arn(api)
    return api


def api_arn(api: Api) -> str:
    """As tags and permissions name it."""
    folder = "restapis" if api.kind == REST else "apis"
    return f"arn:aws:apigateway:{api.region}::/{folder}/{api.id}"


def add_api(call: Call, kind: str, document: Document) -> Api:
    identity = call.ids.token(10, _LOWER)
    api = Api(identity, call.account, call.region, kind, call.now, document)
    call.store.run(tables.INSERT_API, (*api[:5], orjson.dumps(document).decode()))
    call.span.subject = api_arn(api)
    return api


def set_api(call: Call, api: Api, document: Document) -> Api:
    call.store.run(tables.SET_API, (orjson.dumps(document).decode(), api.id))
    call.memory.drop(api.id)
    return api._replace(document=document)


def remove_api(call: Call, api: Api) -> None:
    call.store.run(tables.DELETE_API_PARTS, (api.id,))
    call.store.run(tables.DELETE_API, (api.id,))
    call.memory.drop(api.id)


def list_apis(call: Call, kind: str, after: str, most: int) -> list[Api]:
    return [_api(row) for row in call.store.all(tables.LIST_APIS, (call.account, call.region, kind, after, most))]


def new_part_id(call: Call, length: int = 7) -> str:
    return call.ids.token(length, _LOWER)


def put_part(call: Call, api: str, kind: str, identity: str, document: Mapping[str, Any]) -> None:
    call.store.run(tables.SET_PART, (api, kind, identity, orjson.dumps(document).decode()))
    call.memory.drop(api)


def find_part(call: Call, api: str, kind: str, identity: str) -> Document:
    """A part's document; AwsError NotFoundException where there is none. ``kind`` is as errors name it."""
    row = call.store.one(tables.FIND_PART, (api, kind, identity))
    if row is None:
        raise unknown_part(kind)
    document: Document = orjson.loads(row[0])
    return document


def parts(call: Call, api: str, kind: str) -> dict[str, Document]:
    """All parts of a kind, by id."""
    return {identity: orjson.loads(text) for identity, text in call.store.all(tables.LIST_PARTS, (api, kind))}


def remove_part(call: Call, api: str, kind: str, identity: str) -> None:
    if call.store.run(tables.DELETE_PART, (api, kind, identity)) == 0:
        raise unknown_part(kind)
    call.memory.drop(api)


def remove_parts(call: Call, api: str, kind: str) -> None:
    call.store.run(tables.DELETE_PARTS, (api, kind))
    call.memory.drop(api)


def page(request: Request, items: list[Document]) -> Result:
    """A page of a list as the operations of HTTP APIs give it; the token is the place to go on from."""
    most = whole(str(request.get("MaxResults") or _MOST_RESULTS), least=1)
    start = whole(str(request.get("NextToken") or 0))
    if most is None or start is None:
        raise bad_request("Invalid pagination parameter")
    more = start + most < len(items)
    return {"Items": items[start : start + most], "NextToken": str(start + most) if more else None}


class ApiMemory:
    """Compiled APIs by id, what keys may do at each stage, and issuers' public keys. What is filled from rows is
    dropped by whoever changes them."""

    def __init__(self) -> None:
        self.apis: dict[str, Any] = {}
        self.allowances: dict[tuple[str, str], Any] = {}
        self.key_sets = KeySets()

    def drop_plans(self) -> None:
        self.allowances.clear()

    def drop(self, api: str) -> None:
        self.apis.pop(api, None)

    def clear(self) -> None:
        self.apis.clear()
        self.allowances.clear()
