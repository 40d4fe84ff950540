"""Making, reading and changing custom authorizers.

https://docs.aws.amazon.com/iot/latest/developerguide/config-custom-auth.html
"""

from __future__ import annotations

import base64
import re
from typing import Any

import orjson

from headwater.services.iot.authentication import tables
from headwater.services.iot.authentication.authorizing import check_token
from headwater.services.iot.errors import already_exists, check_name, invalid_request, not_found
from headwater.services.iot.functions import ask
from headwater.services.iot.listing import marked_page
from headwater.services.iot.tags import forget_tags, set_tags
from headwater.spine.arns import make_arn
from headwater.spine.errors import AwsError
from headwater.spine.operations import Answer, Call, Request, Result, operation
from headwater.spine.work import Work

NAME = re.compile(r"[\w=,@-]+")
_PAGE = 250
_CHANGEABLE = ("authorizerFunctionArn", "tokenKeyName", "tokenSigningPublicKeys", "enableCachingForHttp")
_STATUSES = ("ACTIVE", "INACTIVE")


def authorizer_arn(call: Call, name: str) -> str:
    return make_arn("iot", call.region, call.account, f"authorizer/{name}")


def find_authorizer(call: Call, name: str) -> dict[str, Any]:
    """The authorizer's AuthorizerDescription."""
    row = call.store.one(tables.AUTHORIZER, (call.account, call.region, name))
    if row is None:
        raise not_found(f"Authorizer {name} not found")
    document, status, created, modified = row
    description: dict[str, Any] = orjson.loads(document)
    times = {"creationDate": created, "lastModifiedDate": modified}
    named = {"authorizerName": name, "authorizerArn": authorizer_arn(call, name)}
    return named | description | {"status": status} | times


@operation("iot", "CreateAuthorizer")
def create_authorizer(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_CreateAuthorizer.html"""
    name = check_name(request, "authorizerName", NAME)
    call.span.subject = arn = authorizer_arn(call, name)
    if not request.get("authorizerFunctionArn"):
        raise invalid_request("The authorizer must have an authorizerFunctionArn.")
    if call.store.one(tables.AUTHORIZER, (call.account, call.region, name)) is not None:
        raise already_exists(f"Authorizer {name} already exists", name, arn)
    signs = not request.get("signingDisabled")
    document = {member: request[member] for member in _CHANGEABLE if request.get(member) is not None}
    document |= {"signingDisabled": not signs}
    document.setdefault("enableCachingForHttp", False)
    if signs and not (document.get("tokenKeyName") and document.get("tokenSigningPublicKeys")):
        raise invalid_request("tokenKeyName and tokenSigningPublicKeys are required unless signing is disabled.")
    row = (call.account, call.region, name, orjson.dumps(document).decode(), _status(request))
    call.store.run(tables.INSERT_AUTHORIZER, (*row, call.now, call.now))
    set_tags(call, arn, request.get("tags") or ())
    return {"authorizerName": name, "authorizerArn": arn}


def _status(request: Request, default: str = "INACTIVE") -> str:
    status = request.get("status") or default
    if status not in _STATUSES:
        raise invalid_request(f"The status {status} is not ACTIVE or INACTIVE.")
    return str(status)


@operation("iot", "UpdateAuthorizer")
def update_authorizer(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_UpdateAuthorizer.html"""
    name = check_name(request, "authorizerName", NAME)
    former = find_authorizer(call, name)
    document = {member: former[member] for member in (*_CHANGEABLE, "signingDisabled") if member in former}
    document |= {member: request[member] for member in _CHANGEABLE if request.get(member) is not None}
    row = (orjson.dumps(document).decode(), _status(request, former["status"]), call.now)
    call.store.run(tables.UPDATE_AUTHORIZER, (*row, call.account, call.region, name))
    return {"authorizerName": name, "authorizerArn": authorizer_arn(call, name)}


@operation("iot", "DescribeAuthorizer", reads=True)
def describe_authorizer(call: Call, request: Request) -> Result:
    name = check_name(request, "authorizerName", NAME)
    return {"authorizerDescription": find_authorizer(call, name)}


@operation("iot", "ListAuthorizers", reads=True)
def list_authorizers(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_ListAuthorizers.html"""
    status = request.get("status") or ""

    def fetch(after: str, count: int) -> list[str]:
        rows = call.store.all(tables.AUTHORIZERS, (call.account, call.region, after, status, status, count))
        return [name for (name,) in rows]

    names, marker = marked_page(request, fetch, str, _PAGE)
    listed = [{"authorizerName": name, "authorizerArn": authorizer_arn(call, name)} for name in names]
    return {"authorizers": listed, "nextMarker": marker}


@operation("iot", "DeleteAuthorizer")
def delete_authorizer(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_DeleteAuthorizer.html"""
    name = check_name(request, "authorizerName", NAME)
    if find_authorizer(call, name)["status"] == "ACTIVE":
        raise AwsError("DeleteConflictException", f"Authorizer {name} is ACTIVE; set it to INACTIVE first.", 409)
    if call.store.one(tables.DEFAULT_AUTHORIZER, (call.account, call.region)) == (name,):
        raise AwsError("DeleteConflictException", f"Authorizer {name} is the default authorizer.", 409)
    call.store.run(tables.DELETE_AUTHORIZER, (call.account, call.region, name))
    forget_tags(call, authorizer_arn(call, name))
    return {}


@operation("iot", "TestInvokeAuthorizer")
def test_invoke_authorizer(call: Call, request: Request) -> Answer:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_TestInvokeAuthorizer.html"""
    authorizer = find_authorizer(call, check_name(request, "authorizerName", NAME))
    token = request.get("token")
    signs = not authorizer.get("signingDisabled")
    if signs:
        check_token(authorizer, token, request.get("tokenSignature"))
    http, mqtt, tls = (dict(request.get(name) or {}) for name in ("httpContext", "mqttContext", "tlsContext"))
    if isinstance(mqtt.get("password"), bytes):
        mqtt["password"] = base64.b64encode(mqtt["password"]).decode()
    data = {name: context for name, context in (("tls", tls), ("http", http), ("mqtt", mqtt)) if context}
    event: dict[str, Any] = {"signatureVerified": signs, "protocols": list(data), "protocolData": data}
    if token is not None:
        event["token"] = token
    return _test(call.work, authorizer, event | {"connectionMetadata": {"id": call.ids.uuid()}})


async def _test(work: Work, authorizer: dict[str, Any], event: dict[str, Any]) -> Result:
    try:
        answer = await ask(work, authorizer["authorizerFunctionArn"], event)
    except AwsError as error:
        raise AwsError("InvalidResponseException", error.message) from error
    documents = answer.get("policyDocuments") or []
    return {
        "isAuthenticated": answer.get("isAuthenticated") is True,
        "principalId": answer.get("principalId"),
        "policyDocuments": [item if isinstance(item, str) else orjson.dumps(item).decode() for item in documents],
        "refreshAfterInSeconds": answer.get("refreshAfterInSeconds"),
        "disconnectAfterInSeconds": answer.get("disconnectAfterInSeconds"),
    }
