"""The policy simulator: what policies would allow.

Policies of organizations, several accounts, and scenarios of EC2 are not simulated.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from headwater.languages.policies.circumstances import Circumstances
from headwater.languages.policies.decisions import Decision
from headwater.languages.policies.located import locate_statements
from headwater.languages.policies.simulation import Matched, Outcome, Simulation, Source
from headwater.services.iam import tables
from headwater.services.iam.documents import check_policy, statements
from headwater.services.iam.permissions import managed_text
from headwater.services.iam.policies import split_policy_arn
from headwater.services.iam.principals import Principal, find
from headwater.spine.arns import parse_arn
from headwater.spine.errors import AwsError, not_implemented
from headwater.spine.operations import Call, Request, Result, operation

_PAGE = 100
_MOST_ATTACHED = 1000
_ACTION = re.compile(r"[A-Za-z0-9-]+:[A-Za-z0-9]+")
_ELSEWHERE = ("OrderedOrganizationPolicyInputList", "PolicyExclusionList", "ResourceHandlingOption")
_ORDER = (Decision.EXPLICITLY_DENIED, Decision.IMPLICITLY_DENIED, Decision.ALLOWED)


def invalid_input(message: str) -> AwsError:
    return AwsError("InvalidInput", message)


@operation("iam", "SimulateCustomPolicy", reads=True)
def simulate_custom_policy(call: Call, request: Request) -> Result:
    caller = request.get("CallerArn")
    return _simulate(call, request, _given(request, "PolicyInputList"), None, caller)


@operation("iam", "SimulatePrincipalPolicy", reads=True)
def simulate_principal_policy(call: Call, request: Request) -> Result:
    kind, principal = _entity(call, request["PolicySourceArn"])
    boundary = None
    if principal.boundary is not None:
        boundary = Source(split_policy_arn(principal.boundary)[1], "", _located(_known(call, principal.boundary)))
    policies = [*_attached(call, kind, principal), *_given(request, "PolicyInputList")]
    if kind == "role" and request.get("ResourcePolicy"):
        raise not_implemented(
            "ResourcePolicy of SimulatePrincipalPolicy for a role, which AWS does not simulate either"
        )
    return _simulate(call, request, policies, boundary, request.get("CallerArn") or request["PolicySourceArn"])


@operation("iam", "GetContextKeysForCustomPolicy", reads=True)
def get_context_keys_for_custom_policy(call: Call, request: Request) -> Result:
    return _context_keys(_given(request, "PolicyInputList"))


@operation("iam", "GetContextKeysForPrincipalPolicy", reads=True)
def get_context_keys_for_principal_policy(call: Call, request: Request) -> Result:
    kind, principal = _entity(call, request["PolicySourceArn"])
    return _context_keys([*_attached(call, kind, principal), *_given(request, "PolicyInputList")])


def _context_keys(policies: Iterable[Source]) -> Result:
    keys = {key.lower(): key for source in policies for each in source.statements for key in each.keys}
    return {"ContextKeyNames": list(keys.values())}


# ---- policies


def _entity(call: Call, arn: str) -> tuple[str, Principal]:
    """The user, group or role of an ARN: InvalidInput where it is none of these, NoSuchEntity where it is not there."""
    parsed = parse_arn(arn)
    kind = "" if parsed is None else parsed.resource.partition("/")[0]
    if parsed is None or parsed.service != "iam" or kind not in ("user", "group", "role"):
        raise invalid_input(f"Invalid Entity Arn: {arn} does not clearly define entity type and name.")
    if parsed.account != call.account:
        raise AwsError("AccessDenied", f"The entity {arn} belongs to another account.", 403)
    return kind, find(call, kind, parsed.name)


def _attached(call: Call, kind: str, principal: Principal) -> Iterator[Source]:
    owners = [(kind, principal.name)]
    if kind == "user":
        groups = call.store.all(tables.SELECT_GROUPS_OF, (call.account, principal.name))
        owners += [("group", name) for (name,) in groups]
    for owner in owners:
        key = (call.account, *owner)
        for (name,) in call.store.all(tables.SELECT_INLINE_NAMES, (*key, "", _MOST_ATTACHED)):
            for (document,) in call.store.all(tables.SELECT_INLINE, (*key, name)):
                yield Source(name, "IAM Policy", _located(document))
        for (arn,) in call.store.all(tables.SELECT_ATTACHED, (*key, "", _MOST_ATTACHED)):
            yield Source(split_policy_arn(arn)[1], "IAM Policy", _located(_known(call, arn)))


def _known(call: Call, arn: str) -> str:
    text = managed_text(call, arn)
    if text is None:
        raise not_implemented(f"The document of {arn}, which is AWS's own or gone and not kept here")
    return text


def _given(request: Request, member: str) -> list[Source]:
    listed = request.get(member) or ()
    return [
        Source(f"{member}.{number}", "IAM Policy", _located(_checked(text))) for number, text in enumerate(listed, 1)
    ]


def _checked(text: str) -> str:
    try:
        return check_policy(text)
    except AwsError as error:
        raise invalid_input(error.message) from None


def _located(text: str) -> Any:
    return locate_statements(text)


# ---- simulating


def _simulate(
    call: Call, request: Request, policies: list[Source], boundary: Source | None, caller: str | None
) -> Result:
    for member in _ELSEWHERE:
        if request.get(member):
            raise not_implemented(f"{member} of IAM's policy simulator")
    given = _given(request, "PermissionsBoundaryPolicyInputList")
    if len(given) > 1:
        raise invalid_input("Only one permissions boundary policy can be given.")
    simulation = Simulation(
        policies,
        given[0]._replace(kind="") if given else boundary,
        _resource_policy(request, caller),
        _names(call, request, caller),
        Circumstances(_context(request)),
    )
    resources = request.get("ResourceArns") or ["*"]
    for action in request["ActionNames"]:
        if not _ACTION.fullmatch(action):
            raise invalid_input(f"Invalid Action Name: {action}")
    results = [_result(simulation, action, resources) for action in request["ActionNames"]]
    return _page(results, request)


def _resource_policy(request: Request, caller: str | None) -> Source | None:
    text = request.get("ResourcePolicy")
    if not text:
        return None
    if caller is None:
        raise invalid_input("CallerArn must be given where a ResourcePolicy is.")
    try:
        statements(text)
    except AwsError as error:
        raise invalid_input(error.message) from None
    return Source("ResourcePolicy", "Resource Policy", _located(text))


def _names(call: Call, request: Request, caller: str | None) -> tuple[str, ...]:
    """Of whoever calls: their own, and their account's."""
    arn = None if caller is None else parse_arn(caller)
    if caller is not None and (arn is None or arn.service != "iam"):
        raise invalid_input(f"Invalid Caller Arn: {caller}")
    account = call.account if arn is None else arn.account
    owner = parse_arn(request.get("ResourceOwner") or "")
    owners = {each.split(":")[4] for each in request.get("ResourceArns") or () if each.count(":") > 4} - {""}
    if request.get("ResourcePolicy") and {*owners, *([owner.account] if owner else [])} - {account}:
        raise not_implemented("A ResourcePolicy of another account in IAM's policy simulator")
    return () if arn is None else (str(arn), account, f"arn:{arn.partition}:iam::{account}:root")


def _context(request: Request) -> dict[str, tuple[str, ...]]:
    return {
        entry["ContextKeyName"].lower(): tuple(map(str, entry.get("ContextKeyValues") or ()))
        for entry in request.get("ContextEntries") or ()
    }


def _result(simulation: Simulation, action: str, resources: list[str]) -> dict[str, Any]:
    """Of one action on all resources, of which the strictest answer counts."""
    outcomes = [simulation.of(action, resource) for resource in resources]
    decision = min((each.decision for each in outcomes), key=_ORDER.index)
    matched = dict.fromkeys(each for outcome in outcomes if outcome.decision is decision for each in outcome.matched)
    bounded = [each.bounded for each in outcomes if each.bounded is not None]
    told: dict[str, Any] = {
        "EvalActionName": action,
        "EvalResourceName": resources[0] if len(resources) == 1 else "*",
        "EvalDecision": decision.value,
        "MatchedStatements": list(map(_statement, matched)),
        "MissingContextValues": list(dict.fromkeys(key for each in outcomes for key in each.missing)),
    }
    if bounded:
        told["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": all(bounded)}
    if resources != ["*"]:
        told["EvalDecisionDetails"] = {}
        told["ResourceSpecificResults"] = [
            _specific(resource, outcome) for resource, outcome in zip(resources, outcomes, strict=True)
        ]
    return told


def _specific(resource: str, outcome: Outcome) -> dict[str, Any]:
    told: dict[str, Any] = {
        "EvalResourceName": resource,
        "EvalResourceDecision": outcome.decision.value,
        "MatchedStatements": list(map(_statement, outcome.matched)),
        "MissingContextValues": list(outcome.missing),
    }
    if outcome.bounded is not None:
        told["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": outcome.bounded}
    return told


def _statement(matched: Matched) -> dict[str, Any]:
    start, end = matched.located.start, matched.located.end
    return {
        "SourcePolicyId": matched.source.name,
        "SourcePolicyType": matched.source.kind or None,
        "StartPosition": {"Line": start.line, "Column": start.column},
        "EndPosition": {"Line": end.line, "Column": end.column},
    }


def _page(results: list[dict[str, Any]], request: Request) -> Result:
    """A marker is the number of results before it."""
    marker = request.get("Marker") or "0"
    if not marker.isdecimal() or len(marker) > 9:
        raise invalid_input(f"Invalid Marker: {marker}")
    start, limit = int(marker), request.get("MaxItems") or _PAGE
    page: Result = {"EvaluationResults": results[start : start + limit], "IsTruncated": start + limit < len(results)}
    return page | ({"Marker": str(start + limit)} if page["IsTruncated"] else {})
