"""RegisterThing: a device by a template's body that the request brings along.

https://docs.aws.amazon.com/iot/latest/developerguide/bulk-provisioning.html
"""

from __future__ import annotations

from headwater.services.iot.certificates.authority import ensure_authority, find_authority
from headwater.services.iot.errors import invalid_request
from headwater.services.iot.provisioning.applying import apply
from headwater.services.iot.provisioning.body import BodyProblem, plan
from headwater.services.iot.provisioning.templates import checked_body
from headwater.spine.errors import AwsError
from headwater.spine.operations import Answer, Call, Request, Result, operation
from headwater.spine.work import Work


@operation("iot", "RegisterThing")
def register_thing(call: Call, request: Request) -> Answer:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_RegisterThing.html"""
    checked_body(request)
    if find_authority(call) is not None:
        return _register(call, request)
    return _register_later(call.work, request)


async def _register_later(work: Work, request: Request) -> Result:
    """Whoever signs what the device asks for has to be made first."""
    await ensure_authority(work)
    return await work.transact(_register, request)


def _register(call: Call, request: Request) -> Result:
    try:
        made = apply(call, plan(request["templateBody"], request.get("parameters") or {}))
    except BodyProblem as problem:
        raise invalid_request(str(problem)) from problem
    except AwsError as error:
        if error.status >= 500:
            raise
        raise AwsError("ResourceRegistrationFailureException", error.message) from error
    return {"certificatePem": made.pem, "resourceArns": made.arns}
