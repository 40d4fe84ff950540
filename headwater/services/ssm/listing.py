"""Listings: by path, by filters, by version.

https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeParameters.html
"""

from __future__ import annotations

from typing import Any

from headwater.services.ssm import policies, tables
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
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.pages import make_token, page, read_place

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

    def fetch(after: str, _: int) -> list[Parameter]:
        return [
            parameter
            for parameter in below(call, path, after)
            if (request.get("Recursive") or is_child(parameter.name, path))
            and all(passes(call, parameter, each) for each in filters)
        ]

    limit, decrypt = request.get("MaxResults") or 10, bool(request.get("WithDecryption"))
    found, token = page(request.get("NextToken"), limit, fetch, _name, invalid_token)
    return {"Parameters": [describe(call, each, decrypt) for each in found], "NextToken": token}


def _name(parameter: Parameter) -> str:
    return parameter.name


def below(call: Call, path: str, after: str) -> list[Parameter]:
    """Parameters below a path, in order of their names, after a name."""
    if path == "/":
        return all_after(call, after)
    start = path.rstrip("/") + "/"
    if after and not after.startswith(start):
        raise invalid_token()
    bounds = (call.account, call.region, after or start, start[:-1] + AFTER_SLASH)
    return [Parameter(*row) for row in call.store.all(tables.SELECT_BELOW, bounds)]


def all_after(call: Call, after: str) -> list[Parameter]:
    return [Parameter(*row) for row in call.store.all(tables.SELECT_ALL, (call.account, call.region, after))]


@operation("ssm", "DescribeParameters", reads=True)
def describe_parameters(call: Call, request: Request) -> Result:
    filters = request.get("ParameterFilters") or ()
    if filters and request.get("Filters"):
        raise validation("You can use either Filters or ParameterFilters in a single request.")
    check_filters(filters)
    filters = [*filters, *(request.get("Filters") or ())]

    def fetch(after: str, _: int) -> list[Parameter]:
        return [each for each in all_after(call, after) if all(passes(call, each, condition) for condition in filters)]

    found, token = page(request.get("NextToken"), request.get("MaxResults") or 50, fetch, _name, invalid_token)
    return {"Parameters": [metadata(call, each) for each in found], "NextToken": token}


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
        "Policies": policies.shown(parameter),
        "DataType": parameter.data_type,
    }


@operation("ssm", "GetParameterHistory", reads=True)
def get_parameter_history(call: Call, request: Request) -> Result:
    after, limit = read_place(request.get("NextToken"), invalid_token), request.get("MaxResults") or 50
    versions = [each for each in find_versions(call, plain_name(request["Name"])) if each.version > after]
    decrypt = bool(request.get("WithDecryption"))
    result: Result = {"Parameters": [historic(call, each, decrypt) for each in versions[:limit]]}
    if len(versions) > limit:
        result["NextToken"] = make_token(versions[limit - 1].version)
    return result


def historic(call: Call, parameter: Parameter, decrypt: bool) -> dict[str, Any]:
    described = metadata(call, parameter)
    del described["ARN"]
    return {**described, "Value": shown(parameter, decrypt), "Labels": parameter.label_list}
