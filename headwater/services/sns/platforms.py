"""Mobile push: applications and the endpoints of their devices. What is pushed is kept in the outbox.

https://docs.aws.amazon.com/sns/latest/dg/sns-mobile-application-as-subscriber.html
"""

from __future__ import annotations

import re
from typing import Any

import orjson

from headwater.services.sns import tables
from headwater.services.sns.content import by_protocol
from headwater.services.sns.errors import invalid, required
from headwater.services.sns.message_attributes import check_message_attributes, enveloped
from headwater.services.sns.outbox import post_out
from headwater.services.sns.paging import after_arn
from headwater.services.sns.topic import check_arn
from headwater.spine.arns import make_arn, parse_arn
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result, operation

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,256}\Z")
_PLATFORMS = frozenset(
    {"ADM", "APNS", "APNS_SANDBOX", "APNS_VOIP", "APNS_VOIP_SANDBOX", "BAIDU", "FCM", "GCM", "MACOS", "MPNS", "WNS"}
)
_OF_APPLICATION = frozenset(
    (
        *("PlatformCredential", "PlatformPrincipal", "EventEndpointCreated", "EventEndpointDeleted"),
        *("EventEndpointUpdated", "EventDeliveryFailure", "SuccessFeedbackRoleArn", "FailureFeedbackRoleArn"),
        *("SuccessFeedbackSampleRate", "ApplePlatformTeamID", "ApplePlatformBundleID", "Enabled"),
    )
)
_SECRET = frozenset({"PlatformCredential", "PlatformPrincipal"})
_OF_ENDPOINT = frozenset({"CustomUserData", "Enabled", "Token"})
_LARGEST, _LONGEST_DATA, _PAGE = 262_144, 2048, 100


@operation("sns", "CreatePlatformApplication")
def create_platform_application(call: Call, request: Request) -> Result:
    name, platform = required(request, "Name"), required(request, "Platform")
    if not _NAME.match(name):
        raise invalid(f"{name} Reason: must be at most 256 characters of letters, numbers, '_', '-' and '.'")
    if platform not in _PLATFORMS:
        raise invalid(f"Platform Reason: {platform} is not supported")
    attributes = _checked_application(required(request, "Attributes"))
    if not attributes.get("PlatformCredential"):
        raise invalid("Attributes Reason: PlatformCredential is required")
    arn = make_arn("sns", call.region, call.account, f"app/{platform}/{name}")
    row = call.store.one(tables.FIND_APPLICATION, (arn,))
    if row is None:
        text = orjson.dumps({"Enabled": "true", **attributes}).decode()
        call.store.run(tables.INSERT_APPLICATION, (arn, call.account, call.region, text))
    call.span.subject = arn
    return {"PlatformApplicationArn": arn}


def _checked_application(attributes: dict[str, str]) -> dict[str, str]:
    for name in attributes:
        if name not in _OF_APPLICATION:
            raise invalid(f"Attributes Reason: Invalid attribute name: {name}")
    return attributes


def _application(call: Call, request: Request) -> tuple[str, dict[str, str]]:
    arn = check_arn(request.get("PlatformApplicationArn"), "PlatformApplicationArn")
    row = call.store.one(tables.FIND_APPLICATION, (arn,))
    if row is None:
        raise AwsError("NotFound", "PlatformApplication does not exist", 404)
    call.span.subject = arn
    return arn, orjson.loads(row[0])


def _public(attributes: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in attributes.items() if name not in _SECRET}


@operation("sns", "GetPlatformApplicationAttributes", reads=True)
def get_platform_application_attributes(call: Call, request: Request) -> Result:
    return {"Attributes": _public(_application(call, request)[1])}


@operation("sns", "SetPlatformApplicationAttributes")
def set_platform_application_attributes(call: Call, request: Request) -> Result:
    arn, attributes = _application(call, request)
    text = orjson.dumps(attributes | _checked_application(required(request, "Attributes"))).decode()
    call.store.run(tables.SET_APPLICATION, (text, arn))
    return {}


@operation("sns", "DeletePlatformApplication")
def delete_platform_application(call: Call, request: Request) -> Result:
    """Its endpoints go with it."""
    arn = check_arn(request.get("PlatformApplicationArn"), "PlatformApplicationArn")
    call.store.run(tables.DELETE_ENDPOINTS, (arn,))
    call.store.run(tables.DELETE_APPLICATION, (arn,))
    return {}


@operation("sns", "ListPlatformApplications", reads=True)
def list_platform_applications(call: Call, request: Request) -> Result:
    after = after_arn(request)
    rows = call.store.all(tables.LIST_APPLICATIONS, (call.account, call.region, after, _PAGE + 1))
    found = [
        {"PlatformApplicationArn": arn, "Attributes": _public(orjson.loads(attributes))}
        for arn, attributes in rows[:_PAGE]
    ]
    return {"PlatformApplications": found, "NextToken": rows[_PAGE - 1][0] if len(rows) > _PAGE else None}


@operation("sns", "CreatePlatformEndpoint")
def create_platform_endpoint(call: Call, request: Request) -> Result:
    """The same token with the same attributes is the same endpoint."""
    application, _ = _application(call, request)
    token = request.get("Token")
    if not token:
        raise invalid("Token Reason: cannot be empty")
    attributes = _checked_endpoint(request.get("Attributes") or {})
    if request.get("CustomUserData"):
        attributes = _checked_endpoint({"CustomUserData": request["CustomUserData"]}) | attributes
    wanted = {"Enabled": "true", **attributes, "Token": token}
    row = call.store.one(tables.FIND_ENDPOINT_OF_TOKEN, (application, token))
    if row is not None:
        if orjson.loads(row[1]) != wanted:
            raise invalid(
                f"Token Reason: Endpoint {row[0]} already exists with the same Token, but different attributes."
            )
        return {"EndpointArn": row[0]}
    arn = f"{application.replace(':app/', ':endpoint/', 1)}/{call.ids.uuid()}"
    call.store.run(tables.INSERT_ENDPOINT, (arn, application, token, orjson.dumps(wanted).decode()))
    return {"EndpointArn": arn}


def _checked_endpoint(attributes: dict[str, str]) -> dict[str, str]:
    for name, value in attributes.items():
        if name not in _OF_ENDPOINT:
            raise invalid(f"Attributes Reason: Invalid attribute name: {name}")
        if name == "Enabled" and value.lower() not in ("true", "false"):
            raise invalid("Attributes Reason: Invalid value for attribute: Enabled: must be true or false")
        if name == "CustomUserData" and len(value.encode()) > _LONGEST_DATA:
            raise invalid("CustomUserData Reason: must be at most 2048 bytes in UTF-8 encoding")
    return {name: value.lower() if name == "Enabled" else value for name, value in attributes.items()}


def find_endpoint(call: Call, arn: str) -> dict[str, Any] | None:
    row = call.store.one(tables.FIND_ENDPOINT, (arn,))
    return None if row is None else orjson.loads(row[0])


def _endpoint(call: Call, request: Request) -> tuple[str, dict[str, str]]:
    arn = check_arn(request.get("EndpointArn"), "EndpointArn")
    attributes = find_endpoint(call, arn)
    if attributes is None:
        raise AwsError("NotFound", "Endpoint does not exist", 404)
    call.span.subject = arn
    return arn, attributes


@operation("sns", "GetEndpointAttributes", reads=True)
def get_endpoint_attributes(call: Call, request: Request) -> Result:
    return {"Attributes": _endpoint(call, request)[1]}


@operation("sns", "SetEndpointAttributes")
def set_endpoint_attributes(call: Call, request: Request) -> Result:
    arn, attributes = _endpoint(call, request)
    merged = attributes | _checked_endpoint(request["Attributes"])
    call.store.run(tables.SET_ENDPOINT, (merged["Token"], orjson.dumps(merged).decode(), arn))
    return {}


@operation("sns", "DeleteEndpoint")
def delete_endpoint(call: Call, request: Request) -> Result:
    call.store.run(tables.DELETE_ENDPOINT, (check_arn(request.get("EndpointArn"), "EndpointArn"),))
    return {}


@operation("sns", "ListEndpointsByPlatformApplication", reads=True)
def list_endpoints_by_platform_application(call: Call, request: Request) -> Result:
    application, _ = _application(call, request)
    rows = call.store.all(tables.LIST_ENDPOINTS, (application, after_arn(request), _PAGE + 1))
    found = [{"EndpointArn": arn, "Attributes": orjson.loads(attributes)} for arn, attributes in rows[:_PAGE]]
    return {"Endpoints": found, "NextToken": rows[_PAGE - 1][0] if len(rows) > _PAGE else None}


def publish_to_device(call: Call, request: Request, arn: str) -> Result:
    """A message to one device."""
    attributes = find_endpoint(call, arn)
    if attributes is None:
        raise invalid("TargetArn Reason: No endpoint found for the target arn specified")
    if attributes["Enabled"] != "true":
        raise AwsError("EndpointDisabled", "Endpoint is disabled")
    message = request.get("Message")
    if not message:
        raise invalid("Empty message")
    given = request.get("MessageAttributes") or {}
    if len(message.encode()) + check_message_attributes(given) > _LARGEST:
        raise invalid("Message too long")
    parsed = parse_arn(arn)
    platform = parsed.resource.split("/")[1] if parsed else ""
    texts = by_protocol(message, request.get("MessageStructure"))
    message_id = call.ids.uuid()
    body = texts.get(platform) or texts["default"]
    post_out(
        call, "push", arn, body, subject=request.get("Subject"), message_id=message_id, attributes=enveloped(given)
    )
    return {"MessageId": message_id}
