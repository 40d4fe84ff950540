"""Access logs: one line a request, in the words of the stage's format, to a log group.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from headwater.services.apigateway.errors import bad_request
from headwater.services.apigateway.exchange import Backend, Exchange, Response
from headwater.services.apigateway.mapping import CONTEXT, as_text
from headwater.spine.arns import parse_arn
from headwater.spine.work import Work

_VARIABLE = re.compile(r"\$context\.([A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*)")
_ABSENT = "-"
_NO_FIELDS: Mapping[str, Any] = MappingProxyType({})


class AccessLog(NamedTuple):
    """Where a stage's lines go, and the format's text and variables in turn."""

    group: str
    stream: str
    pieces: tuple[str, ...]


class Served(NamedTuple):
    """A request, its answer, and how long that took (ms)."""

    exchange: Exchange
    response: Response
    latency: int


_OF_RESPONSE: Mapping[str, Callable[[Served], str]] = MappingProxyType(
    {
        "status": lambda served: str(served.response.status),
        "responseLength": lambda served: str(len(served.response.body)),
        "responseLatency": lambda served: str(served.latency),
        "resourcePath": lambda served: served.exchange.resource or _ABSENT,
        "error.message": lambda served: served.exchange.problem or _ABSENT,
    }
)
# each has a shorter name as well
_OF_INTEGRATION: Mapping[str, Callable[[Backend, Exchange], Any]] = MappingProxyType(
    {
        "integration.status": lambda backend, _: backend.own,
        "integration.integrationStatus": lambda backend, _: backend.service,
        "integration.latency": lambda backend, _: backend.latency,
        "integration.error": lambda _, exchange: exchange.problem,
    }
)
_SHORTER: Mapping[str, str] = MappingProxyType(
    {
        "integrationStatus": "integration.integrationStatus",
        "integrationLatency": "integration.latency",
        "integrationErrorMessage": "integration.error",
    }
)


def compile_access_log(settings: Mapping[str, Any], name: str) -> AccessLog | None:
    """Compile ``AccessLogSettings``; AwsError where they cannot be. ``name`` tells the stage's stream."""
    given = {key[0].lower() + key[1:]: value for key, value in settings.items() if value}
    if not given:
        return None
    arn = parse_arn(given.get("destinationArn", ""))
    if arn is None or arn.service != "logs" or not arn.resource.startswith("log-group:"):
        raise bad_request("Invalid ARN specified in the request. It must name a CloudWatch Logs log group.")
    if not given.get("format") or "$context.requestId" not in _joined_ids(given["format"]):
        raise bad_request("Access Log format must be single line, new line character is allowed only at end of the "
                          "format and must contain $context.requestId or $context.extendedRequestId")  # fmt: skip
    group = arn.resource.removeprefix("log-group:").removesuffix(":*")
    stream = hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()
    return AccessLog(group, stream, tuple(_VARIABLE.split(given["format"].rstrip("\n"))))


def _joined_ids(text: str) -> str:
    return text.replace("$context.extendedRequestId", "$context.requestId")


def line(log: AccessLog, served: Served) -> str:
    """A request's line; what is not there is a dash."""
    return "".join(_value(piece, served) if place % 2 else piece for place, piece in enumerate(log.pieces))


def _value(name: str, served: Served) -> str:
    if (select := _OF_RESPONSE.get(name)) is not None:
        return select(served)
    if (of_integration := _OF_INTEGRATION.get(_SHORTER.get(name, name))) is not None:
        backend = served.exchange.backend
        return (as_text(of_integration(backend, served.exchange)) if backend else None) or _ABSENT
    if name == "requestId" and served.exchange.rest:
        return served.exchange.request_id
    if name.startswith("authorizer."):
        context: Any = served.exchange.authorizer or _NO_FIELDS
        for step in name.split(".")[1:]:
            context = context.get(step) if isinstance(context, Mapping) else None
        return as_text(context) or _ABSENT
    known = CONTEXT.get(name)
    return (as_text(known(served.exchange)) if known is not None else None) or _ABSENT


async def append(work: Work, log: AccessLog, served: Served) -> None:
    """Write a request's line."""
    events = [[served.exchange.at, line(log, served)]]
    request = {"logGroupName": log.group, "logStreamName": log.stream, "events": events}
    await work.operation("logs", "Append", request, served.exchange.account, served.exchange.region)
