"""What a certificate may do: its effective policies, and a test of them.

https://docs.aws.amazon.com/iot/latest/apireference/API_GetEffectivePolicies.html
"""

from __future__ import annotations

from headwater.services.iot.errors import check_name, invalid_request
from headwater.services.iot.policies.device_policies import effective_policies
from headwater.services.iot.policies.policies import policy_arn
from headwater.services.iot.policies.targets import check_principal
from headwater.services.iot.registry.things import NAME, find_thing
from headwater.spine.errors import not_implemented
from headwater.spine.operations import Call, Request, Result, operation


@operation("iot", "GetEffectivePolicies", reads=True)
def get_effective_policies(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_GetEffectivePolicies.html"""
    if request.get("cognitoIdentityPoolId"):
        raise not_implemented("The member cognitoIdentityPoolId of GetEffectivePolicies")
    principal: str | None = request.get("principal")
    thing = check_name(request, "thingName", NAME) if request.get("thingName") else None
    if principal is None and thing is None:
        raise invalid_request("principal or thingName must be given.")
    if thing is not None:
        find_thing(call, thing)
    if principal is not None:
        check_principal(call, principal)
    identity = None if principal is None else principal.rpartition("/")[2]
    listed = [
        {"policyName": name, "policyArn": policy_arn(call, name), "policyDocument": document}
        for name, document in effective_policies(call, identity, thing).items()
    ]
    return {"effectivePolicies": listed}
