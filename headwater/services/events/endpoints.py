"""Targets that are reached by HTTP: API destinations, and the APIs of API Gateway.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html#eb-api-destination-error-codes
"""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from headwater.services.events.api_destinations import ApiDestination, api_destination_by_arn, take_slot
from headwater.services.events.authorization import SECONDS, Outgoing, authorize, overlaid, with_query
from headwater.services.events.errors import api_destination_not_found
from headwater.spine.arns import Arn, parse_arn
from headwater.spine.deliveries import Again, Failed
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.outgoing import OutgoingAnswer, Unreachable, note_answer, send
from headwater.spine.work import Work

Payload = Mapping[str, Any]
_UNABLE = "Unable to invoke ApiDestination endpoint: "
_HEADERS = {"Content-Type": "application/json; charset=utf-8"}
# These are EventBridge's own; nobody's parameters change them.
_FIXED = {
    "User-Agent": "Amazon/EventBridge/ApiDestinations",
    "Range": "bytes=0-1048575",
    "Accept-Encoding": "gzip,deflate",
}
# Beside 5xx, what is worth another try.
_RETRIED = frozenset({401, 407, 409, 429})
_LONGEST_WAIT = 86_400


def to_api_destination(call: Call, arn: Arn, payload: Payload) -> Again | Coroutine[Any, Any, None]:
    """Later, where the destination's rate leaves no room now; else the request. What is admitted for an instant may be
    sent in the second that begins with it."""
    destination = api_destination_by_arn(call, str(arn))
    if destination is None:
        raise Failed("NO_RESOURCE", f"{_UNABLE}API destination {arn} does not exist.", retry=False)
    admitted = payload.get("admitted")
    if admitted is None or not admitted <= call.now < admitted + 1000:
        due = take_slot(call, destination)
        if due > call.now:
            return Again(due, {**payload, "admitted": due})
    return _invoke(call.work, destination, payload)


async def _invoke(work: Work, destination: ApiDestination, payload: Payload) -> None:
    wanted = _request(destination, payload.get("http") or {}, payload["input"].encode())
    try:
        answer = await _exchange(work, destination.connection, wanted)
    except AwsError as error:
        # a server of tokens may be back soon; a connection without authorisation is not by itself
        retry = error.code in ("AuthorizationFailed", "Unreachable")
        raise Failed("SDK_CLIENT_ERROR", error.message, retry=retry) from error
    note_answer(work.span, answer.status, answer.body)
    _judge(answer)


async def _exchange(work: Work, connection: str, wanted: Outgoing) -> OutgoingAnswer:
    """A request and its answer; a token that is no longer taken is renewed once. AwsError where there is none."""
    try:
        made, renewable = await authorize(work, connection, wanted)
        answer = await _send(made)
        if renewable and answer.status in (401, 407):
            made, _ = await authorize(work, connection, wanted, renew=True)
            answer = await _send(made)
    except Unreachable as error:
        if error.timed_out:
            message = "Timeout calling endpoint for API Destination: socket closed."
        else:
            message = "API destination endpoint cannot be reached."
        raise AwsError("Unreachable", f"{_UNABLE}{message} {error.message}") from error
    except AwsError as error:
        raise AwsError(error.code, _UNABLE + error.message, error.status) from error
    return answer


async def _send(made: Outgoing) -> OutgoingAnswer:
    return await send(made.method, made.url, overlaid(made.headers, _FIXED), made.body, seconds=SECONDS)


@operation("events", "InvokeApiDestination", internal=True)
def invoke_api_destination(call: Call, request: Request) -> Coroutine[Any, Any, Result]:
    """For whatever else sends to API destinations (Pipes): ``Arn``, ``Body`` (bytes) and, filled in already, the
    HttpParameters. Waits its turn by the destination's rate; answers ``Status``, ``Headers`` and ``Body``."""
    return _ask(call.work, request)


async def _ask(work: Work, request: Request) -> Result:
    destination, due = await work.transact(_take_turn, request["Arn"])
    await work.sleep_until(due)
    answer = await _exchange(work, destination.connection, _request(destination, request, request["Body"]))
    note_answer(work.span, answer.status, answer.body)
    return {"Status": answer.status, "Headers": answer.headers, "Body": answer.body}


def _take_turn(call: Call, arn: str) -> tuple[ApiDestination, int]:
    destination = api_destination_by_arn(call, arn)
    if destination is None:
        parts = parse_arn(arn)
        raise api_destination_not_found(parts.resource.split("/")[1] if parts else arn)
    return destination, take_slot(call, destination)


def _request(destination: ApiDestination, parameters: Payload, body: bytes) -> Outgoing:
    """With the parameters of a target: its values in the place of each ``*`` of the path, headers and query."""
    head, *rest = destination.endpoint.split("*")
    values = [quote(str(value), safe="") for value in parameters.get("PathParameterValues") or ()]
    url = head + "".join(value + part for value, part in zip(values, rest, strict=False))
    url = with_query(url, parameters.get("QueryStringParameters") or {})
    headers = overlaid(_HEADERS, parameters.get("HeaderParameters") or {})
    return Outgoing(destination.method, url, headers, body)


def _judge(answer: OutgoingAnswer) -> None:
    """Failed unless the endpoint took it; ``Retry-After`` is heeded, and a negative one means never."""
    status = answer.status
    if 200 <= status < 300:
        return
    wait = _seconds(answer.headers.get("retry-after"))
    retry = (status >= 500 or status in _RETRIED) and wait >= 0
    code = "THROTTLING" if status == 429 else "SDK_CLIENT_ERROR"
    raise Failed(code, f"{_UNABLE}Request failed with HTTP status {status}.", retry=retry, wait=max(0, wait) * 1000)


def _seconds(text: str | None) -> int:
    try:
        return min(int(text), _LONGEST_WAIT) if text else 0
    except ValueError:
        return 0  # a date: the clock here need not be the endpoint's


def to_api(call: Call, arn: Arn, payload: Payload) -> Coroutine[Any, Any, None]:
    """``arn:aws:execute-api:…:API/STAGE/METHOD/PATH`` as a target: a request to the API, as if from outside."""
    api, stage, method, *path = arn.resource.split("/", 3)
    parameters = payload.get("http") or {}
    values = iter(parameters.get("PathParameterValues") or ())
    filled = "".join(quote(str(next(values, "*")), safe="") if part == "*" else part for part in _stars("/".join(path)))
    headers = overlaid(_HEADERS, parameters.get("HeaderParameters") or {})
    request = {
        "ApiId": api,
        "Method": method,
        "Path": f"/{stage}/{filled}",
        "Query": urlencode(parameters.get("QueryStringParameters") or {}),
        "Headers": {name.lower(): value for name, value in headers.items()} | {"user-agent": "Amazon/EventBridge"},
        "Body": payload["input"].encode(),
        "SourceIp": "127.0.0.1",
        "Host": "",
    }
    return _ask_api(call.work, request)


def _stars(text: str) -> list[str]:
    """A text with each star a part of its own."""
    head, *rest = text.split("*")
    return [head, *(part for after in rest for part in ("*", after))]


async def _ask_api(work: Work, request: dict[str, Any]) -> None:
    try:
        answer = await work.operation("execute-api", "Invoke", request)
    except AwsError as error:
        raise Failed("ERROR_FROM_TARGET", f"{error.code}: {error.message}") from error
    status = answer["Status"]
    note_answer(work.span, status, bytes(answer["Body"] or b""))
    if 200 <= status < 300:
        return
    message = f"The API answered HTTP status {status}."
    if status == 404:
        raise Failed("NO_RESOURCE", message, retry=False)
    if status in (401, 403):
        raise Failed("NO_PERMISSIONS", message, retry=False)
    retry = status == 429 or status >= 500
    raise Failed("THROTTLING" if status == 429 else "ERROR_FROM_TARGET", message, retry=retry)
