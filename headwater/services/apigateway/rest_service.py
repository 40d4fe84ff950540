"""The service behind an integration of type AWS: its URI, what is sent to it, and its answer as JSON.

https://docs.aws.amazon.com/apigateway/latest/api/API_Integration.html#apigw-Type-Integration-uri
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode
from xml.etree import ElementTree

import orjson

from headwater.services import SERVICES
from headwater.services.apigateway.errors import bad_request
from headwater.services.apigateway.exchange import Exchange
from headwater.spine.errors import not_implemented
from headwater.spine.models import load_model
from headwater.spine.wire import WireAnswer, WireRequest

_URI = re.compile(r"arn:[^:]+:apigateway:([^:]+):(?:([^:]+)\.)?([^:.]+):(action|path)/(.*)\Z", re.S)
_STAGE_VARIABLE = re.compile(r"\$\{stageVariables\.([A-Za-z0-9_]+)\}")
_PATH_PARAMETER = re.compile(r"\{([^}]+)\}")
_FORM = "application/x-www-form-urlencoded"


class Target(NamedTuple):
    """A service as a URI names it; ``kind`` is ``action`` or ``path``, ``rest`` the action's name or the path."""

    region: str
    subdomain: str
    service: str
    kind: str
    rest: str


def target_of(uri: str) -> Target:
    """AwsError where a URI names no service that we have."""
    match = _URI.match(uri)
    if match is None:
        raise bad_request("AWS ARN for integration must contain path or action")
    target = Target(match[1], match[2] or "", match[3], match[4], match[5])
    listing = SERVICES.get(target.service)
    if listing is None or listing.model is None:
        raise not_implemented(f"The service {target.service} of API Gateway's AWS integrations")
    return target


class Outgoing(NamedTuple):
    """What the mappings made of a request."""

    method: str
    headers: dict[str, str]
    query: dict[str, str]
    path: dict[str, str]
    body: bytes


def request_to(target: Target, outgoing: Outgoing, exchange: Exchange, endpoint: str) -> WireRequest:
    """The HTTP request that API Gateway sends to a service."""
    rest = _STAGE_VARIABLE.sub(lambda match: exchange.stage_variables.get(match[1], ""), target.rest)
    rest = _PATH_PARAMETER.sub(lambda match: quote(outgoing.path.get(match[1], ""), safe="/"), rest)
    protocol = _protocol(target.service)
    if protocol == "query":
        return _query_request(target, rest, outgoing, endpoint)
    if protocol == "json":
        return _json_request(target, rest, outgoing)
    bucket = f"/{target.subdomain}" if target.service == "s3" and target.subdomain else ""
    path = f"{bucket}/{rest.removeprefix('/')}"
    path, _, own = path.partition("?")
    query = "&".join(part for part in (own, urlencode(outgoing.query)) if part)
    return WireRequest(target.service, outgoing.method, path, query, outgoing.headers, outgoing.body)


def _protocol(service: str) -> str:
    """API Gateway speaks the older protocol to SQS."""
    model = SERVICES[service].model
    assert model is not None
    return "query" if service == "sqs" else str(load_model(model).metadata["protocol"])


def _json_request(target: Target, rest: str, outgoing: Outgoing) -> WireRequest:
    model = SERVICES[target.service].model
    assert model is not None
    metadata = load_model(model).metadata
    headers = dict(outgoing.headers)
    if target.kind == "action":
        headers.setdefault("x-amz-target", f"{metadata['targetPrefix']}.{rest}")
    headers["content-type"] = f"application/x-amz-json-{metadata.get('jsonVersion', '1.1')}"
    return WireRequest(target.service, "POST", "/", "", headers, outgoing.body)


def _query_request(target: Target, rest: str, outgoing: Outgoing, endpoint: str) -> WireRequest:
    """A form; a body of another kind has nothing to say. A path to a queue names it."""
    headers = {**outgoing.headers, "content-type": _FORM}
    is_form = outgoing.headers.get("content-type", "").startswith(_FORM)
    parts = [outgoing.body.decode(errors="replace")] if is_form and outgoing.body else []
    parts += [urlencode(outgoing.query)] if outgoing.query else []
    form = "&".join(parts)
    if target.kind == "action":
        path, asked = "/", {"Action": rest}
    else:
        path, asked = f"/{rest.removeprefix('/')}", {}
        if target.service == "sqs" and rest.strip("/") and "QueueUrl=" not in form:
            asked["QueueUrl"] = f"{endpoint}{path}"
    body = "&".join(part for part in (urlencode(asked), form) if part)
    return WireRequest(target.service, "POST", path, "", headers, body.encode())


def as_json(target: Target, answer: WireAnswer) -> WireAnswer:
    """Answers of services that speak XML forms come as JSON, for API Gateway asks for it."""
    if _protocol(target.service) != "query":
        return answer
    try:
        root = ElementTree.fromstring(answer.body)
    except ElementTree.ParseError:
        return answer
    name = _local(root)
    document = {_local(child): _value(child) for child in root}
    if name == "ErrorResponse":
        (document.get("Error") or {}).pop("Detail", None)
    else:
        action = name.removesuffix("Response")
        result = document.get(f"{action}Result")
        if isinstance(result, dict):
            document[f"{action}Result"] = dict.fromkeys(_members(target.service, action)) | result
        document = {name: document}
    headers = {**answer.headers, "content-type": "application/json"}
    return WireAnswer(answer.status, headers, orjson.dumps(document, option=orjson.OPT_SORT_KEYS))


def _members(service: str, action: str) -> Mapping[str, Any]:
    """The members of an operation's result: those that an answer lacks are null."""
    model = SERVICES[service].model
    assert model is not None
    output = load_model(model).output(action) or {}
    members: Mapping[str, Any] = output.get("members", {})
    return members


def _local(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _value(element: ElementTree.Element) -> Any:
    children = list(element)
    if not children:
        return element.text or ""
    names = [_local(child) for child in children]
    if set(names) == {"member"}:
        return [_value(child) for child in children]
    made: dict[str, Any] = {}
    for name, child in zip(names, children, strict=True):
        value = _value(child)
        if names.count(name) > 1:
            made.setdefault(name, []).append(value)
        else:
            made[name] = value
    return made
