"""The policy of a browser's form: until when it holds, and what the form may say.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
"""

from __future__ import annotations

import binascii
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from headwater.spine.clock import Clock
from headwater.spine.errors import AwsError
from headwater.spine.timestamps import from_datetime

_FOURTH = ("x-amz-signature", "x-amz-credential", "x-amz-date", "x-amz-algorithm")
_SECOND = ("awsaccesskeyid", "signature")
_SPELT = {"awsaccesskeyid": "AWSAccessKeyId"}
_UNNAMED = frozenset(("policy", "x-amz-signature", *_SECOND))
"""Fields that no condition has to allow."""
_IGNORED = "x-ignore-"
_RANGE = "content-length-range"
_OPERATORS = ("eq", "starts-with", _RANGE)


def check_policy(fields: Mapping[str, str], values: Mapping[str, str], size: int, clock: Clock) -> None:
    """AwsError where the form is not what its policy allows. ``values`` are its fields, ``bucket``, and the whole
    ``key``; ``size`` that of its file."""
    _check_signature(fields)
    ends, conditions = _read(fields["policy"])
    # what a client dates is of its own time: by how much it is past, the clock says
    signed = _signed_at(fields)
    if clock.now() > (ends if signed is None else clock.signed_at(signed) + ends - signed):
        raise _denied("Policy expired.")
    allowed = set(_UNNAMED)
    for operator, name, expected in _rows(conditions):
        if operator == _RANGE:
            _check_size(size, name, expected)
            continue
        field = str(name).lower().removeprefix("$")
        allowed.add(field)
        value, wanted = values.get(field, ""), str(expected)
        if not (value.startswith(wanted) if operator == "starts-with" else value == wanted):
            shown = json.dumps([operator, f"${str(name).removeprefix('$')}", expected], ensure_ascii=False)
            raise _denied(f"Policy Condition failed: {shown}")
    extra = [name for name in fields if name not in allowed and not name.startswith(_IGNORED)]
    if extra:
        raise _denied(f"Extra input fields: {', '.join(extra)}")


def _check_signature(fields: Mapping[str, str]) -> None:
    """A form with a policy says who signed it, in the way of either version."""
    wanted = _SECOND if any(name in fields for name in _SECOND) else _FOURTH
    for name in wanted:
        if name not in fields:
            text = (
                f"Bucket POST must contain a field named '{_SPELT.get(name, name)}'.  If it is specified, please check "
                "the order of the fields."
            )
            raise AwsError("InvalidArgument", text)


def _read(text: str) -> tuple[int, list[Any]]:
    """When a policy ends, in milliseconds, and its conditions."""
    try:
        policy = orjson.loads(binascii.a2b_base64(text))
    except ValueError:
        raise _invalid("Invalid JSON.") from None
    if not isinstance(policy, dict):
        raise _invalid("Invalid JSON.")
    for name in ("expiration", "conditions"):
        if name not in policy:
            raise _invalid(f"Policy missing {name}.")
    try:
        ends = from_datetime(datetime.fromisoformat(policy["expiration"]))
    except (ValueError, TypeError):
        raise _invalid(f"Invalid 'expiration' value: '{policy['expiration']}'") from None
    if not isinstance(policy["conditions"], list):
        raise _invalid("Invalid 'conditions' value: must be a List")
    return ends, policy["conditions"]


def _rows(conditions: list[Any]) -> Iterator[tuple[str, Any, Any]]:
    for condition in conditions:
        if isinstance(condition, dict):
            if len(condition) != 1:
                raise _invalid("Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.")
            ((name, expected),) = condition.items()
            yield "eq", name, expected
        elif isinstance(condition, list) and len(condition) == 3 and str(condition[0]).lower() in _OPERATORS:
            yield str(condition[0]).lower(), condition[1], condition[2]
        else:
            raise _invalid(f"Invalid Condition: {json.dumps(condition)}")


def _check_size(size: int, least: Any, most: Any) -> None:
    try:
        least, most = int(least), int(most)
    except (ValueError, TypeError):
        raise _invalid("Invalid content-length-range: bounds must be numbers") from None
    if size > most:
        text = "Your proposed upload exceeds the maximum allowed size"
        raise AwsError("EntityTooLarge", text, 400, ProposedSize=size, MaxSizeAllowed=most)
    if size < least:
        text = "Your proposed upload is smaller than the minimum allowed size"
        raise AwsError("EntityTooSmall", text, 400, ProposedSize=size, MinSizeAllowed=least)


def _signed_at(fields: Mapping[str, str]) -> int | None:
    """When the form was signed, where it says so as version 4 of signatures does."""
    try:
        return from_datetime(datetime.strptime(fields["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC))
    except (KeyError, ValueError):
        return None


def _denied(why: str) -> AwsError:
    return AwsError("AccessDenied", f"Invalid according to Policy: {why}", 403)


def _invalid(why: str) -> AwsError:
    return AwsError("InvalidPolicyDocument", f"Invalid Policy: {why}")
