"""Queries that are kept by name.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutQueryDefinition.html
"""

from __future__ import annotations

import orjson

from headwater.services.logs import query_tables
from headwater.services.logs.errors import no_token, not_found
from headwater.services.logs.queries import LANGUAGE, check_language
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.pages import make_token, read_place

_PAGE = 1000
_KEPT = ("queryString", "logGroupNames", "parameters")


@operation("logs", "PutQueryDefinition")
def put_query_definition(call: Call, request: Request) -> Result:
    """What is put replaces what was there whole. The query is not looked at before it is started."""
    check_language(request)
    identity = request.get("queryDefinitionId")
    if identity is None:
        identity = call.ids.uuid()
    elif call.store.one(query_tables.FIND_DEFINITION, (call.account, call.region, identity)) is None:
        raise _missing()
    definition = {name: request[name] for name in _KEPT if request.get(name)}
    row = (call.account, call.region, identity, request["name"], orjson.dumps(definition).decode(), call.now)
    call.store.run(query_tables.PUT_DEFINITION, row)
    return {"queryDefinitionId": identity}


def _missing() -> Exception:
    return not_found("The specified query definition does not exist.")


@operation("logs", "DescribeQueryDefinitions", reads=True)
def describe_query_definitions(call: Call, request: Request) -> Result:
    prefix, start = request.get("queryDefinitionNamePrefix") or "", read_place(request.get("nextToken"), no_token)
    rows = call.store.all(query_tables.LIST_DEFINITIONS, (call.account, call.region))
    chosen = [row for row in rows if row[1].startswith(prefix)]
    if (request.get("queryLanguage") or LANGUAGE) != LANGUAGE:
        chosen = []
    end = start + (request.get("maxResults") or _PAGE)
    listed = [
        {
            "queryLanguage": LANGUAGE,
            "queryDefinitionId": identity,
            "name": name,
            "lastModified": changed,
            "logGroupNames": [],
            **orjson.loads(definition),
        }
        for identity, name, definition, changed in chosen[start:end]
    ]
    return {"queryDefinitions": listed, "nextToken": make_token(end) if end < len(chosen) else None}


@operation("logs", "DeleteQueryDefinition")
def delete_query_definition(call: Call, request: Request) -> Result:
    here = (call.account, call.region, request["queryDefinitionId"])
    if not call.store.run(query_tables.DELETE_DEFINITION, here):
        raise _missing()
    return {"success": True}
