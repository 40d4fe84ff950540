"""HTTP actions: what a rule makes of a message is posted to an endpoint that has been confirmed.

https://docs.aws.amazon.com/iot/latest/developerguide/https-rule-action.html
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import orjson

from headwater.services.iot.broker.messages import unpack
from headwater.services.iot.topic_rules.engine import conclude
from headwater.services.iot.topic_rules.failures import failure
from headwater.services.iot.topic_rules.http_urls import confirmation_url
from headwater.services.iot.topic_rules.signing import Signer, sign
from headwater.services.iot.topic_rules.tables import DESTINATION_OF_URL
from headwater.spine.deliveries import Delivery, Exhausted, delivery
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call
from headwater.spine.outgoing import OutgoingAnswer, Unreachable, note_answer, send
from headwater.spine.spans import Span
from headwater.spine.work import Work

_TRIES = 3
_SECONDS = 4.0  # of a request, with its retries
_MOST_BYTES = 16_384  # of an answer: who says more is not asked again
_FAILED = "HttpAction failed to make a request to the specified endpoint."

Todo = Mapping[str, Any]


class _Post(NamedTuple):
    url: str
    headers: dict[str, str]
    body: bytes


def _give_up(call: Call, item: Delivery, why: Exhausted) -> None:
    """A fault that was asked for, or our own: the error action hears of it as of the endpoint's."""
    _conclude([(action, f"{_FAILED} {why.message}") for action in item.payload["actions"]], item.payload, call)


@delivery("iot.http", exhausted=_give_up)
def post(call: Call, item: Delivery) -> Coroutine[Any, Any, Callable[[Call], None]] | None:
    """Post what a rule made of a message for each of its HTTP actions; then the error action is told of all."""
    todo: Todo = item.payload
    payload = unpack(todo["payload"])
    posts: list[tuple[Any, _Post]] = []
    failed: list[tuple[Any, str]] = []
    for action in todo["actions"]:
        try:
            posts.append((action, _prepare(call, todo["rule"], action["parameters"], payload)))
        except AwsError as error:
            failed.append((action, f"{_FAILED} {error.message}"))
    if posts:
        assert call.work is not None
        return _post_all(call.work, call.span, todo, posts, failed)
    _conclude(failed, todo, call)
    return None


async def _post_all(
    work: Work, span: Span, todo: Todo, posts: list[tuple[Any, _Post]], failed: list[tuple[Any, str]]
) -> Callable[[Call], None]:
    outcomes = await work.together(*(_post(span, request) for _, request in posts))
    failed += [(action, problem) for (action, _), problem in zip(posts, outcomes, strict=True) if problem]
    return partial(_conclude, failed, todo)


def _conclude(failed: list[tuple[Any, str]], todo: Todo, call: Call) -> None:
    for _, problem in failed:
        call.span.note("http", problem)
    conclude(call, todo, [*todo["failures"], *(failure(action, problem) for action, problem in failed)])


def _prepare(call: Call, rule: str, parameters: Mapping[str, Any], payload: bytes) -> _Post:
    """The request, with what is looked up for it: its destination, and the credentials of the role that signs."""
    url, confirmed = parameters["url"], confirmation_url(parameters)
    destination = call.store.one(DESTINATION_OF_URL, (call.account, call.region, confirmed))
    if destination is None:
        raise AwsError("DestinationNotFound", f"There is no topic rule destination for {confirmed}.")
    if destination[1] != "ENABLED":
        raise AwsError("DestinationNotEnabled", f"The topic rule destination for {confirmed} is {destination[1]}.")
    headers = {header["key"]: header["value"] for header in parameters.get("headers") or ()}
    if not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = "application/json" if _is_json(payload) else "application/octet-stream"
    signature = (parameters.get("auth") or {}).get("sigv4")
    if signature:
        asked = {"RoleArn": signature["roleArn"], "RoleSessionName": rule[:64]}
        credentials = call.operation("sts", "AssumeRole", asked, principal="iot.amazonaws.com")["Credentials"]
        signer = Signer(credentials, signature["signingRegion"], signature["serviceName"])
        headers |= sign(signer, url, headers, payload, call.now)
    return _Post(url, headers, payload)


def _is_json(payload: bytes) -> bool:
    try:
        orjson.loads(payload)
    except orjson.JSONDecodeError:
        return False
    return True


async def _post(span: Span, request: _Post) -> str | None:
    """Try a request up to three times, as long as its time lasts. What went wrong, or None."""
    clock = asyncio.get_running_loop()
    end = clock.time() + _SECONDS
    for left in reversed(range(_TRIES)):
        retries = _TRIES - 1 - left
        try:
            answer = await send("POST", *request, seconds=max(end - clock.time(), 0), most=_MOST_BYTES + 1)
        except Unreachable as error:
            problem = _unanswered(request.url, error, retries)
            is_final = error.timed_out or error.closed
        else:
            note_answer(span, answer.status, answer.body)
            if 200 <= answer.status < 300:
                return None
            problem, is_final = _refused(answer), _is_final(answer)
        if is_final:
            return problem
    return problem


def _is_final(answer: OutgoingAnswer) -> bool:
    is_for_now = answer.status == 429 or 500 <= answer.status < 600
    return not is_for_now or len(answer.body) > _MOST_BYTES


def _refused(answer: OutgoingAnswer) -> str:
    known = answer.status in HTTPStatus.__members__.values()
    reason = f" Reason: {HTTPStatus(answer.status).phrase}." if known else ""
    return f"{_FAILED} StatusCode: {answer.status}.{reason}"


def _unanswered(url: str, error: Unreachable, retries: int) -> str:
    if not error.timed_out:
        return f"{_FAILED} {error.message}"
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    after = f" after {retries} retries" if retries else ""
    return f"{_FAILED} Request timeout to {parts.hostname}:{port} after {_SECONDS * 1000:g} ms{after}"
