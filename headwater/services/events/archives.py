"""Archives: events of a bus, kept so that they can be replayed. Each is fed by a rule that EventBridge manages.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-archive.html
"""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from headwater.languages.patterns import InvalidPattern, compile_pattern
from headwater.services.events import archive_tables as tables
from headwater.services.events.archiving import RULE_PREFIX, set_sweep
from headwater.services.events.buses import bus_name, find_bus
from headwater.services.events.errors import (
    archive_exists,
    archive_not_found,
    invalid_pattern,
    validation,
)
from headwater.services.events.pages import page
from headwater.services.events.rules import drop_managed_rule, put_managed_rule
from headwater.spine.arns import make_arn, parse_arn
from headwater.spine.operations import Call, Request, Result, operation

MANAGER = "prod.vhs.events.aws.internal"
ENABLED = "ENABLED"


class Archive(NamedTuple):
    """A row; ``days`` 0: for ever."""

    arn: str
    name: str
    bus: str
    description: str | None
    pattern: str | None
    days: int
    kms_key: str | None
    created: int
    timer: int | None


def archive_arn(call: Call, name: str) -> str:
    return make_arn("events", call.region, call.account, f"archive/{name}")


def archive_by_arn(call: Call, arn: str) -> Archive | None:
    row = call.store.one(tables.FIND_ARCHIVE, (arn,))
    return None if row is None else Archive(*row)


def find_archive(call: Call, name: str) -> Archive:
    """The archive of a name; AwsError where there is none."""
    found = archive_by_arn(call, archive_arn(call, name))
    if found is None:
        raise archive_not_found(name)
    call.span.subject = found.arn
    return found


def check_bus_arn(arn: str, parameter: str) -> None:
    parts = parse_arn(arn)
    if parts is None or parts.service != "events" or not bus_name(arn):
        raise validation(f"Parameter {parameter} is not valid. Reason: Must contain an event bus ARN.")


def _check_pattern(pattern: str | None) -> None:
    if pattern:
        try:
            compile_pattern(pattern)
        except InvalidPattern as refusal:
            raise invalid_pattern(refusal.message) from None


@operation("events", "CreateArchive")
def create_archive(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateArchive.html"""
    name, source = request["ArchiveName"], request["EventSourceArn"]
    arn = archive_arn(call, name)
    check_bus_arn(source, "EventSourceArn")
    bus = find_bus(call, source)
    _check_pattern(request.get("EventPattern"))
    if archive_by_arn(call, arn) is not None:
        raise archive_exists(name)
    pattern = request.get("EventPattern") or None
    here = (arn, call.account, call.region, name, bus.arn, request.get("Description"), pattern)
    settings = (request.get("RetentionDays") or 0, request.get("KmsKeyIdentifier"), call.now)
    call.store.run(tables.INSERT_ARCHIVE, (*here, *settings))
    call.span.subject = arn
    _put_rule(call, find_archive(call, name))
    return {"ArchiveArn": arn, "State": ENABLED, "CreationTime": call.now}


def _put_rule(call: Call, archive: Archive) -> None:
    """The rule matches what the archive asks for, but no replayed events; nobody else could name its target."""
    pattern = {**orjson.loads(archive.pattern or "{}"), "replay-name": [{"exists": False}]}
    parts = parse_arn(archive.arn)
    template = (
        f'{{"archive-arn": "{archive.arn}", "event": <aws.events.event.json>, '
        '"ingestion-time": <aws.events.event.ingestion-time>}'
    )
    target = {
        "Id": rule_name(archive.name),
        "Arn": f"arn:{parts.partition}:events:{parts.region}:::" if parts else "",
        "InputTransformer": {"InputPathsMap": {}, "InputTemplate": template},
    }
    put_managed_rule(call, archive.bus, rule_name(archive.name), orjson.dumps(pattern).decode(), MANAGER, target)


def rule_name(archive: str) -> str:
    return f"{RULE_PREFIX}{archive}"


@operation("events", "UpdateArchive")
def update_archive(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_UpdateArchive.html"""
    archive = find_archive(call, request["ArchiveName"])
    _check_pattern(request.get("EventPattern"))
    days = request.get("RetentionDays")
    changed = archive._replace(
        description=request.get("Description", archive.description),
        pattern=request.get("EventPattern") or archive.pattern,
        days=archive.days if days is None else days,
        kms_key=request.get("KmsKeyIdentifier", archive.kms_key),
    )
    row = (changed.description, changed.pattern, changed.days, changed.kms_key, archive.arn)
    call.store.run(tables.CHANGE_ARCHIVE, row)
    if changed.days != archive.days:
        if archive.timer is not None:
            call.cancel(archive.timer)
        set_sweep(call, archive.arn, changed.days)
    _put_rule(call, changed)
    return {"ArchiveArn": archive.arn, "State": ENABLED, "CreationTime": archive.created}


@operation("events", "DeleteArchive")
def delete_archive(call: Call, request: Request) -> Result:
    archive = find_archive(call, request["ArchiveName"])
    if archive.timer is not None:
        call.cancel(archive.timer)
    drop_managed_rule(call, archive.bus, rule_name(archive.name))
    call.store.run(tables.DELETE_ARCHIVED, (archive.arn,))
    call.store.run(tables.DELETE_ARCHIVE, (archive.arn,))
    return {}


@operation("events", "DescribeArchive", reads=True)
def describe_archive(call: Call, request: Request) -> Result:
    archive = find_archive(call, request["ArchiveName"])
    return _entry(call, archive) | {
        "ArchiveArn": archive.arn,
        "Description": archive.description,
        "EventPattern": archive.pattern,
        "KmsKeyIdentifier": archive.kms_key,
    }


@operation("events", "ListArchives", reads=True)
def list_archives(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_ListArchives.html"""
    filters = [name for name in ("State", "EventSourceArn", "NamePrefix") if request.get(name)]
    if len(filters) > 1:
        raise validation(
            "At most one filter is allowed for ListArchives. Use either : State, EventSourceArn, or NamePrefix."
        )
    prefix, source = request.get("NamePrefix") or "", request.get("EventSourceArn") or ""
    if source:
        find_bus(call, source)
    if request.get("State") not in (None, ENABLED):
        return {"Archives": []}

    def fetch(after: str, count: int) -> list[Archive]:
        asked = (call.account, call.region, len(prefix), prefix, source, source, after, count)
        return [Archive(*row) for row in call.store.all(tables.LIST_ARCHIVES, asked)]

    found, more = page(request, fetch, lambda archive: archive.name)
    return {"Archives": [_entry(call, archive) for archive in found], **more}


def _entry(call: Call, archive: Archive) -> dict[str, Any]:
    count, size = call.store.one(tables.SIZE_OF_ARCHIVE, (archive.arn,)) or (0, 0)
    return {
        "ArchiveName": archive.name,
        "EventSourceArn": archive.bus,
        "State": ENABLED,
        "RetentionDays": archive.days,
        "SizeBytes": size,
        "EventCount": count,
        "CreationTime": archive.created,
    }
