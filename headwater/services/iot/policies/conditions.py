"""Whether the conditions of a policy's statement hold for a connection.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from ipaddress import ip_address, ip_network
from typing import Any

_VARIABLE = re.compile(r"\$\{([\w:.\[\]-]+)\}")
_IF_EXISTS = "IfExists"


def pattern_of(text: str, variables: Mapping[str, str], wild: bool = True) -> str | None:
    """Text with variables, and `*` and `?` unless it is taken literally, as a regular expression; None where it has
    a variable that this connection lacks."""
    parts: list[str] = []
    position = 0
    written = wildcards if wild else re.escape
    for match in _VARIABLE.finditer(text):
        value = variables.get(match[1])
        if value is None:
            return None
        parts += written(text[position : match.start()]), re.escape(value)
        position = match.end()
    return "".join((*parts, written(text[position:])))


def wildcards(text: str) -> str:
    return "".join("(?s:.*)" if char == "*" else "(?s:.)" if char == "?" else re.escape(char) for char in text)


def conditions_hold(conditions: Mapping[str, Any], variables: Mapping[str, str]) -> bool | None:
    """None where an operator is beyond those that are understood here, and nothing else decides."""
    is_known = True
    for operator, wanted in conditions.items():
        optional = operator.endswith(_IF_EXISTS)
        name = operator.removesuffix(_IF_EXISTS)
        positive = name.replace("Not", "", 1)
        compare = _OPERATORS.get(positive)
        if compare is None or not isinstance(wanted, Mapping):
            is_known = False
            continue
        for key, values in wanted.items():
            actual = variables.get(key)
            if actual is None:
                holds = optional or name != positive
            else:
                options = [str(value) for value in (values if isinstance(values, list) else [values])]
                holds = any(compare(option, actual, variables) for option in options) is (name == positive)
            if not holds:
                return False
    return True if is_known else None


def _equals(option: str, actual: str, variables: Mapping[str, str]) -> bool:
    return _matches(pattern_of(option, variables, wild=False), actual)


def _like(option: str, actual: str, variables: Mapping[str, str]) -> bool:
    return _matches(pattern_of(option, variables), actual)


def _equals_whatever_case(option: str, actual: str, variables: Mapping[str, str]) -> bool:
    return _matches(pattern_of(option, variables, wild=False), actual, re.IGNORECASE)


def _within(option: str, actual: str, variables: Mapping[str, str]) -> bool:
    try:
        return ip_address(actual) in ip_network(option, strict=False)
    except ValueError:
        return False


def _matches(pattern: str | None, actual: str, flags: re.RegexFlag = re.NOFLAG) -> bool:
    return pattern is not None and re.fullmatch(pattern, actual, flags) is not None


_OPERATORS: Mapping[str, Callable[[str, str, Mapping[str, str]], bool]] = {
    "StringEquals": _equals,
    "StringLike": _like,
    "StringEqualsIgnoreCase": _equals_whatever_case,
    "Bool": _equals_whatever_case,
    "IpAddress": _within,
}
