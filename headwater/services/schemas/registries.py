"""Registries: made, shown, changed and deleted; their policies.

https://docs.aws.amazon.com/eventbridge/latest/schema-reference/v1-registries-name-registryname.html
"""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from headwater.services.schemas import tables
from headwater.services.schemas.errors import bad_request, conflict, invalid_token, not_found
from headwater.spine.arns import make_arn
from headwater.spine.errors import AwsError, not_implemented
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.pages import page

DISCOVERED = "discovered-schemas"
_OF_AWS = "aws.events"
_PAGE, _LARGEST_PAGE = 10, 100


class Registry(NamedTuple):
    """A row; ``document`` holds ``description``, ``tags``, ``policy`` and the policy's ``revision``."""

    arn: str
    name: str
    document: dict[str, Any]

    def shown(self) -> dict[str, Any]:
        return {
            "RegistryName": self.name,
            "RegistryArn": self.arn,
            "Description": self.document.get("description"),
            "Tags": self.document.get("tags") or {},
        }


def registry_arn(call: Call, name: str) -> str:
    return make_arn("schemas", call.region, call.account, f"registry/{name}")


def look_up(call: Call, name: str) -> Registry | None:
    if name == _OF_AWS:
        raise not_implemented("The registry aws.events, of the schemas of AWS's own events,")
    row = call.store.one(tables.FIND_REGISTRY, (registry_arn(call, name),))
    return None if row is None else Registry(row[0], row[1], orjson.loads(row[2]))


def find_registry(call: Call, name: str) -> Registry:
    found = look_up(call, name)
    if found is None:
        raise not_found("Registry", name)
    call.span.subject = found.arn
    return found


def make_registry(call: Call, name: str, document: dict[str, Any]) -> Registry:
    registry = Registry(registry_arn(call, name), name, document)
    row = (registry.arn, call.account, call.region, name, orjson.dumps(document).decode())
    call.store.run(tables.INSERT_REGISTRY, row)
    return registry


def save_registry(call: Call, registry: Registry) -> None:
    call.store.run(tables.SET_REGISTRY, (orjson.dumps(registry.document).decode(), registry.arn))


@operation("schemas", "CreateRegistry")
def create_registry(call: Call, request: Request) -> Result:
    name = request["RegistryName"]
    if name.startswith("aws."):
        raise bad_request("Registry names that begin with aws. are reserved.")
    if look_up(call, name) is not None:
        raise conflict("Registry", name)
    document = {"description": request.get("Description"), "tags": request.get("Tags") or {}}
    registry = make_registry(call, name, document)
    call.span.subject = registry.arn
    return registry.shown()


@operation("schemas", "DescribeRegistry", reads=True)
def describe_registry(call: Call, request: Request) -> Result:
    return find_registry(call, request["RegistryName"]).shown()


@operation("schemas", "UpdateRegistry")
def update_registry(call: Call, request: Request) -> Result:
    registry = find_registry(call, request["RegistryName"])
    if request.get("Description") is not None:
        registry.document["description"] = request["Description"]
        save_registry(call, registry)
    return registry.shown()


@operation("schemas", "DeleteRegistry")
def delete_registry(call: Call, request: Request) -> Result:
    registry = find_registry(call, request["RegistryName"])
    if call.store.one(tables.ANY_SCHEMA, (registry.arn,)) is not None:
        raise bad_request(f"Registry with name {registry.name} is not empty: delete its schemas first.")
    call.store.run(tables.DELETE_REGISTRY, (registry.arn,))
    return {}


def read_limit(request: Request) -> int:
    """How many a page of a listing is to have."""
    limit: int = _PAGE if request.get("Limit") is None else request["Limit"]
    if not 1 <= limit <= _LARGEST_PAGE:
        raise bad_request(f"Limit must be between 1 and {_LARGEST_PAGE}.")
    return limit


@operation("schemas", "ListRegistries", reads=True)
def list_registries(call: Call, request: Request) -> Result:
    """Those of the account; AWS's own are not here."""
    prefix = request.get("RegistryNamePrefix") or ""

    def fetch(after: str, count: int) -> list[Registry]:
        rows = call.store.all(tables.LIST_REGISTRIES, (call.account, call.region, len(prefix), prefix, after, count))
        return [Registry(arn, name, orjson.loads(document)) for arn, name, document in rows]

    limit = read_limit(request)
    found, token = page(request.get("NextToken"), limit, fetch, lambda registry: registry.name, invalid_token)
    summaries = [{k: v for k, v in registry.shown().items() if k != "Description"} for registry in found]
    return {"Registries": [] if request.get("Scope") == "AWS" else summaries, "NextToken": token}


@operation("schemas", "PutResourcePolicy")
def put_resource_policy(call: Call, request: Request) -> Result:
    """Kept and shown; who may do what is not checked against it."""
    registry = find_registry(call, request.get("RegistryName") or DISCOVERED)
    revision = request.get("RevisionId")
    if revision is not None and revision != registry.document.get("revision"):
        raise AwsError("PreconditionFailedException", "The revision is not the present one.", 412, Code="Precondition")
    try:
        orjson.loads(request["Policy"])
    except orjson.JSONDecodeError:
        raise bad_request("The policy is not valid JSON.") from None
    registry.document.update(policy=request["Policy"], revision=call.ids.uuid())
    save_registry(call, registry)
    return {"Policy": request["Policy"], "RevisionId": registry.document["revision"]}


@operation("schemas", "GetResourcePolicy", reads=True)
def get_resource_policy(call: Call, request: Request) -> Result:
    registry = find_registry(call, request.get("RegistryName") or DISCOVERED)
    if registry.document.get("policy") is None:
        raise not_found("Policy of the registry", registry.name)
    return {"Policy": registry.document["policy"], "RevisionId": registry.document["revision"]}


@operation("schemas", "DeleteResourcePolicy")
def delete_resource_policy(call: Call, request: Request) -> Result:
    registry = find_registry(call, request.get("RegistryName") or DISCOVERED)
    registry.document.pop("policy", None)
    save_registry(call, registry)
    return {}
