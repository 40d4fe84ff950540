"""What is in a queue, without receiving it, where helpers of tests know it: ``/_aws/sqs/messages`` with a ``QueueUrl``,
or ``/_aws/sqs/messages/{region}/{account}/{queue}``; either with ``ShowInvisible`` and ``ShowDelayed``.

The answer is ReceiveMessage's: for an SDK whose endpoint this is, in its own protocol; else XML, or the same as JSON
where that is accepted, in which a list of one is that one.
https://docs.localstack.cloud/aws/services/sqs/
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

import orjson

from headwater.gateway.connection import HttpConnection
from headwater.gateway.identity import DEFAULT_ACCOUNT, DEFAULT_REGION, Callers, credential_of, scope_of
from headwater.gateway.messages import HttpRequest, HttpResponse
from headwater.gateway.protocols import Protocol, WireService, load_service
from headwater.spine.engine import Engine
from headwater.spine.errors import AwsError
from headwater.spine.operations import Caller, Result

_PATH = "/_aws/sqs/messages"
_NAMED = re.compile(r"/_aws/sqs/messages/([a-z0-9-]+)/(\d{12})/([\w.-]+)/?\Z")
_TARGET = "AmazonSQS.ReceiveMessage"
_REGION_OF_URL = re.compile(r"//(?:sqs\.)?([a-z]{2}(?:-[a-z]+)+-\d)\.|/queue/([a-z]{2}(?:-[a-z]+)+-\d)/")


class SqsMessagesSite:
    """Takes what is below one path."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._callers = Callers()

    @cached_property
    def _wire(self) -> WireService:
        return load_service("sqs")

    def handle(self, request: HttpRequest, connection: HttpConnection) -> bool:
        if not request.path.startswith(_PATH):
            return False
        named = _NAMED.match(request.path)
        if named is None and request.path.rstrip("/") != _PATH:
            return False
        protocol: Protocol = "json" if "x-amz-target" in request.headers else "query"
        request_id = self._engine.ids.uuid()

        def refuse(error: AwsError) -> None:
            connection.respond(self._wire.error(protocol, error, request_id, "ReceiveMessage"))

        try:
            asked = _asked(request, named and f"/{named[2]}/{named[3]}")
        except AwsError as error:
            refuse(error)
            return True
        if named is not None:
            caller = Caller(named[2], named[1], f"arn:aws:iam::{named[2]}:root")
        else:
            caller = self._caller(request, asked["QueueUrl"])

        def reply(result: Result | None, error: AwsError | None) -> None:
            if result is None:
                refuse(error or AwsError("InternalFailure", "", 500))
            elif protocol == "query" and "application/json" in request.headers.get("accept", ""):
                body = orjson.dumps(_as_document(result, request_id))
                connection.respond(HttpResponse(200, [("Content-Type", "application/json")], body))
            else:
                connection.respond(self._wire.plan("ReceiveMessage", protocol).serialize(result, request_id))

        self._engine.submit(self._engine.find("sqs", "ListMessages"), asked, caller, None, reply)
        return True

    def _caller(self, request: HttpRequest, url: str) -> Caller:
        """Whose queue it is says its URL; its region says the signature, or the URL too."""
        account = url.rpartition("/")[0].rpartition("/")[2]
        region = DEFAULT_REGION
        if credential := credential_of(request.headers):
            signer = self._callers.find(scope_of(request, credential))
            region = signer.region
            account = account if re.fullmatch(r"\d{12}", account) else signer.account
        elif found := _REGION_OF_URL.search(url):
            region = found[1] or found[2]
        account = account if re.fullmatch(r"\d{12}", account) else DEFAULT_ACCOUNT
        return Caller(account, region, f"arn:aws:iam::{account}:root")


def _asked(request: HttpRequest, named: str | None) -> dict[str, Any]:
    """QueueUrl (unless the path has ``named`` the queue), ShowInvisible and ShowDelayed, from wherever they are: JSON,
    a form, the query string."""
    given: dict[str, Any] = dict(parse_qsl(request.query))
    if request.method == "POST" and request.body:
        if "x-amz-target" in request.headers:
            if request.headers["x-amz-target"] != _TARGET:
                raise AwsError("InvalidAction", "Messages are only looked at here: say ReceiveMessage.")
            try:
                body = orjson.loads(request.body)
            except orjson.JSONDecodeError:
                raise AwsError("SerializationException", "") from None
            given |= body if isinstance(body, dict) else {}
        else:
            given |= dict(parse_qsl(request.body.decode("utf-8", "replace")))
    action = given.get("Action", "ReceiveMessage")
    if action != "ReceiveMessage":
        raise AwsError("InvalidAction", "Messages are only looked at here: say ReceiveMessage.")
    url = named or given.get("QueueUrl")
    if not url or not isinstance(url, str):
        raise AwsError("MissingParameter", "The request must contain the parameter QueueUrl.")
    shown = {name: _is_true(given.get(name)) for name in ("ShowInvisible", "ShowDelayed")}
    return {"QueueUrl": url, **shown}


def _is_true(value: Any) -> bool:
    return value is True or str(value).lower() in ("true", "1")


def _as_document(result: Mapping[str, Any], request_id: str) -> dict[str, Any]:
    messages = [_as_element(message) for message in result.get("Messages", ())]
    return {
        "ReceiveMessageResponse": {
            "ReceiveMessageResult": {"Message": _folded(messages)} if messages else None,
            "ResponseMetadata": {"RequestId": request_id},
        }
    }


def _as_element(message: Mapping[str, Any]) -> dict[str, Any]:
    """A message as its XML element would be read: attributes are repeated elements of a name and a value."""
    shown = {
        name: value for name, value in message.items() if not name.endswith("Attributes") or name.startswith("MD5")
    }
    shown["Attribute"] = _folded([{"Name": name, "Value": value} for name, value in message["Attributes"].items()])
    attributes = [
        {"Name": name, "Value": {part: _text(content) for part, content in value.items()}}
        for name, value in message.get("MessageAttributes", {}).items()
    ]
    return {**shown, "MessageAttribute": _folded(attributes)} if attributes else shown


def _folded(elements: list[Any]) -> Any:
    return elements[0] if len(elements) == 1 else elements


def _text(value: Any) -> Any:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value
