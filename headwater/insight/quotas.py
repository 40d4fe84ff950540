"""Quotas and rates, told and changed over the surface."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from headwater.spine.engine import Engine
from headwater.spine.errors import AwsError
from headwater.spine.quotas import BadQuota, check_name, check_value, is_rate


async def show_quotas(engine: Engine, query: Mapping[str, str], body: Any) -> dict[str, Any]:
    service = query.get("service")
    if service is not None and service not in engine.catalogue.houses:
        raise AwsError("NotFound", f"There is no service {service!r}.", 404)
    return await _all_shown(engine) if service is None else _shown(engine, [service])


async def change_quotas(engine: Engine, query: Mapping[str, str], body: Any) -> dict[str, Any]:
    if not isinstance(body, dict) or body.keys() != {"quotas"} or not isinstance(body["quotas"], dict):
        raise AwsError("BadRequest", 'Say {"quotas": {NAME: VALUE…}}.')
    wanted = {name: None if value is None else _text(value) for name, value in body["quotas"].items()}
    try:
        for name, text in wanted.items():
            check_name(engine.catalogue, name)
            if text is not None:
                check_value(name, text)
    except BadQuota as error:
        raise AwsError("BadRequest", str(error)) from None
    await engine.transact_system(lambda call: engine.quotas.change(call.store, wanted))
    return _shown(engine, sorted({name.partition(":")[0] for name in wanted}))


async def clear_quotas(engine: Engine, query: Mapping[str, str], body: Any) -> dict[str, Any]:
    await engine.transact_system(lambda call: engine.quotas.clear(call.store))
    return await _all_shown(engine)


def _text(value: Any) -> str:
    if type(value) not in (int, float, str):
        raise AwsError("BadRequest", "A quota is a number, a rate such as 100/200, or null.")
    return str(value)


async def _all_shown(engine: Engine) -> dict[str, Any]:
    """Houses that nobody has used yet are imported, which takes a second: beside, not in the loop."""
    services = sorted(engine.catalogue.houses)
    await asyncio.to_thread(lambda: [engine.catalogue.quotas(service) for service in services])
    return _shown(engine, services)


def _shown(engine: Engine, services: Sequence[str]) -> dict[str, Any]:
    declared = {quota.name: quota for each in services for quota in engine.catalogue.quotas(each)}
    return {
        "quotas": [
            {"name": name, "value": engine.quotas.of(quota), "default": quota.default, "counts": quota.counts}
            for name, quota in sorted(declared.items())
            if not is_rate(name)
        ],
        "rates": [
            {"name": name, "per_second": rate.allowance.per_second, "burst": rate.allowance.burst}
            for name, rate in sorted(engine.quotas.rates.items())
            if name.partition(":")[0] in services
        ],
    }
