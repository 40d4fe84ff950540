"""A table as its operations see it: its keys and indexes, found by name or ARN and kept in memory."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

import orjson

from headwater.languages.dynamodb import keys
from headwater.languages.dynamodb.expressions import ExpressionCache
from headwater.languages.dynamodb.projections import Select, selection
from headwater.languages.dynamodb.values import AttributeValue, Item, kind, utf8_size
from headwater.services.dynamodb import tables
from headwater.services.dynamodb.errors import (
    KEY_MISMATCH,
    invalid_parameter,
    resource_not_found,
    table_not_found,
    validation,
)
from headwater.spine.arns import make_arn
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call
from headwater.spine.shapes import failure, validation_error

MAX_NAME = 255
MIN_NEW_NAME = 3
RECOVERY = "PointInTimeRecovery"  # of a definition
MAX_HASH_SIZE = 2048
MAX_RANGE_SIZE = 1024

_NAME = re.compile("[a-zA-Z0-9_.-]+")

Key = tuple[bytes, bytes]
"""Sortable bytes of partition and sort key."""


class KeyAttribute(NamedTuple):
    name: str
    type: str


class KeySchema:
    """A partition key and perhaps a sort key, of a table or an index."""

    __slots__ = ("attributes", "hash", "names", "range")
    composite: ClassVar[bool] = False

    def __init__(self, schema: list[dict[str, str]], types: Mapping[str, str]) -> None:
        self.attributes = [KeyAttribute(part["AttributeName"], types[part["AttributeName"]]) for part in schema]
        self.names = tuple([attribute.name for attribute in self.attributes])
        self.hash = self.attributes[0]
        self.range = self.attributes[1] if len(self.attributes) > 1 else None

    @property
    def hashes(self) -> list[KeyAttribute]:
        return [self.hash]

    @property
    def ranges(self) -> list[KeyAttribute]:
        return [] if self.range is None else [self.range]

    def bytes_of(self, item: Mapping[str, AttributeValue]) -> Key:
        """The key of an item that is known to have one."""
        name, type_ = self.hash
        hash_key = keys.partition(item[name], type_)
        if self.range is None:
            return hash_key, b""
        name, type_ = self.range
        return hash_key, keys.sortable(item[name], type_)

    def has(self, item: Mapping[str, AttributeValue]) -> bool:
        """Whether the item has all key attributes in the right types, as a sparse index asks."""
        for name, type_ in self.attributes:
            value = item.get(name)
            if value is None or not value.get(type_):
                return False
        return True


class Index(KeySchema):
    """A secondary index; ``projected`` None: all attributes."""

    __slots__ = ("backfilling", "id", "is_global", "name", "projected", "select")

    def __init__(self, table: KeySchema, definition: dict[str, Any], types: Mapping[str, str], is_global: bool) -> None:
        super().__init__(definition["KeySchema"], types)
        self.id: int = definition["id"]
        self.name: str = definition["IndexName"]
        self.is_global = is_global
        self.backfilling: bool = definition.get("backfilling", False)
        projection = definition["Projection"]
        self.projected: frozenset[str] | None = None
        self.select: Select | None = None
        if projection["ProjectionType"] != "ALL":
            self.projected = frozenset((*table.names, *self.names, *projection.get("NonKeyAttributes", ())))
            self.select = selection([(name,) for name in self.projected])


class CompositeIndex(Index):
    """A global index with several partition or sort key attributes, up to four of each."""

    __slots__ = ("_hashes", "_ranges")
    composite = True

    def __init__(self, table: KeySchema, definition: dict[str, Any], types: Mapping[str, str], is_global: bool) -> None:
        super().__init__(table, definition, types, is_global)
        count = [part["KeyType"] for part in definition["KeySchema"]].count("HASH")
        self._hashes, self._ranges = self.attributes[:count], self.attributes[count:]
        self.range = self._ranges[0] if self._ranges else None

    @property
    def hashes(self) -> list[KeyAttribute]:
        return self._hashes

    @property
    def ranges(self) -> list[KeyAttribute]:
        return self._ranges

    def bytes_of(self, item: Mapping[str, AttributeValue]) -> Key:
        hashes, ranges = [
            [keys.sortable(item[name], type_) for name, type_ in group] for group in (self._hashes, self._ranges)
        ]
        return keys.joined_partition(hashes), keys.joined(ranges)


def global_index(table: KeySchema, definition: dict[str, Any], types: Mapping[str, str]) -> Index:
    kinds = [part["KeyType"] for part in definition["KeySchema"]]
    return (CompositeIndex if len(set(kinds)) < len(kinds) else Index)(table, definition, types, True)


class Stream(NamedTuple):
    """The enabled stream of a table."""

    id: int
    arn: str
    label: str
    view_type: str


class KinesisDestination(NamedTuple):
    """The stream of Kinesis that a table's changes go to (its ARN), and how precisely they tell the time."""

    stream: str
    precision: str


class Table(KeySchema):
    """A table's settings. ``definition``: what CreateTable and UpdateTable said, with ids of indexes."""

    __slots__ = (
        "arn",
        "definition",
        "expiry_due",
        "history",
        "id",
        "index_keys",
        "indexes",
        "kinesis",
        "plain",
        "stream",
        "ttl",
    )

    def __init__(
        self,
        identity: int,
        arn: str,
        definition: dict[str, Any],
        ttl: str | None,
        expiry_due: int | None,
        stream: Stream | None,
        kinesis: KinesisDestination | None = None,
    ) -> None:
        types = {part["AttributeName"]: part["AttributeType"] for part in definition["AttributeDefinitions"]}
        super().__init__(definition["KeySchema"], types)
        self.id = identity
        self.arn = arn
        self.definition = definition
        self.ttl = ttl
        self.expiry_due = expiry_due
        self.stream = stream
        self.kinesis = kinesis
        made = [Index(self, index, types, False) for index in definition.get("LocalSecondaryIndexes", ())]
        made += [global_index(self, index, types) for index in definition.get("GlobalSecondaryIndexes", ())]
        self.indexes = {index.name: index for index in sorted(made, key=lambda index: index.name)}
        # Of an attribute that keys several indexes, errors name the first index by name.
        self.index_keys: dict[str, tuple[str, str]] = {}
        for index in self.indexes.values():
            for name, type_ in index.attributes:
                if name not in self.names:
                    self.index_keys.setdefault(name, (type_, index.name))
        # what its items were is kept under this id
        self.history: int | None = definition.get(RECOVERY, {}).get("history")
        self.plain = not self.indexes and stream is None and ttl is None and kinesis is None and self.history is None

    @property
    def name(self) -> str:
        name: str = self.definition["TableName"]
        return name

    def key_of(self, item: Mapping[str, AttributeValue]) -> Key:
        """The key of an item to be stored; AwsError where it has none or one of another type."""
        for name, type_ in self.attributes:
            value = item.get(name)
            if value is None:
                raise invalid_parameter(f"Missing the key {name} in the item")
            if type_ not in value:
                raise invalid_parameter(f"Type mismatch for key {name} expected: {type_} actual: {kind(value)}")
            refuse_empty_key(name, value)
        return self._sized(item)

    def key_from(self, key: Mapping[str, AttributeValue]) -> Key:
        """The key that a request's ``Key`` gives; AwsError where it does not fit the schema."""
        if len(key) != len(self.attributes):
            raise validation(KEY_MISMATCH)
        for name, type_ in self.attributes:
            value = key.get(name)
            if value is None or type_ not in value:
                raise validation(KEY_MISMATCH)
            refuse_empty_key(name, value)
        return self._sized(key)

    def _sized(self, item: Mapping[str, AttributeValue]) -> Key:
        hash_key, range_key = self.bytes_of(item)
        if len(hash_key) - 4 > MAX_HASH_SIZE:
            raise invalid_parameter("Size of hashkey has exceeded the maximum size limit of2048 bytes")
        if len(range_key) > MAX_RANGE_SIZE:
            raise invalid_parameter("Aggregated size of all range keys has exceeded the size limit of 1024 bytes")
        return hash_key, range_key

    def check_index_keys(self, item: Mapping[str, AttributeValue]) -> None:
        """Refuses an attribute that keys an index but has another type, is empty, or too long."""
        for name, (type_, index_name) in self.index_keys.items():
            value = item.get(name)
            if value is None:
                continue
            if type_ not in value:
                raise invalid_parameter(
                    f"Type mismatch for Index Key {name} Expected: {type_} Actual: {kind(value)} "
                    f"IndexName: {index_name}"
                )
            if type_ != "N" and not value[type_]:
                raise validation(
                    "One or more parameter values are not valid. A value specified for a secondary index key is "
                    f"not supported. The AttributeValue for a key attribute cannot contain an empty {_NAMES[type_]} "
                    f"value. IndexName: {index_name}, IndexKey: {name}"
                )
            self._check_index_key_size(name, value, type_)

    def _check_index_key_size(self, name: str, value: AttributeValue, type_: str) -> None:
        if type_ == "N" or len(value[type_]) * 4 <= MAX_RANGE_SIZE:
            return
        size = utf8_size(value["S"]) if type_ == "S" else len(keys.sortable(value, "B"))
        for index in self.indexes.values():
            if name in [attribute.name for attribute in index.hashes] and size > MAX_HASH_SIZE:
                raise invalid_parameter(
                    f"Size of hashkey has exceeded the maximum size limit of2048 bytes IndexName: {index.name}"
                )
            if name in [attribute.name for attribute in index.ranges] and size > MAX_RANGE_SIZE:
                raise invalid_parameter("Aggregated size of all range keys has exceeded the size limit of 1024 bytes")


_NAMES = {"S": "string", "B": "binary"}


def refuse_empty_key(name: str, value: AttributeValue) -> None:
    for type_ in ("S", "B"):
        if value.get(type_) == "":
            raise validation(
                "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain "
                f"an empty {_NAMES[type_]} value. Key: {name}"
            )


class TableMemory:
    """Tables by ARN, and compiled expressions. Filled from rows; whoever changes a table's row drops its entry."""

    def __init__(self) -> None:
        self.tables: dict[str, Table] = {}
        # (account, region, name or ARN) to table: spares making the ARN for each item
        self.by_name: dict[tuple[str, str, str], Table] = {}
        self.expressions = ExpressionCache()

    def drop(self, table: Table) -> None:
        self.tables.pop(table.arn, None)
        self.by_name.clear()

    def clear(self) -> None:
        self.tables.clear()
        self.by_name.clear()


def table_arn(call: Call, name: str) -> str:
    return make_arn("dynamodb", call.region, call.account, f"table/{name}")


def table_by_arn(call: Call, arn: str) -> Table | None:
    memory: TableMemory = call.memory
    found = memory.tables.get(arn)
    if found is None:
        row = call.store.one(tables.FIND_TABLE, (arn,))
        if row is None:
            return None
        identity, arn, definition, ttl, expiry_due, *stream = row
        enabled = None if stream[0] is None else Stream(*stream)
        active = call.store.one(tables.ACTIVE_DESTINATION, (identity,))
        kinesis = None if active is None else KinesisDestination(*active)
        found = Table(identity, arn, orjson.loads(definition), ttl, expiry_due, enabled, kinesis)
        memory.tables[arn] = found
    return found


def find_table(call: Call, name: str) -> Table:
    """The table that an operation on items names, by name or ARN."""
    memory: TableMemory = call.memory
    key = (call.account, call.region, name)
    found = memory.by_name.get(key)
    if found is None:
        arn = name if name.startswith("arn:") else table_arn(call, check_name(name))
        found = table_by_arn(call, arn)
        if found is None:
            raise resource_not_found()
        memory.by_name[key] = found
    call.span.subject = found.arn
    return found


def describe_target(call: Call, name: str) -> Table:
    """The same for operations on tables, whose error names the table."""
    try:
        return find_table(call, name)
    except AwsError as error:
        if error.code != "ResourceNotFoundException":
            raise
        raise table_not_found(name.rpartition("/")[2]) from None


def check_name(name: str, shortest: int = 1) -> str:
    """A table's name, where the model allows ARNs too; AwsError where it is none."""
    failures = []
    if _NAME.fullmatch(name) is None:
        failures.append(f"Member must satisfy regular expression pattern: {_NAME.pattern}")
    if len(name) < shortest:
        failures.append(f"Member must have length greater than or equal to {shortest}")
    if len(name) > MAX_NAME:
        failures.append(f"Member must have length less than or equal to {MAX_NAME}")
    if failures:
        raise validation_error([failure(name, "tableName", constraint) for constraint in failures])
    return name


def item_of(encoded: bytes) -> Item:
    item: Item = orjson.loads(encoded)
    return item
