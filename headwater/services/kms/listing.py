"""Listing keys. https://docs.aws.amazon.com/kms/latest/APIReference/API_ListKeys.html"""

from __future__ import annotations

from operator import itemgetter
from typing import Any

from headwater.services.kms import tables
from headwater.services.kms.pages import listed
from headwater.spine.operations import Call, Request, Result, operation

_PAGE = 100


@operation("kms", "ListKeys", reads=True)
def list_keys(call: Call, request: Request) -> Result:
    def fetch(after: str, count: int) -> list[tuple[Any, ...]]:
        return call.store.all(tables.LIST_KEYS, (call.account, call.region, after, count))

    return listed(request, "Keys", _PAGE, fetch, itemgetter(0), lambda row: {"KeyId": row[0], "KeyArn": row[1]})
