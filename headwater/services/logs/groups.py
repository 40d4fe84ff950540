"""Log groups: making, showing, keeping, tagging.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from headwater.services.logs import tables
from headwater.services.logs.errors import (
    group_exists,
    invalid_parameter,
    key_not_allowed,
    key_refusal,
    no_token,
    validation,
)
from headwater.services.logs.group_filters import METRIC, filters_of
from headwater.services.logs.log_group import LogGroup, add_group, find_group, group_arn, group_name, named_group
from headwater.spine.admission import NOTE, Visitor, refused_by_key
from headwater.spine.arns import parse_arn
from headwater.spine.encryption_keys import usable_key
from headwater.spine.errors import not_implemented
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.pages import page

_PAGE = 50
_KEY_ACTIONS = ("kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey")
_UNKNOWN = ("dataSources", "fieldIndexNames", "includeLinkedAccounts")
_RETENTIONS = frozenset(
    {1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}
)


@operation("logs", "CreateLogGroup")
def create_log_group(call: Call, request: Request) -> Result:
    name = request["logGroupName"]
    if find_group(call, name) is not None:
        raise group_exists()
    kind = request.get("logGroupClass") or "STANDARD"
    if request.get("kmsKeyId"):
        _check_key(call, name, request["kmsKeyId"])
    group = add_group(call, name, kind, request.get("kmsKeyId"), request.get("tags"))
    if request.get("deletionProtectionEnabled"):
        call.store.run(tables.SET_PROTECTED, (1, group.id))
    call.span.subject = group_arn(call, name)
    return {}


@operation("logs", "DeleteLogGroup")
def delete_log_group(call: Call, request: Request) -> Result:
    group = named_group(call, request)
    if group.protected:
        raise validation(
            "Deletion protection is enabled for the log group. Disable it before you delete the log group."
        )
    for statement in (tables.DELETE_GROUP_CHUNKS, tables.DELETE_GROUP_STREAMS, tables.DELETE_GROUP):
        call.store.run(statement, (group.id,))
    return {}


@operation("logs", "PutLogGroupDeletionProtection")
def put_log_group_deletion_protection(call: Call, request: Request) -> Result:
    call.store.run(tables.SET_PROTECTED, (int(request["deletionProtectionEnabled"]), named_group(call, request).id))
    return {}


@operation("logs", "ListLogGroups", reads=True)
def list_log_groups(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_ListLogGroups.html"""
    for member in _UNKNOWN:
        if request.get(member):
            raise not_implemented(f"{member} of ListLogGroups")
    alternatives = (request.get("logGroupNamePattern") or "").split("|")
    kind = request.get("logGroupClass")

    def fetch(after: str, _: int) -> list[LogGroup]:
        groups = (LogGroup(*row) for row in call.store.all(tables.LIST_GROUPS, (call.account, call.region, after)))
        return [
            group
            for group in groups
            if kind in (None, group.kind)
            and any(_is_like(group.name, each) for each in alternatives)
            and _is_tagged(group, request.get("logGroupTags") or ())
        ]

    limit = request.get("limit") or _PAGE
    groups, token = page(request.get("nextToken"), limit, fetch, lambda group: group.name, no_token)
    listed = [
        {"logGroupName": group.name, "logGroupArn": group_arn(call, group.name), "logGroupClass": group.kind}
        for group in groups
    ]
    return {"logGroups": listed, "nextToken": token}


def _is_like(name: str, pattern: str) -> bool:
    """A part of the name, or after ``^`` its beginning."""
    return name.startswith(pattern[1:]) if pattern.startswith("^") else pattern in name


def _is_tagged(group: LogGroup, filters: Sequence[Mapping[str, Any]]) -> bool:
    tags = orjson.loads(group.tags) if filters else {}
    return all(each["key"] in tags and tags[each["key"]] in (each.get("values") or tags.values()) for each in filters)


@operation("logs", "DescribeLogGroups", reads=True)
def describe_log_groups(call: Call, request: Request) -> Result:
    prefix, pattern = request.get("logGroupNamePrefix"), request.get("logGroupNamePattern")
    if prefix and pattern:
        raise invalid_parameter("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.")
    named = {group_name(identifier) for identifier in request.get("logGroupIdentifiers") or ()}
    kind = request.get("logGroupClass")

    def fetch(after: str, _: int) -> list[LogGroup]:
        return [
            group
            for group in (LogGroup(*row) for row in call.store.all(tables.LIST_GROUPS, (*here, after)))
            if group.name.startswith(prefix or "")
            and (pattern or "").lower() in group.name.lower()
            and (not named or group.name in named)
            and kind in (None, group.kind)
        ]

    here, limit = (call.account, call.region), request.get("limit") or _PAGE
    groups, token = page(request.get("nextToken"), limit, fetch, lambda group: group.name, no_token)
    return {"logGroups": [_shown(call, group) for group in groups], "nextToken": token}


def _shown(call: Call, group: LogGroup) -> dict[str, Any]:
    arn = group_arn(call, group.name)
    size = call.store.one(tables.GROUP_SIZE, (group.id,))
    return {
        "logGroupName": group.name,
        "creationTime": group.created,
        "retentionInDays": group.retention,
        "metricFilterCount": len(filters_of(group)[METRIC]),
        "arn": f"{arn}:*",
        "storedBytes": size[0] if size else 0,
        "kmsKeyId": group.key,
        "logGroupClass": group.kind,
        "logGroupArn": arn,
        "deletionProtectionEnabled": bool(group.protected),
    }


def _check_key(call: Call, name: str, key: str) -> None:
    """The key must be there and enabled, and its policy let CloudWatch Logs in.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
    """
    usable_key(call, key, (), key_refusal)
    arn = parse_arn(group_arn(call, name))
    assert arn is not None  # we made it
    refused = refused_by_key(call, arn, key, Visitor("logs", str(arn), call.account), _KEY_ACTIONS)
    if refused is None:
        return
    if call.engine.enforces_policies:
        raise key_not_allowed(str(arn))
    call.span.note(NOTE, refused.why)


@operation("logs", "AssociateKmsKey")
def associate_kms_key(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_AssociateKmsKey.html"""
    group = _keyed(call, request)
    _check_key(call, group.name, request["kmsKeyId"])
    call.store.run(tables.SET_KEY, (request["kmsKeyId"], group.id))
    return {}


@operation("logs", "DisassociateKmsKey")
def disassociate_kms_key(call: Call, request: Request) -> Result:
    call.store.run(tables.SET_KEY, (None, _keyed(call, request).id))
    return {}


def _keyed(call: Call, request: Request) -> LogGroup:
    """By name or ARN; results of queries are no groups of their own here."""
    identifier = request.get("resourceIdentifier") or ""
    if ":query-definition:" in identifier or identifier.endswith(":query-result:*"):
        raise not_implemented("Keys for the results of queries (resourceIdentifier) of CloudWatch Logs")
    return named_group(call, {"logGroupIdentifier": identifier} if identifier else request)


@operation("logs", "PutRetentionPolicy")
def put_retention_policy(call: Call, request: Request) -> Result:
    group = named_group(call, request)
    days = request["retentionInDays"]
    if days not in _RETENTIONS:
        raise invalid_parameter(
            f"1 validation error detected: Value '{days}' at 'retentionInDays' failed to satisfy constraint: "
            f"Member must satisfy enum value set: {sorted(_RETENTIONS)}"
        )
    call.store.run(tables.SET_RETENTION, (days, group.id))
    call.store.run(tables.TRIM_GROUP, (group.id, group._replace(retention=days).kept_since(call.now)))
    return {}


@operation("logs", "DeleteRetentionPolicy")
def delete_retention_policy(call: Call, request: Request) -> Result:
    call.store.run(tables.SET_RETENTION, (None, named_group(call, request).id))
    return {}


@operation("logs", "TagLogGroup")
@operation("logs", "TagResource")
def tag_resource(call: Call, request: Request) -> Result:
    group = _tagged(call, request)
    _save_tags(call, group, orjson.loads(group.tags) | request["tags"])
    return {}


@operation("logs", "UntagLogGroup")
@operation("logs", "UntagResource")
def untag_resource(call: Call, request: Request) -> Result:
    group = _tagged(call, request)
    gone = request.get("tagKeys") or request.get("tags") or ()
    _save_tags(call, group, {key: value for key, value in orjson.loads(group.tags).items() if key not in gone})
    return {}


@operation("logs", "ListTagsLogGroup", reads=True)
@operation("logs", "ListTagsForResource", reads=True)
def list_tags_for_resource(call: Call, request: Request) -> Result:
    return {"tags": orjson.loads(_tagged(call, request).tags)}


def _tagged(call: Call, request: Request) -> LogGroup:
    if request.get("logGroupName"):
        return named_group(call, request)
    return named_group(call, {"logGroupIdentifier": request["resourceArn"]})


def _save_tags(call: Call, group: LogGroup, tags: dict[str, str]) -> None:
    call.store.run(tables.SET_TAGS, (orjson.dumps(tags).decode(), group.id))
