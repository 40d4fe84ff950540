"""LocalStack's chaos API on our faults (docs/faults.md): errors of what clients ask, by service, region and operation,
and how late it all is.

https://docs.localstack.cloud/aws/developer-tools/chaos-engineering/chaos-api/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headwater.insight.faults import check_service
from headwater.insight.guests.host import ITS_NAMES, Host, Pages, our_name
from headwater.spine.errors import AwsError
from headwater.spine.faults import BY_CLIENT, ERROR, LATENCY, OPERATION, BadRule, Rule, read_rule

_FAILED = "Operation failed due to a simulated fault"
_LATE = "network latency"
_MEMBERS = {"service", "region", "operation", "probability", "error", "description"}


async def _faults(host: Host, query: Mapping[str, str], body: Any) -> list[dict[str, Any]]:
    return await host.engine.transact_system(lambda call: _shown(host))


async def _set_faults(host: Host, query: Mapping[str, str], body: Any) -> list[dict[str, Any]]:
    return await _put(host, _read(body))


async def _add_faults(host: Host, query: Mapping[str, str], body: Any) -> list[dict[str, Any]]:
    added = _read(body)
    return await _put(host, [*_standing(host), *added])


async def _remove_faults(host: Host, query: Mapping[str, str], body: Any) -> list[dict[str, Any]]:
    removed = [_as_fault(rule) for rule in _read(body)]
    return await _put(host, [rule for rule in _standing(host) if _as_fault(rule) not in removed])


async def _effects(host: Host, query: Mapping[str, str], body: Any) -> dict[str, int]:
    late = [rule.milliseconds for rule in host.engine.faults.current().rules if _is_late(rule)]
    return {"latency": late[0] if late else 0}


async def _set_effects(host: Host, query: Mapping[str, str], body: Any) -> dict[str, int]:
    latency = body.get("latency") if isinstance(body, dict) and body.keys() == {"latency"} else None
    if type(latency) is not int or latency < 0:
        raise AwsError("BadRequest", 'Say {"latency": MILLISECONDS}.')
    late = Rule(LATENCY, by=BY_CLIENT, at=OPERATION, milliseconds=latency, message=_LATE)
    await host.engine.transact_system(lambda call: host.engine.faults.exchange(_is_late, [late] if latency else []))
    return {"latency": latency}


async def _put(host: Host, rules: list[Rule]) -> list[dict[str, Any]]:
    def put(call: object) -> list[dict[str, Any]]:
        host.engine.faults.exchange(_is_fault, rules)
        return _shown(host)

    return await host.engine.transact_system(put)


def _standing(host: Host) -> list[Rule]:
    return [rule for rule in host.engine.faults.current().rules if _is_fault(rule)]


def _shown(host: Host) -> list[dict[str, Any]]:
    return [_as_fault(rule) for rule in _standing(host)]


def _is_fault(rule: Rule) -> bool:
    return rule.kind == ERROR and rule.message == _FAILED


def _is_late(rule: Rule) -> bool:
    return rule.kind == LATENCY and rule.message == _LATE


def _read(body: Any) -> list[Rule]:
    if not isinstance(body, list) or not all(isinstance(each, dict) and each.keys() <= _MEMBERS for each in body):
        raise AwsError("BadRequest", f"Say a list of rules; each may have {', '.join(sorted(_MEMBERS))}.")
    return [_rule(each) for each in body]


def _rule(given: Mapping[str, Any]) -> Rule:
    error = given.get("error") or {}
    if not isinstance(error, dict) or not error.keys() <= {"statusCode", "code"}:
        raise AwsError("BadRequest", "An error has a statusCode and a code.")
    service = given.get("service") or "*"
    said = {
        "kind": ERROR,
        "service": our_name(service) if isinstance(service, str) else service,
        "operation": given.get("operation"),
        "region": given.get("region"),
        "probability": given.get("probability"),
        "by": BY_CLIENT,
        "code": error.get("code", "ServiceUnavailable"),
        "status": error.get("statusCode", 503),
        "message": _FAILED,
    }
    try:
        rule = read_rule(said)
    except BadRule as wrong:
        raise AwsError("BadRequest", str(wrong)) from None
    check_service(rule.service)
    return rule


def _as_fault(rule: Rule) -> dict[str, Any]:
    told: dict[str, Any] = {
        name: value
        for name, value in (
            ("service", ITS_NAMES.get(rule.service, rule.service)),
            ("region", rule.region),
            ("operation", rule.operation),
        )
        if value != "*"
    }
    if rule.probability is not None:
        told["probability"] = rule.probability
    return {**told, "error": {"statusCode": rule.status, "code": rule.code}}


PAGES: Pages = {
    ("GET", "/_localstack/chaos/faults"): _faults,
    ("POST", "/_localstack/chaos/faults"): _set_faults,
    ("PATCH", "/_localstack/chaos/faults"): _add_faults,
    ("DELETE", "/_localstack/chaos/faults"): _remove_faults,
    ("GET", "/_localstack/chaos/effects"): _effects,
    ("POST", "/_localstack/chaos/effects"): _set_effects,
}
