"""Logging and tracing configurations: checked, completed with their defaults, stored.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_LoggingConfiguration.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headwater.services.states.errors import invalid_encryption, invalid_logging, key_refusal
from headwater.spine.arns import parse_arn
from headwater.spine.encryption_keys import usable_key
from headwater.spine.operations import Call


def check_logging(given: Mapping[str, Any] | None) -> dict[str, Any]:
    given = given or {}
    level = given.get("level") or "OFF"
    destinations = given.get("destinations") or []
    logging: dict[str, Any] = {"level": level, "includeExecutionData": bool(given.get("includeExecutionData"))}
    if level != "OFF" and not destinations:
        raise invalid_logging("Must specify exactly one Log Destination.")
    if len(destinations) > 1:
        raise invalid_logging("Must specify exactly one Log Destination.")
    for destination in destinations:
        arn = (destination.get("cloudWatchLogsLogGroup") or {}).get("logGroupArn") or ""
        parsed = parse_arn(arn)
        if parsed is None or parsed.service != "logs":
            raise invalid_logging(f"Log Destination ARN is invalid: {arn}")
    if destinations:
        logging["destinations"] = [
            {"cloudWatchLogsLogGroup": {"logGroupArn": destination["cloudWatchLogsLogGroup"]["logGroupArn"]}}
            for destination in destinations
        ]
    return logging


OWNED_KEY = "AWS_OWNED_KEY"
_REUSE_SECONDS = 300


def check_encryption(call: Call, given: Mapping[str, Any] | None) -> dict[str, Any]:
    """Kept and shown; nothing here is encrypted, but its key must be there and enabled."""
    if given is None or given["type"] == OWNED_KEY:
        if given and (given.get("kmsKeyId") or given.get("kmsDataKeyReusePeriodSeconds")):
            raise invalid_encryption("kmsKeyId and kmsDataKeyReusePeriodSeconds need type CUSTOMER_MANAGED_KMS_KEY")
        return {"type": OWNED_KEY}
    if not given.get("kmsKeyId"):
        raise invalid_encryption("kmsKeyId is required for type CUSTOMER_MANAGED_KMS_KEY")
    usable_key(call, given["kmsKeyId"], ("kms:DescribeKey",), key_refusal)
    reuse = given.get("kmsDataKeyReusePeriodSeconds") or _REUSE_SECONDS
    return {"type": given["type"], "kmsKeyId": given["kmsKeyId"], "kmsDataKeyReusePeriodSeconds": reuse}


def check_tracing(given: Mapping[str, Any] | None) -> dict[str, Any]:
    return {"enabled": bool((given or {}).get("enabled"))}
