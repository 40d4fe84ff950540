"""What else LocalStack's services offer beside AWS's own operations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headwater.insight.guests.host import Host, Pages
from headwater.spine.engine import SYSTEM
from headwater.spine.errors import AwsError
from headwater.spine.operations import Caller

_RULE = "arn:aws:events:{region}:{account}:rule/{name}"
_RUNTIMES = (
    *("nodejs18.x", "nodejs20.x", "nodejs22.x", "nodejs24.x"),
    *("python3.9", "python3.10", "python3.11", "python3.12", "python3.13", "python3.14"),
    *("provided.al2", "provided.al2023"),
)
_DEPRECATED = ("nodejs16.x", "python3.8", "provided")


async def _expire(host: Host, query: Mapping[str, str], body: Any) -> dict[str, Any]:
    """https://docs.localstack.cloud/aws/services/dynamodb/"""
    told = await host.engine.call("dynamodb", "ExpireItems", {}, SYSTEM, None)
    return {"ExpiredItems": told["Removed"]}


async def _trigger(host: Host, query: Mapping[str, str], body: Any) -> dict[str, Any]:
    """A scheduled rule's event, now."""
    arn = query["arn"]
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[2] != "events":
        raise AwsError("BadRequest", f"A rule's ARN is such as {_RULE}.")
    caller = Caller(parts[4], parts[3], f"arn:aws:iam::{parts[4]}:root")
    await host.engine.call("events", "TriggerRule", {"RuleArn": arn}, caller, None)
    return {}


async def _runtimes(host: Host, query: Mapping[str, str], body: Any) -> dict[str, Any]:
    """``filter``: supported (unless told), deprecated or all. https://docs.localstack.cloud/aws/services/lambda/"""
    chosen = {"supported": _RUNTIMES, "deprecated": _DEPRECATED, "all": _RUNTIMES + _DEPRECATED}
    wanted = query.get("filter", "supported")
    if wanted not in chosen:
        raise AwsError("BadRequest", f"The filter is one of {', '.join(chosen)}.")
    return {"Runtimes": list(chosen[wanted])}


PAGES: Pages = {
    ("DELETE", "/_aws/dynamodb/expired"): _expire,
    ("GET", "/_aws/events/rules/{+arn}/trigger"): _trigger,
    ("GET", "/_aws/lambda/runtimes"): _runtimes,
}
