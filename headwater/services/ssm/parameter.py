"""A parameter's version, its name's rules, and how it is looked up.

https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-su-create.html
"""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any, NamedTuple

import orjson

from headwater.services.ssm import tables
from headwater.services.ssm.errors import label_not_found, not_found, too_deep, validation, version_not_found
from headwater.spine.arns import make_arn, parse_arn
from headwater.spine.operations import Call

MOST_LEVELS = 15
NAME = re.compile(r"[A-Za-z0-9_.\-/]+")
RESERVED = re.compile("/?(aws|ssm)", re.IGNORECASE)
WRONG_NAME = (
    'Parameter name: can\'t be prefixed with "ssm" (case-insensitive). If formed as a path, it can consist of '
    "sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following "
    "3 symbols .-_"
)


class Parameter(NamedTuple):
    """One version of a parameter; the columns in the table's order, ``modified`` in ms."""

    name: str
    version: int
    type: str
    value: str
    modified: int
    modified_by: str
    description: str | None
    key_id: str | None
    pattern: str | None
    tier: str
    data_type: str
    labels: str
    policies: str | None = None

    @property
    def policy_list(self) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = orjson.loads(self.policies) if self.policies else []
        return listed

    @property
    def label_list(self) -> list[str]:
        listed: list[str] = orjson.loads(self.labels)
        return listed


def check_name(name: str) -> None:
    if not NAME.fullmatch(name) or RESERVED.match(name) or "//" in name or name.endswith("/"):
        raise validation(WRONG_NAME)
    if "/" in name and not name.startswith("/"):
        raise validation("Parameter name must be a fully qualified name.")
    if name.count("/") > MOST_LEVELS:
        raise too_deep()


def parameter_arn(call: Call, name: str) -> str:
    return make_arn("ssm", call.region, call.account, f"parameter/{name.lstrip('/')}")


def plain_name(name: str) -> str:
    """The name itself where an ARN is given."""
    arn = parse_arn(name)
    if arn is None:
        return name
    path = arn.resource.removeprefix("parameter")
    return path if path.count("/") > 1 else path.lstrip("/")


def spellings(name: str) -> tuple[str, ...]:
    """A name outside of any path is the same with and without its slash: so are their ARNs."""
    bare = name.removeprefix("/")
    return (name,) if "/" in bare else (name, f"/{bare}" if bare == name else bare)


def find_latest(call: Call, name: str) -> Parameter | None:
    for spelling in spellings(name):
        row = call.store.one(tables.SELECT_LATEST, (call.account, call.region, spelling))
        if row is not None:
            return Parameter(*row)
    return None


def find_versions(call: Call, name: str) -> list[Parameter]:
    for spelling in spellings(name):
        rows = call.store.all(tables.SELECT_VERSIONS, (call.account, call.region, spelling))
        if rows:
            return [Parameter(*row) for row in rows]
    raise not_found()


def find_selected(call: Call, name: str) -> tuple[Parameter, str | None]:
    """The parameter of a name with or without a version or a label (``name:3``, ``name:live``), and the selector."""
    plain, selector = name, None
    if not name.startswith("arn:"):
        plain, _, selector = name.partition(":")
    elif name.count(":") > 5:
        plain, _, selector = name.rpartition(":")
    plain = plain_name(plain)
    if not selector:
        latest = find_latest(call, plain)
        if latest is None:
            raise not_found()
        return latest, None
    for version in find_versions(call, plain):
        if selector == str(version.version) or selector in version.label_list:
            return version, f":{selector}"
    if not selector.isdigit():
        raise label_not_found(plain, selector)
    raise version_not_found(plain, selector)


def describe(call: Call, parameter: Parameter, decrypt: bool, selector: str | None = None) -> dict[str, Any]:
    return {
        "Name": parameter.name,
        "Type": parameter.type,
        "Value": shown(parameter, decrypt),
        "Version": parameter.version,
        "Selector": selector,
        "LastModifiedDate": parameter.modified,
        "ARN": parameter_arn(call, parameter.name),
        "DataType": parameter.data_type,
    }


def shown(parameter: Parameter, decrypt: bool) -> str:
    """The value; a secure one that is not to be decrypted as an opaque text that stands for its cipher text."""
    if parameter.type != "SecureString" or decrypt:
        return parameter.value
    return base64.b64encode(hashlib.sha512(parameter.value.encode()).digest()).decode()
