"""A backup as its row keeps it: what the table was, with its items under the backup's own id (or, of a table that was
deleted, under the id that the table had)."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from headwater.services.dynamodb import tables
from headwater.services.dynamodb.description import count_items, throughput_of
from headwater.services.dynamodb.errors import validation
from headwater.services.dynamodb.sweeping import sweep_items
from headwater.services.dynamodb.table import Table
from headwater.spine.arns import parse_arn
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call

USER, SYSTEM = "USER", "SYSTEM"
_KEPT_MILLISECONDS = 35 * 86_400_000


class Backup(NamedTuple):
    """``table``: what of the table is told and restored: its definition, time to live, stream, and how much it held."""

    id: int
    arn: str
    kind: str
    name: str
    table_name: str
    created: int
    expires: int | None
    table: dict[str, Any]

    @property
    def items(self) -> int:
        """The id of the rows that its items are."""
        kept: int = self.table.get("items", self.id)
        return kept

    def details(self, status: str) -> dict[str, Any]:
        details: dict[str, Any] = {
            "BackupArn": self.arn,
            "BackupName": self.name,
            "BackupSizeBytes": self.table["size"],
            "BackupStatus": status,
            "BackupType": self.kind,
            "BackupCreationDateTime": self.created,
        }
        return details if self.expires is None else {**details, "BackupExpiryDateTime": self.expires}

    def summary(self) -> dict[str, Any]:
        definition = self.table["definition"]
        named = {
            "TableName": self.table_name,
            "TableId": definition["TableId"],
            "TableArn": self.arn.partition("/backup/")[0],
        }
        return self.details("AVAILABLE") | named

    def described(self, status: str) -> dict[str, Any]:
        return {
            "BackupDetails": self.details(status),
            "SourceTableDetails": self._origin(),
            "SourceTableFeatureDetails": {} if self.kind == SYSTEM else self._features(),
        }

    def _origin(self) -> dict[str, Any]:
        definition = self.table["definition"]
        source = {
            "TableName": self.table_name,
            "TableId": definition["TableId"],
            "TableArn": self.arn.partition("/backup/")[0],
            "TableSizeBytes": self.table["size"],
            "KeySchema": definition["KeySchema"],
            "TableCreationDateTime": definition["created"],
            "ProvisionedThroughput": _units(definition),
            "ItemCount": self.table["count"],
            "BillingMode": definition.get("BillingMode", "PROVISIONED"),
        }
        return source | {name: definition[name] for name in ("OnDemandThroughput",) if name in definition}

    def _features(self) -> dict[str, Any]:
        definition = self.table["definition"]
        features: dict[str, Any] = {}
        for group in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes"):
            for index in definition.get(group, ()):
                told = {name: index[name] for name in ("IndexName", "KeySchema", "Projection")}
                if group.startswith("Global"):
                    told["ProvisionedThroughput"] = _units(index)
                features.setdefault(group, []).append(told)
        if self.table["stream"] is not None:
            features["StreamDescription"] = {"StreamEnabled": True, "StreamViewType": self.table["stream"]}
        if self.table["ttl"] is not None:
            features["TimeToLiveDescription"] = {"TimeToLiveStatus": "ENABLED", "AttributeName": self.table["ttl"]}
        if definition.get("SSEDescription") is not None:
            features["SSEDescription"] = definition["SSEDescription"]
        return features


def _units(definition: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in throughput_of(definition).items() if name != "NumberOfDecreasesToday"}


def keep_backup(call: Call, table: Table, kind: str, name: str, suffix: str) -> Backup:
    """Writes the row of a backup of a table as it is now; its items are another matter."""
    _drop_expired(call)
    count, size = count_items(call, table)
    document: dict[str, Any] = {
        "name": name,
        "definition": table.definition,
        "ttl": table.ttl,
        "stream": None if table.stream is None else table.stream.view_type,
        "count": count,
        "size": size,
    }
    expires = None
    if kind == SYSTEM:
        document["items"], expires = table.id, call.now + _KEPT_MILLISECONDS
    created = call.now
    while call.store.one(tables.FIND_BACKUP, (_arn(table, created, suffix),)) is not None:
        created += 1  # the clock may stand still
    row = (call.new_id(), _arn(table, created, suffix), call.account, call.region, kind, table.name, created, expires)
    call.store.run(tables.INSERT_BACKUP, (*row, orjson.dumps(document).decode()))
    return find_backup(call, row[1])


def _arn(table: Table, created: int, suffix: str) -> str:
    return f"{table.arn}/backup/{created:014d}-{suffix}"


def _drop_expired(call: Call) -> None:
    for row in call.store.all(tables.EXPIRED_BACKUPS, (call.account, call.region, call.now)):
        drop_backup(call, _read(row))


def drop_backup(call: Call, backup: Backup) -> None:
    call.store.run(tables.DELETE_BACKUP, (backup.id,))
    sweep_items(call, backup.arn, backup.items)


def find_backup(call: Call, arn: str) -> Backup:
    parts = parse_arn(arn)
    if parts is None or "/backup/" not in parts.resource:
        raise validation("Invalid Backup ARN")
    if parts.account != call.account:
        raise AwsError("AccessDeniedException", "Access is denied")
    row = call.store.one(tables.FIND_BACKUP, (arn,))
    backup = None if row is None else _read(row)
    if backup is None or parts.region != call.region or (backup.expires is not None and backup.expires <= call.now):
        raise AwsError("BackupNotFoundException", f"Backup not found: {arn}")
    return backup


def list_backups_after(call: Call, since: int, before: int, after: tuple[int, str]) -> list[Backup]:
    """Those made in a span of time, behind a place in their order: by time, then ARN."""
    asked = (call.account, call.region, call.now, since, before, *after)
    return [_read(row) for row in call.store.all(tables.LIST_BACKUPS, asked)]


def _read(row: tuple[Any, ...]) -> Backup:
    identity, arn, kind, table_name, created, expires, text = row
    table = orjson.loads(text)
    return Backup(identity, arn, kind, table["name"], table_name, created, expires, table)
