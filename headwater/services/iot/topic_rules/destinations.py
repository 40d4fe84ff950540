"""Topic rule destinations: endpoints that HTTP actions may post to, once they have been confirmed and enabled.

https://docs.aws.amazon.com/iot/latest/developerguide/http-action-destination.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from headwater.services.iot.errors import already_exists, destination_denied, invalid_request, missing
from headwater.services.iot.listing import first, list_page
from headwater.services.iot.topic_rules import tables
from headwater.services.iot.topic_rules.confirmation import IN_PROGRESS, leave_confirmation
from headwater.services.iot.topic_rules.http_urls import check_url, implied_urls
from headwater.spine.arns import make_arn, parse_arn
from headwater.spine.errors import not_implemented
from headwater.spine.operations import Call, Request, Result, operation

_PAGE = 1000
_KIND = "ruledestination/http/"
# From which statuses another may be asked for.
_CHANGES = {
    "ENABLED": ("DISABLED", "ENABLED"),
    "DISABLED": ("ENABLED", "DISABLED"),
    IN_PROGRESS: (IN_PROGRESS, "ENABLED", "DISABLED", "ERROR"),
}


class _Destination(NamedTuple):
    id: str
    url: str
    status: str
    reason: str | None
    token: str
    created: int
    modified: int


def _arn(call: Call, identity: str) -> str:
    return make_arn("iot", call.region, call.account, f"{_KIND}{identity}")


@operation("iot", "CreateTopicRuleDestination")
def create_topic_rule_destination(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_CreateTopicRuleDestination.html"""
    configuration: Mapping[str, Any] = request.get("destinationConfiguration") or {}
    for kind in ("vpcConfiguration", "influxDBConfiguration"):
        if configuration.get(kind):
            raise not_implemented(f"The member {kind} of a topic rule destination")
    http = configuration.get("httpUrlConfiguration")
    if not http:
        raise invalid_request("The destinationConfiguration must have exactly one configuration.")
    url = http.get("confirmationUrl")
    if url is None:
        raise missing("destinationConfiguration.httpUrlConfiguration.confirmationUrl")
    check_url(url)
    former = call.store.one(tables.DESTINATION_OF_URL, (call.account, call.region, url))
    if former is not None:
        raise already_exists("Topic rule destination already exists", former[0], _arn(call, former[0]))
    return {"topicRuleDestination": _described(call, _create(call, url), "httpUrlProperties")}


def _create(call: Call, url: str) -> _Destination:
    identity, token = call.ids.uuid(), call.ids.token(128)
    call.span.subject = arn = _arn(call, identity)
    reason = leave_confirmation(call, arn, url, token)
    made = _Destination(identity, url, IN_PROGRESS, reason, token, call.now, call.now)
    call.store.run(tables.INSERT_DESTINATION, (call.account, call.region, *made))
    return made


def make_implied(call: Call, payload: Mapping[str, Any]) -> None:
    """Make the destinations that the HTTP actions of a rule want, where they are not there yet."""
    for url in implied_urls(payload):
        if call.store.one(tables.DESTINATION_OF_URL, (call.account, call.region, url)) is None:
            call.operation("iot", "CreateTopicRuleDestination", _configuration(url))


def _configuration(url: str) -> Request:
    return {"destinationConfiguration": {"httpUrlConfiguration": {"confirmationUrl": url}}}


@operation("iot", "GetTopicRuleDestination", reads=True)
def get_topic_rule_destination(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_GetTopicRuleDestination.html"""
    return {"topicRuleDestination": _described(call, _find(call, request), "httpUrlProperties")}


@operation("iot", "ListTopicRuleDestinations", reads=True)
def list_topic_rule_destinations(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_ListTopicRuleDestinations.html"""

    def fetch(after: str, count: int) -> list[tuple[Any, ...]]:
        return call.store.all(tables.DESTINATIONS, (call.account, call.region, after, count))

    rows, token = list_page(request, fetch, first, _PAGE)
    listed = [_described(call, _Destination(*row), "httpUrlSummary") for row in rows]
    return {"destinationSummaries": listed, "nextToken": token}


@operation("iot", "UpdateTopicRuleDestination")
def update_topic_rule_destination(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_UpdateTopicRuleDestination.html"""
    former, status = _find(call, request), request.get("status")
    if former.status not in _CHANGES.get(str(status), ()):
        raise invalid_request(f"The status of a destination that is {former.status} cannot be set to {status}.")
    token, reason = former.token, None
    if status == IN_PROGRESS:
        token = call.ids.token(128)
        reason = leave_confirmation(call, _arn(call, former.id), former.url, token)
    row = (status, reason, token, call.now, call.account, call.region, former.id)
    call.store.run(tables.SET_DESTINATION, row)
    return {}


@operation("iot", "DeleteTopicRuleDestination")
def delete_topic_rule_destination(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_DeleteTopicRuleDestination.html"""
    found = _find(call, request)
    call.store.run(tables.DELETE_DESTINATION, (call.account, call.region, found.id))
    return {}


def _find(call: Call, request: Request) -> _Destination:
    text: str = request.get("arn") or ""
    arn = parse_arn(text)
    if arn is None or arn.service != "iot" or not arn.resource.startswith("ruledestination/"):
        raise invalid_request(f"The ARN {text} is not that of a topic rule destination.")
    call.span.subject = text
    identity = arn.resource.removeprefix(_KIND)
    row = call.store.one(tables.DESTINATION, (call.account, call.region, identity))
    if row is None or text != _arn(call, identity):
        raise destination_denied(text)
    return _Destination(*row)


def _described(call: Call, found: _Destination, properties: str) -> Result:
    return {
        "arn": _arn(call, found.id),
        "status": found.status,
        "statusReason": found.reason,
        "createdAt": found.created,
        "lastUpdatedAt": found.modified,
        properties: {"confirmationUrl": found.url},
    }
