"""Filters of listings: whether they are well-formed, and which parameters they let through.

https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ParameterStringFilter.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from headwater.services.ssm.errors import invalid_filter, invalid_filter_option, invalid_filter_value, validation
from headwater.services.ssm.parameter import NAME, RESERVED, Parameter, spellings
from headwater.services.ssm.tags import tags_of
from headwater.spine.operations import Call

Filter = Mapping[str, Any]

_KEYS = ("Path", "Name", "Type", "KeyId", "Tier")
_PATH_OPTIONS = ("Recursive", "OneLevel")
_OPTIONS = ("BeginsWith", "Equals")
_VALUES = {
    "Tier": ("Standard", "Advanced", "Intelligent-Tiering"),
    "Type": ("String", "StringList", "SecureString"),
}
WRONG_PATH = (
    "The parameter doesn't meet the parameter name requirements. The parameter name must begin with a "
    'forward slash "/". It can\'t be prefixed with "aws" or "ssm" (case-insensitive). It must use only '
    "letters, numbers, or the following symbols: . (period), - (hyphen), _ (underscore). Special characters "
    'are not allowed. All sub-paths, if specified, must use the forward slash symbol "/". Valid example: '
    "/get/parameters2-/by1./path0_."
)


def check_filters(filters: Sequence[Filter]) -> None:
    """Refuses the filters of DescribeParameters that mean nothing.

    Raises InvalidFilterKey, InvalidFilterOption, InvalidFilterValue, ValidationException.
    """
    seen = set()
    for each in filters:
        key = each["Key"]
        if key == "Label":
            raise invalid_filter(
                f"The following filter key is not valid: Label. Valid filter keys include: [{', '.join(_KEYS)}]"
            )
        if not each.get("Values") and not key.startswith("tag:"):
            raise invalid_filter_value(f"The following filter values are missing : null for filter key {key}")
        if key in seen:
            raise invalid_filter(
                f"The following filter is duplicated in the request: {key}. "
                "A request can contain only one occurrence of a specific filter."
            )
        seen.add(key)
        _check_option(key, each.get("Option"))
        _check_values(key, each.get("Values") or ())


def _check_option(key: str, option: str | None) -> None:
    if option is None:
        return
    valid = _PATH_OPTIONS if key == "Path" else (*_OPTIONS, "Contains") if key == "Name" else _OPTIONS
    if option not in valid:
        # names may be contained too, but that is not told
        shown = "[Recursive, OneLevel]" if key == "Path" else "[BeginsWith, Equals]."
        raise invalid_filter_option(
            f"The following filter option is not valid: {option}. Valid options include: {shown}"
        )


def _check_values(key: str, values: Sequence[str]) -> None:
    if key == "Path":
        for path in values:
            if RESERVED.match(path):
                raise validation(
                    'Filters for common parameters can\'t be prefixed with "aws" or "ssm" (case-insensitive). '
                    "When using global parameters, please specify within a global namespace."
                )
            if not path.startswith("/") or "//" in path or not NAME.fullmatch(path):
                raise validation(WRONG_PATH)
    allowed = _VALUES.get(key)
    for value in values if allowed else ():
        if allowed and value not in allowed:
            raise invalid_filter_value(
                f"The following filter value is not valid: {value}. Valid values include: [{', '.join(allowed)}]"
            )


def is_below(name: str, path: str) -> bool:
    """The root holds also what is named without a slash."""
    return path == "/" or name.startswith(path.rstrip("/") + "/")


def is_child(name: str, path: str) -> bool:
    return "/" not in (name.removeprefix("/") if path == "/" else name[len(path.rstrip("/")) + 1 :])


def passes(call: Call, parameter: Parameter, condition: Filter) -> bool:
    """Whether a parameter meets a filter. Raises InvalidFilterKey, InvalidFilterOption."""
    key, values = condition["Key"], condition.get("Values") or ()
    option = condition.get("Option") or ("OneLevel" if key == "Path" else "Equals")
    if key == "Path":
        return any(
            is_below(parameter.name, path) and (option == "Recursive" or is_child(parameter.name, path))
            for path in values
        )
    if key.startswith("tag:"):
        value = tags_of(call, parameter.name).get(key[4:])
        return value is not None and (not values or _matches(value, option, list(values)))
    if key == "Label":
        return any(label in values for label in parameter.label_list)
    if key == "Name" and option == "Equals":
        return any(parameter.name in spellings(value) for value in values)
    actual = {
        "Name": parameter.name,
        "Type": parameter.type,
        "KeyId": parameter.key_id or "",
        "Tier": parameter.tier,
        "DataType": parameter.data_type,
    }.get(key)
    if actual is None:
        raise invalid_filter(f"The following filter key is not valid: {key}.")
    return _matches(actual, option, list(values))


def _matches(actual: str, option: str, values: list[str]) -> bool:
    match option:
        case "Equals":
            return actual in values
        case "BeginsWith":
            return actual.startswith(tuple(values))
        case "Contains":
            return any(value in actual for value in values)
    raise invalid_filter_option(f"The following filter option is not valid: {option}.")
