"""API keys, usage plans, and which keys a plan is for.

https://docs.aws.amazon.com/apigateway/latest/api/API_ApiKey.html
https://docs.aws.amazon.com/apigateway/latest/api/API_UsagePlan.html
https://docs.aws.amazon.com/apigateway/latest/api/API_UsagePlanKey.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from headwater.services.apigateway.errors import bad_request, conflict, not_found
from headwater.services.apigateway.patches import apply_patches, first_of
from headwater.services.apigateway.records import (
    KEY,
    PLAN,
    PLAN_KEY,
    find_record,
    put_record,
    records,
    remove_record,
)
from headwater.services.apigateway.store import REST, Document, find_api, find_part, new_part_id
from headwater.spine.errors import not_implemented
from headwater.spine.operations import Call, Request, Result, operation

_PAGE = 25
_MOST = 500
_SHORTEST_VALUE, _LONGEST_VALUE = 20, 128
_PERIODS = ("DAY", "WEEK", "MONTH")
_NUMBERS = (
    ("throttle", "rateLimit", float),
    ("throttle", "burstLimit", int),
    ("quota", "limit", int),
    ("quota", "offset", int),
)


def _given(request: Request, *names: str) -> Document:
    return {name: request[name] for name in names if request.get(name) is not None}


def _page(request: Request, items: Iterable[Document]) -> Result:
    """A page by id; ``position`` is the last one's."""
    most = min(request.get("limit") or _PAGE, _MOST)
    if most < 1:
        raise bad_request("Invalid limit parameter")
    after = request.get("position") or ""
    found = [item for item in sorted(items, key=lambda item: str(item["id"])) if item["id"] > after]
    return {"items": found[:most], "position": found[most - 1]["id"] if len(found) > most else None}


# ---- keys


def _shown(key: Document, with_value: bool | None) -> Document:
    return key if with_value else {name: value for name, value in key.items() if name != "value"}


@operation("apigateway", "CreateApiKey")
def create_api_key(call: Call, request: Request) -> Result:
    value = request.get("value") or call.ids.token(40)
    if not _SHORTEST_VALUE <= len(value) <= _LONGEST_VALUE:
        raise bad_request(f"API Key value should be at least {_SHORTEST_VALUE} characters")
    if any(key["value"] == value for key in records(call, KEY).values()):
        raise conflict("API Key already exists")
    key: Document = {
        "id": new_part_id(call, 10),
        "value": value,
        "enabled": False,
        "createdDate": call.now,
        "lastUpdatedDate": call.now,
        "stageKeys": [f"{each.get('restApiId')}/{each.get('stageName')}" for each in request.get("stageKeys") or ()],
        "tags": {},
        **_given(request, "name", "description", "customerId", "enabled", "tags"),
    }
    put_record(call, KEY, key["id"], key)
    return key


@operation("apigateway", "GetApiKey", reads=True)
def get_api_key(call: Call, request: Request) -> Result:
    return _shown(_find_key(call, request["apiKey"]), request.get("includeValue"))


def _find_key(call: Call, identity: str) -> Document:
    return find_record(call, KEY, identity, "Invalid API Key identifier specified")


@operation("apigateway", "GetApiKeys", reads=True)
def get_api_keys(call: Call, request: Request) -> Result:
    wanted, customer = request.get("nameQuery") or "", request.get("customerId")
    found = [
        _shown(key, request.get("includeValues"))
        for key in records(call, KEY).values()
        if (key.get("name") or "").startswith(wanted) and customer in (None, key.get("customerId"))
    ]
    return _page(request, found)


@operation("apigateway", "UpdateApiKey")
def update_api_key(call: Call, request: Request) -> Result:
    key = _find_key(call, request["apiKey"])
    changed = apply_patches(key, request.get("patchOperations") or [], ("name", "description", "enabled", "customerId"))
    put_record(call, KEY, key["id"], changed | {"lastUpdatedDate": call.now})
    return changed


@operation("apigateway", "DeleteApiKey")
def delete_api_key(call: Call, request: Request) -> Result:
    _find_key(call, request["apiKey"])
    remove_record(call, KEY, request["apiKey"])
    for name, link in records(call, PLAN_KEY).items():
        if link["keyId"] == request["apiKey"]:
            remove_record(call, PLAN_KEY, name)
    return {}


# ---- plans


def find_plan(call: Call, identity: str) -> Document:
    return find_record(call, PLAN, identity, "Invalid Usage Plan ID specified")


def _checked(call: Call, plan: Document) -> Document:
    for stage in plan.get("apiStages") or ():
        if stage.get("throttle"):
            raise not_implemented("throttle of single methods of an API Gateway usage plan")
        api = find_api(call, stage.get("apiId", ""), REST)
        find_part(call, api.id, "Stage", stage.get("stage", ""))
    quota = plan.get("quota")
    if quota and quota.get("period") not in _PERIODS:
        raise bad_request("Usage Plan quota period must be one of DAY, WEEK, MONTH")
    if quota and quota.get("limit") is None:
        raise bad_request("Usage Plan quota limit must be specified")
    return plan


@operation("apigateway", "CreateUsagePlan")
def create_usage_plan(call: Call, request: Request) -> Result:
    given = _given(request, "name", "description", "apiStages", "throttle", "quota", "tags")
    plan: Document = {"id": new_part_id(call, 6), "apiStages": [], "tags": {}, **given}
    put_record(call, PLAN, plan["id"], _checked(call, plan))
    return plan


@operation("apigateway", "GetUsagePlan", reads=True)
def get_usage_plan(call: Call, request: Request) -> Result:
    return find_plan(call, request["usagePlanId"])


@operation("apigateway", "GetUsagePlans", reads=True)
def get_usage_plans(call: Call, request: Request) -> Result:
    plans = records(call, PLAN)
    if (key := request.get("keyId")) is not None:
        linked = {link["planId"] for link in records(call, PLAN_KEY).values() if link["keyId"] == key}
        plans = {identity: plan for identity, plan in plans.items() if identity in linked}
    return _page(request, plans.values())


@operation("apigateway", "UpdateUsagePlan")
def update_usage_plan(call: Call, request: Request) -> Result:
    plan = find_plan(call, request["usagePlanId"])
    own = []
    for patch in request.get("patchOperations") or ():
        if first_of(patch) == "apiStages":
            plan["apiStages"] = _with_stage(plan["apiStages"], patch)
        else:
            own.append(patch)
    plan = apply_patches(plan, own, ("name", "description", "throttle", "quota", "productCode"))
    for name, member, number in _NUMBERS:
        if plan.get(name) and plan[name].get(member) is not None:
            plan[name][member] = _number(number, plan[name][member], f"/{name}/{member}")
    put_record(call, PLAN, plan["id"], _checked(call, plan))
    return plan


def _number(kind: Callable[[Any], Any], value: Any, path: str) -> Any:
    try:
        return kind(value)
    except ValueError:
        raise bad_request(f"Invalid value '{value}' specified for path '{path}'") from None


def _with_stage(stages: list[Document], patch: dict[str, Any]) -> list[Document]:
    """``/apiStages`` takes ``api:stage``, to add or to remove."""
    api, _, stage = str(patch.get("value") or str(patch["path"]).removeprefix("/apiStages/")).partition(":")
    if not stage:
        raise bad_request("Invalid API Stage specified")
    kept = [each for each in stages if (each["apiId"], each["stage"]) != (api, stage)]
    return kept if patch.get("op") == "remove" else [*kept, {"apiId": api, "stage": stage}]


@operation("apigateway", "DeleteUsagePlan")
def delete_usage_plan(call: Call, request: Request) -> Result:
    plan = find_plan(call, request["usagePlanId"])
    if plan["apiStages"]:
        stages = ", ".join(f"{each['apiId']}:{each['stage']}" for each in plan["apiStages"])
        raise bad_request(f"Cannot delete Usage Plan {plan['id']} because API stages are associated with it: {stages}")
    for name, link in records(call, PLAN_KEY).items():
        if link["planId"] == plan["id"]:
            remove_record(call, PLAN_KEY, name)
    remove_record(call, PLAN, plan["id"])
    return {}


# ---- which keys a plan is for


def _linked(call: Call, link: Document) -> Document:
    key = _find_key(call, link["keyId"])
    return {"id": key["id"], "type": "API_KEY", "value": key["value"], "name": key.get("name")}


@operation("apigateway", "CreateUsagePlanKey")
def create_usage_plan_key(call: Call, request: Request) -> Result:
    plan, key = find_plan(call, request["usagePlanId"]), _find_key(call, request["keyId"])
    if request["keyType"] != "API_KEY":
        raise bad_request("Usage Plan Key must have API_KEY type")
    name = f"{plan['id']}/{key['id']}"
    if name in records(call, PLAN_KEY):
        raise conflict("Usage Plan Key already exists")
    link = {"planId": plan["id"], "keyId": key["id"]}
    put_record(call, PLAN_KEY, name, link)
    return _linked(call, link)


@operation("apigateway", "GetUsagePlanKey", reads=True)
def get_usage_plan_key(call: Call, request: Request) -> Result:
    return _linked(call, _find_link(call, request))


def _find_link(call: Call, request: Request) -> Document:
    name = f"{request['usagePlanId']}/{request['keyId']}"
    return find_record(call, PLAN_KEY, name, "Invalid Usage Plan Key identifier specified")


@operation("apigateway", "GetUsagePlanKeys", reads=True)
def get_usage_plan_keys(call: Call, request: Request) -> Result:
    plan = find_plan(call, request["usagePlanId"])
    wanted = request.get("nameQuery") or ""
    links = [_linked(call, link) for link in records(call, PLAN_KEY).values() if link["planId"] == plan["id"]]
    return _page(request, [link for link in links if (link["name"] or "").startswith(wanted)])


@operation("apigateway", "DeleteUsagePlanKey")
def delete_usage_plan_key(call: Call, request: Request) -> Result:
    if f"{request['usagePlanId']}/{request['keyId']}" not in records(call, PLAN_KEY):
        raise not_found("Invalid Usage Plan Key identifier specified")
    remove_record(call, PLAN_KEY, f"{request['usagePlanId']}/{request['keyId']}")
    return {}
