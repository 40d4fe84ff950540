"""Listings: by path, by filters, by version.

https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeParameters.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headwater.services.ssm import tables
from headwater.services.ssm.errors import invalid_filter, invalid_token, validation
from headwater.services.ssm.parameter import (
    Parameter,
    describe,
    find_versions,
    parameter_arn,
    plain_name,
    shown,
)
from headwater.services.ssm.tags import tags_of
from headwater.spine.errors import AwsError
from headwater.spine.numbers import whole
from headwater.spine.operations import Call, Request, Result, operation

AFTER_SLASH = "0"  # the character that follows "/"
BY_PATH_KEYS = ("Type", "KeyId", "Label")


@operation("ssm", "GetParametersByPath", reads=True)
def get_parameters_by_path(call: Call, request: Request) -> Result:
    path = request["Path"]
    if not path.startswith("/"):
        raise validation(
            "The parameter doesn't meet the parameter name requirements. The parameter name must begin with a "
            'forward slash "/". It can\'t be prefixed with "aws" or "ssm" (case-insensitive). It must use only '
            "letters, numbers, or the following symbols: . (period), - (hyphen), _ (underscore). Special characters "
            'are not allowed. All sub-paths, if specified, must use the forward slash symbol "/". Valid example: '
            "/get/parameters2-/by1./path0_."
        )
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
    start = path.rstrip("/") + "/"
    if after is not None and not after.startswith(start):
        raise invalid_token()
    bounds = (call.account, call.region, after or start, start[:-1] + AFTER_SLASH)
    return [Parameter(*row) for row in call.store.all(tables.SELECT_BELOW, bounds)]


def is_child(name: str, path: str) -> bool:
    return "/" not in name[len(path.rstrip("/")) + 1 :]


def token(found: list[Parameter], limit: int) -> dict[str, str]:
    return {"NextToken": found[limit - 1].name} if len(found) > limit else {}


@operation("ssm", "DescribeParameters", reads=True)
def describe_parameters(call: Call, request: Request) -> Result:
    filters = [*(request.get("ParameterFilters") or ()), *(request.get("Filters") or ())]
    after = request.get("NextToken") or ""
    rows = call.store.all(tables.SELECT_ALL, (call.account, call.region, after))
    parameters = [Parameter(*row) for row in rows]
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


def passes(call: Call, parameter: Parameter, condition: Mapping[str, Any]) -> bool:
    """Whether a parameter meets a filter. Raises InvalidFilterKey, InvalidFilterOption."""
    key, values = condition["Key"], condition.get("Values") or ()
    option = condition.get("Option") or ("OneLevel" if key == "Path" else "Equals")
    if key == "Path":
        return any(
            parameter.name.startswith(path.rstrip("/") + "/")
            and (option == "Recursive" or is_child(parameter.name, path))
            for path in values
        )
    if key.startswith("tag:"):
        value = tags_of(call, parameter.name).get(key[4:])
        return value is not None and (not values or value in values)
    if key == "Label":
        return any(label in values for label in parameter.label_list)
    actual = {
        "Name": parameter.name,
        "Type": parameter.type,
        "KeyId": parameter.key_id or "",
        "Tier": parameter.tier,
        "DataType": parameter.data_type,
    }.get(key)
    if actual is None:
        raise invalid_filter(f"The following filter key is not valid: {key}.")
    return matches(actual, option, list(values))


def matches(actual: str, option: str, values: list[str]) -> bool:
    match option:
        case "Equals":
            return actual in values
        case "BeginsWith":
            return actual.startswith(tuple(values))
        case "Contains":
            return any(value in actual for value in values)
    raise AwsError("InvalidFilterOption", f"The following filter option is not valid: {option}.")


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
