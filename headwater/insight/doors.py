"""Any operation by its name, with JSON both ways: for pages, and for whoever has no AWS SDK at hand.

Blobs are ``{"$blob": base64}`` both ways; timestamps are milliseconds since the epoch.
"""

from __future__ import annotations

import base64
from typing import Any

from headwater.spine.engine import Engine
from headwater.spine.errors import AwsError
from headwater.spine.operations import Caller
from headwater.spine.store.blobs import Blob

_DEFAULT_ACCOUNT = "000000000000"
_DEFAULT_REGION = "us-east-1"
_ASKED = {"service", "operation", "request", "account", "region"}
_MOST_BYTES = 5 * 1024 * 1024


def caller_of(asked: dict[str, Any]) -> Caller:
    """The account's root, where a request names no other; AwsError where it is malformed."""
    account = asked.get("account") or _DEFAULT_ACCOUNT
    region = asked.get("region") or _DEFAULT_REGION
    if not (isinstance(account, str) and isinstance(region, str) and len(account) == 12 and account.isdigit()):
        raise AwsError("BadRequest", "The account has 12 digits, and the region is a text.")
    return Caller(account, region, f"arn:aws:iam::{account}:root")


async def run_operation(engine: Engine, asked: Any) -> dict[str, Any]:
    """``{"service", "operation", "request", "account", "region"}``: the operation's answer, or its error."""
    if not isinstance(asked, dict) or not isinstance(asked.get("request", {}), dict) or not asked.keys() <= _ASKED:
        raise AwsError("BadRequest", 'Say {"service": …, "operation": …, "request": {…}}.')
    service, name = str(asked.get("service")), str(asked.get("operation"))
    result = await engine.call(service, name, _taken(asked.get("request", {})), caller_of(asked), None)
    return {"result": _shown(result)}


def _taken(value: Any) -> Any:
    if isinstance(value, dict):
        if value.keys() == {"$blob"}:
            return base64.b64decode(value["$blob"])
        return {key: _taken(each) for key, each in value.items()}
    return [_taken(each) for each in value] if isinstance(value, list) else value


def _shown(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _shown(each) for key, each in value.items() if each is not None}
    if isinstance(value, list | tuple):
        return [_shown(each) for each in value]
    if isinstance(value, Blob):
        if value.length > _MOST_BYTES:
            raise AwsError("TooLarge", f"The body has {value.length} bytes; a page is given {_MOST_BYTES}.", 413)
        value = value.read()
    return {"$blob": base64.b64encode(value).decode()} if isinstance(value, bytes | bytearray | memoryview) else value
