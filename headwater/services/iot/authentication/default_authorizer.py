"""The authorizer that is asked about clients that name none."""

from __future__ import annotations

from headwater.services.iot.authentication import tables
from headwater.services.iot.authentication.authorizers import NAME, authorizer_arn, find_authorizer
from headwater.services.iot.errors import already_exists, check_name, not_found
from headwater.spine.operations import Call, Request, Result, operation


@operation("iot", "SetDefaultAuthorizer")
def set_default_authorizer(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_SetDefaultAuthorizer.html"""
    name = check_name(request, "authorizerName", NAME)
    find_authorizer(call, name)
    arn = authorizer_arn(call, name)
    if call.store.one(tables.DEFAULT_AUTHORIZER, (call.account, call.region)) == (name,):
        raise already_exists(f"Authorizer {name} is the default authorizer already", name, arn)
    call.store.run(tables.SET_DEFAULT_AUTHORIZER, (name, call.account, call.region))
    return {"authorizerName": name, "authorizerArn": arn}


@operation("iot", "DescribeDefaultAuthorizer", reads=True)
def describe_default_authorizer(call: Call, request: Request) -> Result:
    return {"authorizerDescription": find_authorizer(call, _default(call))}


@operation("iot", "ClearDefaultAuthorizer")
def clear_default_authorizer(call: Call, request: Request) -> Result:
    _default(call)
    call.store.run(tables.SET_DEFAULT_AUTHORIZER, ("", call.account, call.region))
    return {}


def _default(call: Call) -> str:
    row = call.store.one(tables.DEFAULT_AUTHORIZER, (call.account, call.region))
    if row is None:
        raise not_found("No default authorizer")
    return str(row[0])
