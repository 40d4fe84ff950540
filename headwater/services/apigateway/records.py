"""What an account has in a region beside its APIs: keys, usage plans, and links between them."""

from __future__ import annotations

import orjson

from headwater.services.apigateway import tables
from headwater.services.apigateway.errors import not_found
from headwater.services.apigateway.store import Document
from headwater.spine.operations import Call

KEY = "ApiKey"
PLAN = "UsagePlan"
PLAN_KEY = "UsagePlanKey"


def put_record(call: Call, kind: str, identity: str, document: Document) -> None:
    text = orjson.dumps(document).decode()
    call.store.run(tables.SET_RECORD, (call.account, call.region, kind, identity, text))
    call.memory.drop_plans()


def find_record(call: Call, kind: str, identity: str, unknown: str) -> Document:
    """AwsError NotFoundException, in the words of ``unknown``, where there is none."""
    row = call.store.one(tables.FIND_RECORD, (call.account, call.region, kind, identity))
    if row is None:
        raise not_found(unknown)
    document: Document = orjson.loads(row[0])
    return document


def records(call: Call, kind: str, owner: tuple[str, str] | None = None) -> dict[str, Document]:
    """All of a kind, by id; of the caller, or of another account and region."""
    rows = call.store.all(tables.LIST_RECORDS, (*(owner or (call.account, call.region)), kind))
    return {identity: orjson.loads(text) for identity, text in rows}


def remove_record(call: Call, kind: str, identity: str) -> None:
    call.store.run(tables.DELETE_RECORD, (call.account, call.region, kind, identity))
    call.memory.drop_plans()
