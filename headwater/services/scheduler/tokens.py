"""Client tokens: a request that comes again with the same token and the same content has been answered already."""

from __future__ import annotations

from hashlib import blake2b

import orjson

from headwater.services.scheduler import tables
from headwater.spine.operations import Call, Request

# AWS does not say for how long it knows a token; SDKs try again for seconds.
_REMEMBERED = 15 * 60_000


def remember(call: Call, operation: str, request: Request) -> None:
    """After a change was made."""
    if token := request.get("ClientToken"):
        call.store.run(tables.EXPIRE_TOKENS, (call.now - _REMEMBERED,))
        row = (call.account, call.region, token, _content(operation, request), call.now)
        call.store.run(tables.PUT_TOKEN, row)


def is_repeated(call: Call, operation: str, request: Request) -> bool:
    """Whether this very change was made by an earlier request."""
    asked = (call.account, call.region, request.get("ClientToken") or "", call.now - _REMEMBERED)
    row = call.store.one(tables.FIND_TOKEN, asked)
    return row is not None and row[0] == _content(operation, request)


def _content(operation: str, request: Request) -> str:
    text = orjson.dumps([operation, request], option=orjson.OPT_SORT_KEYS)
    return blake2b(text, digest_size=16).hexdigest()
