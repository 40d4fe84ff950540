"""Logging and tracing configurations: checked, completed with their defaults, stored.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_LoggingConfiguration.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headwater.services.states.errors import invalid_logging
from headwater.spine.arns import parse_arn


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


def check_tracing(given: Mapping[str, Any] | None) -> dict[str, Any]:
    return {"enabled": bool((given or {}).get("enabled"))}
