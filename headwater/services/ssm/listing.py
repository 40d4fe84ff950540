"""Listings: by path, by filters, by version.

https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeParameters.html
"""

from __future__ import annotations

from typing import Any

from headwater.services.ssm import tables
from headwater.services.ssm.errors import invalid_filter, invalid_token, validation
from headwater.services.ssm.filters import WRONG_PATH, check_filters, is_child, passes
from headwater.services.ssm.parameter import (
    Parameter,
    describe,
    find_versions,
    parameter_arn,
    plain_name,
    shown,
)
from headwater.spine.numbers import whole
from headwater.spine.operations import Call, Request, Result, operation

AFTER_SLASH = "0"  # the character that follows "/"
BY_PATH_KEYS = ("Type", "KeyId", "Label")


@operation("ssm", "GetParametersByPath", reads=True)
def get_parameters_by_path(call: Call, request: Request) -> Result:
    path = request["Path"]
    if not path.startswith("/"):
        raise validation(WRONG_PATH)
    filters = request.get("ParameterFilters") or ()
    for each in filters:
        if each["Key"] not in BY_PATH_KEYS:
            raise invalid_filter(
                f"The following filter key is not valid: {each['Key']}. Valid filter keys include: [Type, KeyId]."
            )
    found = [
        parameter
        for parameter in below(call, path, request.get("NextToken"))
        if (request.get("Recursive") or is_child(parameter.name, path))
        and all(passes(call, parameter, each) for each in filters)
    ]
    limit = request.get("MaxResults") or 10
    decrypt = bool(request.get("WithDecryption"))
    return {"Parameters": [describe(call, each, decrypt) for each in found[:limit]], **token(found, limit)}


def below(call: Call, path: str, after: str | None) -> list[Parameter]:
    """Parameters below a path, in order of their names, after a name."""
    if path == "/":
        return all_after(call, after)
    start = path.rstrip("/") + "/"
    if after is not None and not after.startswith(start):
        raise invalid_token()
    bounds = (call.account, call.region, after or start, start[:-1] + AFTER_SLASH)
    return [Parameter(*row) for row in call.store.all(tables.SELECT_BELOW, bounds)]


def all_after(call: Call, after: str | None) -> list[Parameter]:
    return [Parameter(*row) for row in call.store.all(tables.SELECT_ALL, (call.account, call.region, after or ""))]


def token(found: list[Parameter], limit: int) -> dict[str, str]:
    return {"NextToken": found[limit - 1].name} if len(found) > limit else {}


@operation("ssm", "DescribeParameters", reads=True)
def describe_parameters(call: Call, request: Request) -> Result:
    filters = request.get("ParameterFilters") or ()
    if filters and request.get("Filters"):
        raise validation("You can use either Filters or ParameterFilters in a single request.")
    check_filters(filters)
    filters = [*filters, *(request.get("Filters") or ())]
    parameters = all_after(call, request.get("NextToken"))
    found = [each for each in parameters if all(passes(call, each, condition) for condition in filters)]
    limit = request.get("MaxResults") or 50
    return {"Parameters": [metadata(call, each) for each in found[:limit]], **token(found, limit)}


def metadata(call: Call, parameter: Parameter) -> dict[str, Any]:
    return {
        "Name": parameter.name,
        "ARN": parameter_arn(call, parameter.name),
        "Type": parameter.type,
        "KeyId": parameter.key_id,
        "LastModifiedDate": parameter.modified,
        "LastModifiedUser": parameter.modified_by,
        "Description": parameter.description,
        "AllowedPattern": parameter.pattern,
        "Version": parameter.version,
        "Tier": parameter.tier,
        "Policies": [],
        "DataType": parameter.data_type,
    }


@operation("ssm", "GetParameterHistory", reads=True)
def get_parameter_history(call: Call, request: Request) -> Result:
    after, limit = whole(request.get("NextToken") or "0"), request.get("MaxResults") or 50
    if after is None:
        raise invalid_token()
    versions = [each for each in find_versions(call, plain_name(request["Name"])) if each.version > after]
    decrypt = bool(request.get("WithDecryption"))
    result: Result = {"Parameters": [historic(call, each, decrypt) for each in versions[:limit]]}
    if len(versions) > limit:
        result["NextToken"] = str(versions[limit - 1].version)
    return result


def historic(call: Call, parameter: Parameter, decrypt: bool) -> dict[str, Any]:
    described = metadata(call, parameter)
    del described["ARN"]
    return {**described, "Value": shown(parameter, decrypt), "Labels": parameter.label_list}
