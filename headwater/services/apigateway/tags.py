"""Tags of APIs and stages of both kinds.

https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/tags-resource-arn.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote

from headwater.services.apigateway.errors import not_found
from headwater.services.apigateway.store import REST, VERSION_2, Document, find_api, find_part, put_part, set_api
from headwater.spine.operations import Call, Request, Result, operation

_ARN = re.compile(r"arn:[^:]+:apigateway:[^:]*::/(apis|restapis)/([a-z0-9]+)(?:/stages/(.+))?\Z")
Change = Callable[[dict[str, str]], dict[str, str]]


def _change(call: Call, arn: str, change: Change) -> dict[str, str]:
    """The tags of what an ARN names, after a change."""
    match = _ARN.match(unquote(arn))
    if match is None:
        raise not_found("Invalid resource identifier specified")
    api = find_api(call, match[2], *(VERSION_2 if match[1] == "apis" else (REST,)))
    name = "tags" if api.kind == REST else "Tags"
    document: Document = find_part(call, api.id, "Stage", match[3]) if match[3] else api.document
    former = document.get(name) or {}
    tags = change(former)
    if tags != former and match[3]:
        put_part(call, api.id, "Stage", match[3], document | {name: tags})
    elif tags != former:
        set_api(call, api, document | {name: tags})
    return tags


def _without(tags: dict[str, str], keys: list[str]) -> dict[str, str]:
    return {key: value for key, value in tags.items() if key not in keys}


@operation("apigatewayv2", "TagResource")
def tag_resource(call: Call, request: Request) -> Result:
    _change(call, request["ResourceArn"], lambda tags: tags | (request.get("Tags") or {}))
    return {}


@operation("apigatewayv2", "UntagResource")
def untag_resource(call: Call, request: Request) -> Result:
    _change(call, request["ResourceArn"], lambda tags: _without(tags, request["TagKeys"]))
    return {}


@operation("apigatewayv2", "GetTags", reads=True)
def get_tags(call: Call, request: Request) -> Result:
    return {"Tags": _change(call, request["ResourceArn"], lambda tags: tags)}


@operation("apigateway", "TagResource")
def tag_rest_resource(call: Call, request: Request) -> Result:
    _change(call, request["resourceArn"], lambda tags: tags | (request.get("tags") or {}))
    return {}


@operation("apigateway", "UntagResource")
def untag_rest_resource(call: Call, request: Request) -> Result:
    _change(call, request["resourceArn"], lambda tags: _without(tags, request["tagKeys"]))
    return {}


@operation("apigateway", "GetTags", reads=True)
def get_rest_tags(call: Call, request: Request) -> Result:
    return {"tags": _change(call, request["resourceArn"], lambda tags: tags)}
