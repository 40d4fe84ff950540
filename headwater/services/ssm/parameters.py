"""Putting, getting and deleting parameters.

https://docs.aws.amazon.com/systems-manager/latest/userguide/systems-manager-parameter-store.html
"""

from __future__ import annotations

import orjson

from headwater.languages.regular_expressions import InvalidExpression, compile_expression
from headwater.services.ssm import tables
from headwater.services.ssm.changes import remove, tell
from headwater.services.ssm.errors import (
    already_exists,
    invalid_key,
    invalid_pattern,
    not_found,
    pattern_mismatch,
    validation,
)
from headwater.services.ssm.parameter import (
    Parameter,
    check_name,
    describe,
    find_latest,
    find_selected,
    find_versions,
    parameter_arn,
    plain_name,
)
from headwater.services.ssm.policies import Kept, read_policies, renewed, set_timers
from headwater.spine.encryption_keys import DECRYPT, ENCRYPT, usable_key
from headwater.spine.errors import AwsError, not_implemented
from headwater.spine.operations import Call, Request, Result, operation

TYPES = ("String", "StringList", "SecureString")
DATA_TYPES = ("text", "aws:ec2:image", "aws:ssm:integration")
# what a value of these must be is checked by AWS, and not here
LACKING_DATA_TYPES = frozenset(
    {
        *("aws:region", "aws:account:id", "boolean", "integer", "float", "binary", "hostname", "email"),
        *("ipv4-address", "ipv6-address", "url", "json", "jsonc"),
    }
)
TIER_SIZES = {"Standard": 4096, "Advanced": 8192}
MOST_VERSIONS = 100
TIERS_PAGE = "https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html"
DEFAULT_KEY = "alias/aws/ssm"


@operation("ssm", "PutParameter")
def put_parameter(call: Call, request: Request) -> Result:
    name = plain_name(request["Name"])
    check_name(name)
    call.span.subject = parameter_arn(call, name)
    latest = find_latest(call, name)
    if latest is not None:
        if not request.get("Overwrite"):
            raise already_exists()
        name = latest.name
    if request.get("Tags") and request.get("Overwrite"):
        raise validation(
            "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please "
            "remove overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or "
            "RemoveTagsFromResource."
        )
    made = next_version(call, name, request, latest)
    check_value(made)
    if made.key_id is not None:
        usable_key(call, made.key_id, ENCRYPT if made.tier == "Advanced" else ("kms:Encrypt",), invalid_key)
    if latest is not None:
        call.store.run(tables.DEMOTE, (call.account, call.region, name))
        drop_oldest(call, name)
    call.store.run(tables.INSERT, (call.account, call.region, *made))
    for tag in request.get("Tags") or ():
        call.store.run(tables.PUT_TAG, (call.account, call.region, name, tag["Key"], tag["Value"]))
    if made.policies or (latest is not None and latest.policies):
        set_timers(call, made)
    tell(call, "Update" if latest is not None else "Create", made)
    return {"Version": made.version, "Tier": made.tier}


def next_version(call: Call, name: str, request: Request, latest: Parameter | None) -> Parameter:
    kind = request.get("Type") or (latest and latest.type)
    if not kind:
        raise validation("A parameter type is required when you create a parameter.")
    if kind not in TYPES:
        raise AwsError("UnsupportedParameterType", f"{kind} is not a supported parameter type.")
    data_type = request.get("DataType") or "text"
    if data_type in LACKING_DATA_TYPES:
        raise not_implemented(f"The data type {data_type} of Parameter Store")
    if data_type not in DATA_TYPES:
        raise validation(f"The following data type is not supported: {data_type} (Data type names are all lowercase.)")
    policies = kept_policies(call, request, latest)
    tier = chosen_tier(request, latest, bool(policies))
    return Parameter(
        name,
        latest.version + 1 if latest else 1,
        kind,
        request["Value"],
        call.now,
        call.principal,
        request.get("Description", latest and latest.description),
        request.get("KeyId") or DEFAULT_KEY if kind == "SecureString" else None,
        request.get("AllowedPattern") or (latest and latest.pattern),
        tier,
        data_type,
        "[]",
        orjson.dumps(policies).decode() if policies else None,
    )


def kept_policies(call: Call, request: Request, latest: Parameter | None) -> list[Kept]:
    """Those of the request, else those that are there."""
    if request.get("Policies"):
        return read_policies(request["Policies"], call.now)
    return renewed(latest.policy_list) if latest else []


def chosen_tier(request: Request, latest: Parameter | None, has_policies: bool) -> str:
    tier = request.get("Tier") or (latest.tier if latest else "Standard")
    if tier == "Intelligent-Tiering":
        small = len(request["Value"].encode()) <= TIER_SIZES["Standard"] and not has_policies
        tier = "Standard" if small and (latest is None or latest.tier == "Standard") else "Advanced"
    if tier == "Standard" and latest is not None and latest.tier == "Advanced":
        raise validation(
            "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the "
            "advanced-parameter tier to the standard-parameter tier. If necessary, you can delete the advanced "
            "parameter and recreate it as a standard parameter."
        )
    if tier == "Standard" and has_policies:
        raise validation(
            "Standard tier parameters don't support parameter policies. To use them, upgrade the parameter to use the "
            f"advanced-parameter tier. For more information, see {TIERS_PAGE}"
        )
    return str(tier)


def check_value(made: Parameter) -> None:
    limit = TIER_SIZES[made.tier]
    if len(made.value.encode()) > limit:
        if made.tier == "Standard":
            raise validation(
                f"Standard tier parameters support a maximum parameter value of {limit} characters. To create a "
                "larger parameter value, upgrade the parameter to use the advanced-parameter tier. For more "
                f"information, see {TIERS_PAGE}"
            )
        raise validation(f"Advanced tier parameters support a maximum parameter value of {limit} characters.")
    if not made.value:
        raise validation("Parameter value can't be empty.")
    if made.pattern:
        try:
            pattern = compile_expression(made.pattern)
        except InvalidExpression:
            raise invalid_pattern(made.pattern) from None
        if not pattern.matches(made.value):
            raise pattern_mismatch(made.pattern)


def drop_oldest(call: Call, name: str) -> None:
    versions = find_versions(call, name)
    if len(versions) < MOST_VERSIONS:
        return
    oldest = versions[0]
    if oldest.label_list:
        raise AwsError(
            "ParameterMaxVersionLimitExceeded",
            f"You attempted to create a new version of {name} by calling the PutParameter API with the overwrite "
            f"flag. Version {oldest.version}, the oldest version, can't be deleted because it has a label associated "
            "with it. Move the label to another version of the parameter, and try again.",
        )
    call.store.run(tables.DELETE_VERSION, (call.account, call.region, name, oldest.version))


@operation("ssm", "GetParameter", reads=True)
def get_parameter(call: Call, request: Request) -> Result:
    parameter, selector = find_selected(call, request["Name"])
    if request.get("WithDecryption") and parameter.key_id not in (None, DEFAULT_KEY):
        usable_key(call, parameter.key_id, DECRYPT, invalid_key)
    return {"Parameter": describe(call, parameter, bool(request.get("WithDecryption")), selector)}


@operation("ssm", "GetParameters", reads=True)
def get_parameters(call: Call, request: Request) -> Result:
    found, invalid = [], []
    for name in dict.fromkeys(request["Names"]):
        try:
            parameter, selector = find_selected(call, name)
        except AwsError:
            invalid.append(name)
        else:
            found.append(describe(call, parameter, bool(request.get("WithDecryption")), selector))
    return {"Parameters": found, "InvalidParameters": invalid}


@operation("ssm", "DeleteParameter")
def delete_parameter(call: Call, request: Request) -> Result:
    if not remove(call, plain_name(request["Name"])):
        raise not_found()
    return {}


@operation("ssm", "DeleteParameters")
def delete_parameters(call: Call, request: Request) -> Result:
    names = list(dict.fromkeys(request["Names"]))
    deleted = [name for name in names if remove(call, plain_name(name))]
    return {"DeletedParameters": deleted, "InvalidParameters": [name for name in names if name not in deleted]}
