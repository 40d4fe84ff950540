"""Functions that IoT asks before it lets somebody in: those of authorizers, and hooks of provisioning templates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from headwater.services.iot.errors import unauthorized
from headwater.spine.errors import AwsError
from headwater.spine.work import Work


async def ask(work: Work, function: str, event: Mapping[str, Any], whose: str = "authorizer's") -> dict[str, Any]:
    """Invoke a function for its answer; UnauthorizedException where it fails."""
    request = {"FunctionName": function, "InvocationType": "RequestResponse", "Payload": orjson.dumps(event)}
    try:
        result = await work.operation("lambda", "Invoke", request)
    except AwsError as error:
        raise unauthorized(f"The {whose} function was not invoked: {error}") from error
    if result.get("FunctionError"):
        raise unauthorized(f"The {whose} function failed.")
    try:
        answer = orjson.loads(result["Payload"])
    except orjson.JSONDecodeError as error:
        raise unauthorized(f"The {whose} function did not answer with JSON.") from error
    if not isinstance(answer, dict):
        raise unauthorized(f"The {whose} function did not answer with an object.")
    return answer
