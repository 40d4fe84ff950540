"""Cloud Control: one resource made, read, changed or removed by what its type's schema says of it.

https://docs.aws.amazon.com/cloudcontrolapi/latest/APIReference/Welcome.html
"""

from __future__ import annotations

import json
from typing import Any

import orjson
from jsonpath import JSONPatch
from jsonpath.exceptions import JSONPatchError, JSONPointerError

from headwater.languages.templates.properties import violations
from headwater.services.cloudformation import control_errors as errors
from headwater.services.cloudformation import tables
from headwater.services.cloudformation.control_requests import (
    KEPT_MS,
    UNDER_WAY,
    ControlRequest,
    all_requests,
    find_request,
)
from headwater.services.cloudformation.plan import PlanMemory
from headwater.services.cloudformation.present import Declared, declared, over, read
from headwater.services.cloudformation.stack import dumps
from headwater.services.cloudformation.types import ResourceFailed, find_type, handler_code
from headwater.spine import pages
from headwater.spine.errors import AwsError, not_implemented
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.resources import Resource, Untellable

_A_PAGE = 20


# ---- what is there


@operation("cloudcontrol", "GetResource", reads=True)
def get_resource(call: Call, request: Request) -> Result:
    kind = _type_of(call, request)
    found, told = _find(call, kind, request)
    if told is None:
        raise errors.unsupported(request["TypeName"], "READ")
    return {"TypeName": request["TypeName"], "ResourceDescription": _described(call, found, over(told, {}))}


@operation("cloudcontrol", "ListResources", reads=True)
def list_resources(call: Call, request: Request) -> Result:
    """All there are, whoever made them."""
    kind, name = _type_of(call, request), request["TypeName"]
    if request.get("ResourceModel"):
        raise not_implemented("ResourceModel of ListResources")
    try:
        there = sorted(kind.known(call))
    except Untellable:
        raise errors.unsupported(name, "LIST") from None
    start = pages.read_place(request.get("NextToken"), errors.invalid_token)
    end = start + (request.get("MaxResults") or _A_PAGE)
    shown = []
    for physical_id in there[start:end]:
        found = Declared(name, physical_id, {}, {})
        shown.append(_described(call, found, over(read(call, kind, found), {})))
    token = pages.make_token(end) if end < len(there) else None
    return {"TypeName": name, "ResourceDescriptions": shown, "NextToken": token}


def _described(call: Call, found: Declared, properties: dict[str, Any]) -> dict[str, str]:
    schemas = _memory(call).schemas
    identifier = schemas.identifier(found.type, found.physical_id, found.attributes, properties)
    return {"Identifier": identifier, "Properties": dumps(schemas.model(found.type, properties, found.attributes))}


# ---- what is to be


@operation("cloudcontrol", "CreateResource")
def create_resource(call: Call, request: Request) -> Result:
    kind, name = _type_of(call, request), request["TypeName"]
    if (known := _known_again(call, request)) is not None:
        return {"ProgressEvent": known.progress(call)}
    wanted = _parsed(request["DesiredState"])
    _check(call, name, wanted)
    made = _new(call, request, "CREATE", "", wanted)
    identifying = _memory(call).schemas.all.get(name, {}).get("identifier", ())
    if identifying and all(each in wanted for each in identifying):
        made.identifier = "|".join(str(wanted[each]) for each in identifying)
        if _is_there(call, kind, name, made.identifier):
            text = f"Resource of type '{name}' with identifier '{made.identifier}' already exists."
            made.end(call, "FAILED", "AlreadyExists", text)
            return {"ProgressEvent": made.progress(call)}
    return _begin(call, made, {"physical_id": "", "previous": {}, "attributes": {}})


@operation("cloudcontrol", "UpdateResource")
def update_resource(call: Call, request: Request) -> Result:
    """The patch is applied to what is there; of a type that cannot tell, to what was last declared."""
    kind, name = _type_of(call, request), request["TypeName"]
    if (known := _known_again(call, request)) is not None:
        return {"ProgressEvent": known.progress(call)}
    found, told = _find(call, kind, request)
    if told is None and not found.properties:
        raise errors.unsupported(name, "UPDATE")
    former = over(told or {}, found.properties)
    wanted = _patched(former, request["PatchDocument"])
    fixed = _memory(call).schemas.all.get(name, {}).get("createOnly", ())
    if changed := [each for each in fixed if former.get(each) != wanted.get(each)]:
        raise errors.not_updatable(changed)
    _check(call, name, wanted)
    made = _new(call, request, "UPDATE", request["Identifier"], wanted)
    return _begin(call, made, {"physical_id": found.physical_id, "previous": former, "attributes": found.attributes})


@operation("cloudcontrol", "DeleteResource")
def delete_resource(call: Call, request: Request) -> Result:
    kind, name = _type_of(call, request), request["TypeName"]
    if (known := _known_again(call, request)) is not None:
        return {"ProgressEvent": known.progress(call)}
    made = _new(call, request, "DELETE", request["Identifier"], {})
    try:
        found, told = _find(call, kind, request)
    except AwsError as error:
        made.end(call, "FAILED", handler_code(error), errors.was_not_found(name, request["Identifier"]))
        return {"ProgressEvent": made.progress(call)}
    made.properties = over(told or {}, found.properties)
    return _begin(call, made, {"physical_id": found.physical_id, "previous": {}, "attributes": found.attributes})


def _begin(call: Call, made: ControlRequest, payload: dict[str, Any]) -> Result:
    if made.identifier and any(
        each.status in UNDER_WAY and (each.type, each.identifier) == (made.type, made.identifier)
        for each in all_requests(call)
    ):
        raise errors.concurrent(made.type, made.identifier)
    call.store.run(tables.FORGET_CONTROL_REQUESTS, (call.account, call.region, call.now - KEPT_MS))
    made.save(call)
    call.deliver("cloudcontrol.request", {"token": made.token, **payload}, target=made.token)
    return {"ProgressEvent": made.progress(call)}


def _new(call: Call, request: Request, verb: str, identifier: str, properties: dict[str, Any]) -> ControlRequest:
    client, asked = request.get("ClientToken") or call.ids.uuid(), _asked(request)
    place = (call.ids.uuid(), call.account, call.region, client, asked)
    return ControlRequest(*place, verb, request["TypeName"], identifier, "IN_PROGRESS", call.now, properties)


def _known_again(call: Call, request: Request) -> ControlRequest | None:
    """What the same client token asked for before."""
    token = request.get("ClientToken")
    for known in all_requests(call) if token else ():
        if known.client_token == token:
            if known.request != _asked(request):
                raise errors.client_token_conflict()
            return known
    return None


def _asked(request: Request) -> str:
    return json.dumps({name: value for name, value in request.items() if name != "ClientToken"}, sort_keys=True)


# ---- requests


@operation("cloudcontrol", "GetResourceRequestStatus", reads=True)
def get_resource_request_status(call: Call, request: Request) -> Result:
    return {"ProgressEvent": _request(call, request["RequestToken"]).progress(call)}


@operation("cloudcontrol", "ListResourceRequests", reads=True)
def list_resource_requests(call: Call, request: Request) -> Result:
    wanted = request.get("ResourceRequestStatusFilter") or {}
    verbs, statuses = wanted.get("Operations"), wanted.get("OperationStatuses")
    found = [
        each.progress(call)
        for each in all_requests(call)
        if (not verbs or each.operation in verbs) and (not statuses or each.status in statuses)
    ]
    start = pages.read_place(request.get("NextToken"), errors.invalid_token)
    end = start + (request.get("MaxResults") or _A_PAGE)
    token = pages.make_token(end) if end < len(found) else None
    return {"ResourceRequestStatusSummaries": found[start:end], "NextToken": token}


@operation("cloudcontrol", "CancelResourceRequest")
def cancel_resource_request(call: Call, request: Request) -> Result:
    found = _request(call, request["RequestToken"])
    if found.status not in UNDER_WAY:
        raise errors.cannot_cancel(found.status)
    found.end(call, "CANCEL_COMPLETE")
    return {"ProgressEvent": found.progress(call)}


def _request(call: Call, token: str) -> ControlRequest:
    found = find_request(call, token)
    if found is None:
        raise errors.request_not_found(token)
    return found


# ---- what all of them need


def _type_of(call: Call, request: Request) -> Resource:
    name = request["TypeName"]
    if request.get("TypeVersionId"):
        raise not_implemented("TypeVersionId of Cloud Control")
    if not name.startswith("AWS::"):
        raise errors.type_not_found(name)
    try:
        return find_type(call, name)
    except ResourceFailed as error:
        raise not_implemented(f"The resource type {name}") from error


def _find(call: Call, kind: Resource, request: Request) -> tuple[Declared, dict[str, Any] | None]:
    """What is known of a resource and what its type tells of it, if it can. Raises ResourceNotFoundException."""
    name, identifier = request["TypeName"], request["Identifier"]
    there = dict(declared(call, name))
    # the CDK names some resources by what `Ref` gives
    known = there.get(identifier) or next((each for each in there.values() if each.physical_id == identifier), None)
    found = known or Declared(name, kind.locate(identifier), {}, {})
    try:
        return found, read(call, kind, found)
    except Untellable:
        if known is None:
            raise errors.unsupported(name, "READ") from None
        return found, None
    except AwsError as error:
        if handler_code(error) != "NotFound":
            raise
        raise errors.resource_not_found(call, name, identifier) from error


def _is_there(call: Call, kind: Resource, name: str, identifier: str) -> bool:
    try:
        _find(call, kind, {"TypeName": name, "Identifier": identifier})
    except AwsError:
        return False
    return True


def _parsed(text: str) -> dict[str, Any]:
    try:
        parsed = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise errors.invalid(f"Invalid JSON in DesiredState: {error}") from error
    if not isinstance(parsed, dict):
        raise errors.invalid("DesiredState must be a JSON object")
    return parsed


def _patched(former: dict[str, Any], document: str) -> dict[str, Any]:
    try:
        patched = JSONPatch(orjson.loads(document)).apply(orjson.loads(orjson.dumps(former)))
    except (orjson.JSONDecodeError, JSONPatchError, JSONPointerError, TypeError, AttributeError) as error:
        raise errors.invalid(f"Invalid patch document: {error}") from error
    if not isinstance(patched, dict):
        raise errors.invalid("Invalid patch document: the resource would be no object")
    return patched


def _check(call: Call, name: str, wanted: dict[str, Any]) -> None:
    schema = _memory(call).schemas.all.get(name)
    if schema is not None and (problems := violations(schema, wanted)):
        raise errors.invalid(f"Model validation failed ({', '.join(problems)})")


def _memory(call: Call) -> PlanMemory:
    memory: PlanMemory = call.memory
    return memory
