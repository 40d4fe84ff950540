"""Execution logs of REST APIs: what became of each request, step by step, in a log group of the stage's own.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, NamedTuple

from headwater.services.apigateway.exchange import Exchange, Response
from headwater.services.apigateway.function_events import titled
from headwater.spine.work import Work

_LONGEST = 1024


class ExecutionLog(NamedTuple):
    """``level`` is ERROR (only of requests that failed) or INFO; ``trace``: headers and bodies too."""

    group: str
    stream: str
    level: str
    trace: bool


def execution_log_of(setting: Mapping[str, Any], api: str, stage: str) -> ExecutionLog | None:
    """The log that a method's settings ask for."""
    level = setting.get("loggingLevel", "OFF")
    if level == "OFF":
        return None
    stream = hashlib.md5(f"{api}/{stage}".encode(), usedforsecurity=False).hexdigest()
    return ExecutionLog(
        f"API-Gateway-Execution-Logs_{api}/{stage}", stream, level, bool(setting.get("dataTraceEnabled"))
    )


def lines_of(log: ExecutionLog, exchange: Exchange, response: Response) -> list[str]:
    """The lines of one request; none of one that went well where only errors are wanted."""
    failed = response.status >= 500 or bool(exchange.problem)
    if log.level == "ERROR" and not failed:
        return []
    lines: list[str] = []
    if log.level == "INFO":
        lines += [
            f"Extended Request Id: {exchange.extended_id}",
            f"Starting execution for request: {exchange.request_id}",
            f"HTTP Method: {exchange.method}, Resource Path: {exchange.resource}",
        ]
    if log.trace:
        lines += [
            f"Method request path: {_map(exchange.parameters)}",
            f"Method request query string: {_map(dict(exchange.queries))}",
            f"Method request headers: {_map({titled(name): value for name, value in exchange.headers.items()})}",
            f"Method request body before transformations: {_text(exchange.body)}",
            *(exchange.told or ()),
            f"Method response body after transformations: {_text(response.body)}",
            f"Method response headers: {_map({titled(name): value for name, value in response.headers})}",
        ]
    if failed:
        lines.append(f"Execution failed: {exchange.problem or 'the integration answered so'}")
    elif log.level == "INFO":
        lines.append("Successfully completed execution")
    lines.append(f"Method completed with status: {response.status}")
    return [f"({exchange.request_id}) {line}" for line in lines]


async def write(work: Work, log: ExecutionLog, exchange: Exchange, response: Response) -> None:
    lines = lines_of(log, exchange, response)
    if lines:
        events = [[exchange.at, line] for line in lines]
        request = {"logGroupName": log.group, "logStreamName": log.stream, "events": events}
        await work.operation("logs", "Append", request, exchange.account, exchange.region)


def _map(entries: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{name}={value}" for name, value in entries.items()) + "}"


def _text(body: bytes) -> str:
    """A body as far as AWS shows it."""
    text = body.decode(errors="replace")
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} [TRUNCATED]"
