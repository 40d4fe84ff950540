"""The resource policy of a REST API: whom it lets call its methods.

It refuses where policies are enforced. Elsewhere the request's span says what AWS would do: a policy that lets in a
company's addresses would let in nobody here. A change holds at once, not from the next deployment on.
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
"""

from __future__ import annotations

from datetime import UTC, datetime

import orjson

from headwater.languages.policies.circumstances import Circumstances
from headwater.languages.policies.decisions import Decision, decide
from headwater.languages.policies.statements import Statement, parse_policy
from headwater.services.apigateway.errors import bad_request
from headwater.services.apigateway.exchange import Exchange, Response
from headwater.services.apigateway.store import Api, Document
from headwater.spine.admission import NOTE
from headwater.spine.operations import Call

Policy = tuple[Statement, ...]
_ACTION = "execute-api:Invoke"
_KINDS = ("Allow", "Deny")


def check_policy(document: Document) -> None:
    """AwsError where an API's policy is none; one that says nothing is taken, as AWS takes it."""
    policy = document.get("policy")
    if not policy:
        return
    try:
        statements = orjson.loads(policy).get("Statement", [])
        listed = statements if isinstance(statements, list) else [statements]
        if all(each["Effect"] in _KINDS for each in listed):
            parse_policy(policy)
            return
    except (ValueError, TypeError, KeyError, AttributeError):
        pass
    raise bad_request("Invalid policy document. Please check the policy syntax and ensure that Principals are valid.")


def compile_policy(api: Api) -> Policy | None:
    """``execute-api:/stage/GET/path`` in it is the API's own."""
    policy = api.document.get("policy")
    if not policy:
        return None
    own = f'"arn:aws:execute-api:{api.region}:{api.account}:{api.id}/'
    return parse_policy(policy.replace('"execute-api:/', own)) or None


def shut_out(call: Call, policy: Policy, exchange: Exchange, arn: str, *, identified: bool) -> Response | None:
    """The answer to whom an API's policy does not let in. ``identified``: the method has something else that lets
    callers in (IAM, an authorizer), so that only a denial counts."""
    statements = [each for each in policy if each.is_for("anonymous")]
    decision = decide(statements, _ACTION, arn, _circumstances(exchange))
    denied = decision is Decision.EXPLICITLY_DENIED
    if decision is Decision.ALLOWED or (identified and not denied):
        return None
    masked = arn.replace(exchange.account, f"********{exchange.account[-4:]}", 1)
    text = f"User: anonymous is not authorized to perform: {_ACTION} on resource: {masked}"
    if denied:
        text += " with an explicit deny"
    if not call.engine.enforces_policies:
        call.span.note(NOTE, text)
        return None
    headers = [("content-type", "application/json"), ("x-amzn-ErrorType", "AccessDeniedException")]
    return Response(403, headers, orjson.dumps({"Message": text}), "ACCESS_DENIED")


def _circumstances(exchange: Exchange) -> Circumstances:
    now = datetime.fromtimestamp(exchange.at / 1000, UTC)
    known = {
        "aws:sourceip": exchange.source_ip,
        "aws:useragent": exchange.headers.get("user-agent"),
        "aws:referer": exchange.headers.get("referer"),
        "aws:currenttime": now.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "aws:epochtime": str(exchange.at // 1000),
        "aws:securetransport": "true",
    }
    return Circumstances({key: (value,) for key, value in known.items() if value is not None})
