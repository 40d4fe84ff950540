"""Resources of REST APIs, and the methods on them.

https://docs.aws.amazon.com/apigateway/latest/api/API_Resource.html
"""

from __future__ import annotations

import re

from headwater.services.apigateway.errors import bad_request, conflict
from headwater.services.apigateway.patches import apply_patches
from headwater.services.apigateway.store import (
    REST,
    Api,
    Document,
    find_api,
    find_part,
    new_part_id,
    parts,
    put_part,
    remove_part,
)
from headwater.spine.operations import Call, Request, Result, operation

_PART = re.compile(r"(\{[A-Za-z0-9._:-]+\+?\}|[A-Za-z0-9._:$-]+)\Z")


def ensure_resource(call: Call, api: Api, path: str) -> Document:
    """The resource of a path, with all that are above it."""
    known = {resource["path"]: resource for resource in parts(call, api.id, "Resource").values()}
    resource, above = known["/"], ""
    for segment in [segment for segment in path.split("/") if segment]:
        above = f"{above}/{segment}"
        resource = known.get(above) or _add_resource(call, api, resource, segment)
    return resource


def _path_below(parent: Document, part: str) -> str:
    """The path of a parent's part; AwsError where there can be none such."""
    if not _PART.match(part):
        raise bad_request(
            "Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces at "
            "the beginning and the end."
        )
    if parent["path"].endswith("+}"):
        raise bad_request("Cannot create a child of a resource with a greedy path variable: " + parent["path"])
    return f"{parent['path'].rstrip('/')}/{part}"


def _add_resource(call: Call, api: Api, parent: Document, part: str) -> Document:
    path = _path_below(parent, part)
    identity = new_part_id(call, 6)
    resource: Document = {"id": identity, "parentId": parent["id"], "pathPart": part, "path": path}
    put_part(call, api.id, "Resource", identity, resource)
    return resource


def write_method(call: Call, api: Api, resource: Document, method: Document) -> None:
    resource = find_part(call, api.id, "Resource", resource["id"])
    methods = resource.get("resourceMethods") or {}
    put_part(
        call,
        api.id,
        "Resource",
        resource["id"],
        resource | {"resourceMethods": methods | {method["httpMethod"]: method}},
    )


@operation("apigateway", "GetResources", reads=True)
def get_resources(call: Call, request: Request) -> Result:
    api = find_api(call, request["restApiId"], REST)
    embedded = "methods" in (request.get("embed") or ())
    items = [_shown(resource, embedded) for resource in parts(call, api.id, "Resource").values()]
    return {"items": sorted(items, key=lambda resource: str(resource["path"]))}


def _shown(resource: Document, embedded: bool) -> Document:
    methods = resource.get("resourceMethods")
    if not methods or embedded:
        return resource
    return resource | {"resourceMethods": {name: {} for name in methods}}


@operation("apigateway", "GetResource", reads=True)
def get_resource(call: Call, request: Request) -> Result:
    api = find_api(call, request["restApiId"], REST)
    embedded = "methods" in (request.get("embed") or ())
    return _shown(find_part(call, api.id, "Resource", request["resourceId"]), embedded)


@operation("apigateway", "CreateResource")
def create_resource(call: Call, request: Request) -> Result:
    api = find_api(call, request["restApiId"], REST)
    parent = find_part(call, api.id, "Resource", request["parentId"])
    part = request["pathPart"]
    _check_free(call, api, parent, part)
    return _add_resource(call, api, parent, part)


def _check_free(call: Call, api: Api, parent: Document, part: str) -> None:
    for sibling in parts(call, api.id, "Resource").values():
        if sibling.get("parentId") == parent["id"] and sibling["pathPart"] == part:
            raise conflict(f"Another resource with the same parent already has this name: {part}")


@operation("apigateway", "UpdateResource")
def update_resource(call: Call, request: Request) -> Result:
    """Another name or parent; the paths of what is below follow."""
    api = find_api(call, request["restApiId"], REST)
    resource = find_part(call, api.id, "Resource", request["resourceId"])
    if resource["path"] == "/":
        raise bad_request("Root resource cannot be updated")
    changed = apply_patches(resource, request.get("patchOperations") or [], ("parentId", "pathPart"))
    parent = find_part(call, api.id, "Resource", str(changed["parentId"]))
    part, below = str(changed["pathPart"]), f"{resource['path']}/"
    if parent["id"] == resource["id"] or parent["path"].startswith(below):
        raise bad_request("Resource cannot be moved below itself")
    if (parent["id"], part) != (resource["parentId"], resource["pathPart"]):
        _check_free(call, api, parent, part)
    path = _path_below(parent, part)
    for other in parts(call, api.id, "Resource").values():
        if other["path"].startswith(below):
            moved = other | {"path": f"{path}/{other['path'].removeprefix(below)}"}
            put_part(call, api.id, "Resource", other["id"], moved)
    changed["path"] = path
    put_part(call, api.id, "Resource", resource["id"], changed)
    return _shown(changed, False)


@operation("apigateway", "DeleteResource")
def delete_resource(call: Call, request: Request) -> Result:
    """Takes with it what is below."""
    api = find_api(call, request["restApiId"], REST)
    resource = find_part(call, api.id, "Resource", request["resourceId"])
    if resource["path"] == "/":
        raise bad_request("Root resource cannot be deleted")
    for other in parts(call, api.id, "Resource").values():
        if other["path"] == resource["path"] or other["path"].startswith(f"{resource['path']}/"):
            remove_part(call, api.id, "Resource", other["id"])
    return {}
