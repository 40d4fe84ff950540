"""Requests that need an API key: whether it is good for the stage, and what its plan still allows.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from headwater.services.apigateway import tables
from headwater.services.apigateway.api_keys import find_plan
from headwater.services.apigateway.errors import bad_request
from headwater.services.apigateway.exchange import Exchange, Response, message
from headwater.services.apigateway.records import KEY, PLAN, PLAN_KEY, records
from headwater.services.apigateway.store import Document
from headwater.services.apigateway.throttling import Bucket, bucket_of
from headwater.spine.operations import Call, Request, Result, operation

_LONGEST_DAYS = 90


class Allowance(NamedTuple):
    """What a key may do at a stage by a plan. ``quota`` None: as often as it likes."""

    key: str
    plan: str
    bucket: Bucket | None
    quota: dict[str, Any] | None


def check_key(call: Call, exchange: Exchange, from_authorizer: bool) -> Response | None:
    """The answer to a request whose key does not do; None where it does, and it is counted."""
    value = exchange.headers.get("x-api-key")
    if from_authorizer:
        value = (exchange.authorizer or {}).get("usageIdentifierKey")
    allowance = _allowances(call, exchange).get(value or "")
    if allowance is None:
        exchange.problem = "no API key of a usage plan of this stage"
        return message(403, "Forbidden", ("x-amzn-ErrorType", "ForbiddenException"), kind="INVALID_API_KEY")
    exchange.api_key = (value or "", allowance.key)
    if allowance.bucket is not None and not allowance.bucket.take(call.now):
        limited = ("x-amzn-ErrorType", "TooManyRequestsException")
        return message(429, "Too Many Requests", limited, kind="THROTTLED")
    return _count(call, allowance)


def _count(call: Call, allowance: Allowance) -> Response | None:
    today = datetime.fromtimestamp(call.now / 1000, UTC).date()
    if allowance.quota is not None:
        since = _period_start(today, allowance.quota["period"])
        row = call.store.one(tables.SUM_USAGE, (allowance.plan, allowance.key, since.isoformat()))
        if row is not None and (row[0] or 0) + allowance.quota.get("offset", 0) >= allowance.quota["limit"]:
            limited = ("x-amzn-ErrorType", "LimitExceededException")
            return message(429, "Limit Exceeded", limited, kind="QUOTA_EXCEEDED")
    call.store.run(tables.COUNT_USAGE, (allowance.plan, allowance.key, today.isoformat()))
    return None


def _period_start(today: date, period: str) -> date:
    """Quotas begin anew each day, on Sundays, or on the first of the month."""
    if period == "DAY":
        return today
    return today.replace(day=1) if period == "MONTH" else today - timedelta(days=(today.weekday() + 1) % 7)


def _allowances(call: Call, exchange: Exchange) -> dict[str, Allowance]:
    """By the values of keys; from memory or from rows."""
    place = (exchange.api_id, exchange.stage)
    found: dict[str, Allowance] | None = call.memory.allowances.get(place)
    if found is None:
        found = call.memory.allowances[place] = _read(call, place, (exchange.account, exchange.region))
    return found


def _read(call: Call, place: tuple[str, str], owner: tuple[str, str]) -> dict[str, Allowance]:
    keys, links = records(call, KEY, owner), records(call, PLAN_KEY, owner).values()
    made: dict[str, Allowance] = {}
    for plan in records(call, PLAN, owner).values():
        stage = next((each for each in plan["apiStages"] if (each["apiId"], each["stage"]) == place), None)
        if stage is None:
            continue
        for link in links:
            key = keys.get(link["keyId"])
            if link["planId"] == plan["id"] and key is not None and key["enabled"]:
                made[key["value"]] = Allowance(key["id"], plan["id"], _bucket(plan), plan.get("quota"))
    return made


def _bucket(plan: Document) -> Bucket | None:
    throttle = plan.get("throttle") or {}
    return bucket_of({f"throttling{name[0].upper()}{name[1:]}": value for name, value in throttle.items()})


@operation("apigateway", "GetUsage", reads=True)
def get_usage(call: Call, request: Request) -> Result:
    """For each key and day of the range: how many requests were used, and how many remain (0 without a quota)."""
    plan = find_plan(call, request["usagePlanId"])
    try:
        first, last = date.fromisoformat(request["startDate"]), date.fromisoformat(request["endDate"])
    except ValueError:
        raise bad_request("Invalid date specified") from None
    if not 0 <= (last - first).days < _LONGEST_DAYS:
        raise bad_request("Usage data can be queried only for a range of at most 90 days")
    days = [(first + timedelta(days=number)).isoformat() for number in range((last - first).days + 1)]
    limit = (plan.get("quota") or {}).get("limit")
    used: dict[str, dict[str, int]] = {}
    rows = call.store.all(tables.LIST_USAGE, (plan["id"], first.isoformat(), last.isoformat()))
    for key, day, number in rows:
        if request.get("keyId") in (None, key):
            used.setdefault(key, {})[day] = number
    items = {
        key: [[of.get(day, 0), max(0, limit - of.get(day, 0)) if limit else 0] for day in days]
        for key, of in used.items()
    }
    return {"usagePlanId": plan["id"], "startDate": request["startDate"], "endDate": request["endDate"], "items": items}
