"""What EventBridge is told of parameters: changes, and what their policies do.

https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-cwe.html
"""

from __future__ import annotations

import orjson

from headwater.services.ssm import tables
from headwater.services.ssm.parameter import Parameter, find_latest, parameter_arn
from headwater.services.ssm.policies import EXPIRATION, EXPIRATION_NOTICE, FINISHED, Kept, drop_timers, span_of
from headwater.spine.deliveries import Delivery, delivery
from headwater.spine.operations import Call
from headwater.spine.timestamps import iso8601_milliseconds


def tell(call: Call, what: str, parameter: Parameter) -> None:
    """``what``: Create, Update, Delete or LabelParameterVersion."""
    detail = {"operation": what, "name": parameter.name, "type": parameter.type}
    if parameter.description:
        detail["description"] = parameter.description
    _put(call, "Parameter Store Change", detail, parameter)


def _put(call: Call, kind: str, detail: dict[str, str], parameter: Parameter) -> None:
    event = {"Source": "aws.ssm", "DetailType": kind, "Detail": detail}
    arn = parameter_arn(call, parameter.name)
    call.operation("events", "PutServiceEvent", event | {"Resources": [arn]})


def remove(call: Call, name: str) -> bool:
    """A parameter with all its versions; False where there is none."""
    latest = find_latest(call, name)
    if latest is None:
        return False
    name = latest.name
    drop_timers(call, name)
    call.store.run(tables.DELETE_TAGS, (call.account, call.region, name))
    call.store.run(tables.DELETE, (call.account, call.region, name))
    tell(call, "Delete", latest)
    return True


@delivery("ssm.policy")
def carry_out(call: Call, item: Delivery) -> None:
    """A policy's time has come. What it was for may have been replaced meanwhile."""
    parameter = find_latest(call, item.payload["name"])
    if parameter is None or parameter.version != item.payload["version"]:
        return
    call.span.subject = item.target
    policies = parameter.policy_list
    policy = policies[item.payload["place"]]
    call.span.note("policy", policy["PolicyText"])
    _tell_of_policy(call, parameter, policy)
    if policy["PolicyType"] == EXPIRATION:
        remove(call, parameter.name)
        return
    policy["PolicyStatus"] = FINISHED
    text = orjson.dumps(policies).decode()
    call.store.run(tables.SET_POLICIES, (text, call.account, call.region, parameter.name, parameter.version))


def _tell_of_policy(call: Call, parameter: Parameter, policy: Kept) -> None:
    kind, content = policy["PolicyType"], orjson.loads(policy["PolicyText"])
    if kind == EXPIRATION:
        what = f"The parameter expired at {content['Attributes']['Timestamp']} and was deleted. This action was taken"
    elif kind == EXPIRATION_NOTICE:
        what = f"The parameter will expire in {span_of(content)[1]}. This notification was generated"
    else:
        what = f"The parameter has not been changed for {span_of(content)[1]}. This notification was generated"
    detail = {
        "policy-type": kind,
        "parameter-name": parameter.name,
        "parameter-type": parameter.type,
        "policy-content": policy["PolicyText"],
        "action-status": "Success",
        "action-reason": f"{what} based on the policy created at {iso8601_milliseconds(policy['Created'])}",
    }
    _put(call, "Parameter Store Policy Action", detail, parameter)
