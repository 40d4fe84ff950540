"""CORS rules of buckets at work. https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html"""

from __future__ import annotations

from typing import Any

from headwater.services.s3.bucket import find_bucket
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result, operation

_VARY = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"


@operation("s3", "MatchCors", internal=True, reads=True)
def match_cors(call: Call, request: Request) -> Result:
    """The headers that a browser is to get: of ``Bucket``, for ``Origin``, ``Method``, ``Headers`` (comma-separated).

    ``Preflight``: AccessForbidden where no rule allows it; without, no headers then.
    """
    bucket = find_bucket(call, request)
    rules = bucket.settings.get("Cors", {}).get("CORSRules")
    asked = [name.strip().lower() for name in request["Headers"].split(",") if name.strip()]
    for rule in rules or ():
        origin = _origin(rule, request["Origin"])
        if origin is not None and request["Method"] in rule["AllowedMethods"] and _allows(rule, asked):
            return {"Headers": _headers(rule, origin, asked, request["Preflight"])}
    if request["Preflight"]:
        raise _forbidden(rules is not None, request["Method"])
    return {"Headers": {}}


def _origin(rule: dict[str, Any], origin: str) -> str | None:
    for allowed in rule["AllowedOrigins"]:
        if allowed == "*":
            return "*"
        if _like(allowed, origin):
            return origin
    return None


def _like(pattern: str, text: str) -> bool:
    """Equal, with one star for anything."""
    before, star, after = pattern.partition("*")
    if not star:
        return pattern == text
    return len(text) >= len(before) + len(after) and text.startswith(before) and text.endswith(after)


def _allows(rule: dict[str, Any], asked: list[str]) -> bool:
    patterns = [pattern.lower() for pattern in rule.get("AllowedHeaders", ())]
    return all(any(_like(pattern, name) for pattern in patterns) for name in asked)


def _headers(rule: dict[str, Any], origin: str, asked: list[str], preflight: bool) -> dict[str, str]:
    headers = {"Access-Control-Allow-Origin": origin, "Access-Control-Allow-Methods": ", ".join(rule["AllowedMethods"])}
    if preflight and asked:
        headers["Access-Control-Allow-Headers"] = ", ".join(asked)
    if rule.get("ExposeHeaders"):
        headers["Access-Control-Expose-Headers"] = ", ".join(rule["ExposeHeaders"])
    if "MaxAgeSeconds" in rule:
        headers["Access-Control-Max-Age"] = str(rule["MaxAgeSeconds"])
    if origin != "*":
        headers["Access-Control-Allow-Credentials"] = "true"
    return {**headers, "Vary": _VARY}


def _forbidden(configured: bool, method: str) -> AwsError:
    text = "CORSResponse: CORS is not enabled for this bucket."
    if configured:
        text = (
            "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request "
            "method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the "
            "resource's CORS spec."
        )
    return AwsError("AccessForbidden", text, 403, Method=method, ResourceType="BUCKET")
