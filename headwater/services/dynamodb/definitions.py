"""What a table may be: the rules of CreateTable and UpdateTable, in the order in which AWS complains.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from headwater.services.dynamodb.errors import invalid_parameter, validation
from headwater.services.dynamodb.table import MIN_NEW_NAME, check_name
from headwater.spine.errors import AwsError, not_implemented
from headwater.spine.shapes import failure, validation_error

MAX_LOCAL_INDEXES = 5
MAX_GLOBAL_INDEXES = 20
MAX_PROJECTED_ATTRIBUTES = 100
MAX_KEY_ATTRIBUTES = 4  # of each kind, in the key of a global index
_MAX_UNITS = 1_000_000_000_000
_VIEW_TYPES = ("NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES", "KEYS_ONLY")
_LACKING = (
    "GlobalTableSourceArn",
    "VectorIndexes",
    "VectorIndexUpdates",
    "ReplicaUpdates",
    "GlobalTableWitnessUpdates",
    "MultiRegionConsistency",
)
Definition = Mapping[str, Any]


def refuse_lacking(request: Definition) -> None:
    """Says so, rather than seem to do what is not there."""
    for name in _LACKING:
        if request.get(name):
            raise not_implemented(f"{name} of a DynamoDB table")


def check_definition(request: Definition) -> None:
    """All that CreateTable checks before it looks for the table."""
    missing = [name for name in ("AttributeDefinitions", "KeySchema") if name not in request]
    if missing:  # optional to the model, for the sake of what refuse_lacking refuses
        texts = [failure(None, name[0].lower() + name[1:], "Member must not be null") for name in missing]
        raise validation_error(texts)
    check_name(request["TableName"], MIN_NEW_NAME)
    check_throughput(request)
    defined = check_attribute_definitions(request["AttributeDefinitions"])
    schema = request["KeySchema"]
    _check_key_length(schema)
    check_key_schema(schema, defined)
    local = request.get("LocalSecondaryIndexes")
    global_ = request.get("GlobalSecondaryIndexes")
    used = {part["AttributeName"] for part in schema}
    if not local and not global_ and len(used) != len(defined):
        raise invalid_parameter(
            "Number of attributes in KeySchema does not exactly match number of attributes defined in "
            "AttributeDefinitions"
        )
    names: set[str] = set()
    if local is not None:
        _check_local_indexes(local, schema, defined, names)
    if global_ is not None:
        _check_global_indexes(request, global_, defined, names)
    for index in (*(local or ()), *(global_ or ())):
        used |= {part["AttributeName"] for part in index["KeySchema"]}
    check_all_used(used, defined)
    check_stream(request.get("StreamSpecification"))


def check_throughput(request: Definition) -> None:
    throughput = request.get("ProvisionedThroughput")
    if request.get("BillingMode") == "PAY_PER_REQUEST":
        if throughput is not None:
            raise invalid_parameter(
                "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
            )
        return
    if throughput is None:
        raise invalid_parameter(
            "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED"
        )
    check_units(throughput)


def check_units(throughput: Definition) -> None:
    for name in ("ReadCapacityUnits", "WriteCapacityUnits"):
        units = throughput[name]
        if units > _MAX_UNITS:
            raise validation(f"Given value {units} for {name} is out of bounds")
        if units < 1:
            lowered = name[0].lower() + name[1:]
            raise validation(
                f"1 validation error detected: Value '{units}' at 'provisionedThroughput.{lowered}' failed to satisfy "
                "constraint: Member must have value greater than or equal to 1"
            )


def check_attribute_definitions(definitions: list[dict[str, str]]) -> list[str]:
    """The names defined, each once."""
    names = []
    for definition in definitions:
        name = definition["AttributeName"]
        if name in names:
            raise validation(f"Attribute Name is duplicated: {name}")
        names.append(name)
    return names


def _check_key_length(schema: list[dict[str, str]]) -> None:
    """Only global indexes may have more than two key attributes, so the model does not say this."""
    if len(schema) > 2:
        parts = [f"attributeName={part['AttributeName']}, keyType={part['KeyType']}" for part in schema]
        shown = ", ".join([f"KeySchemaElement({part})" for part in parts])
        constraint = "Member must have length less than or equal to 2"
        raise validation_error([failure(f"[{shown}]", "keySchema", constraint)])


def check_key_schema(schema: list[dict[str, str]], defined: list[str]) -> None:
    """Of a table or an index: HASH, then perhaps RANGE, of attributes that are defined."""
    names = [part["AttributeName"] for part in schema]
    if len(names) > len(defined):
        raise validation("Invalid KeySchema: Some index key attribute have no definition")
    if any(name not in defined for name in names):
        raise invalid_parameter(
            "Some index key attributes are not defined in AttributeDefinitions. "
            f"Keys: [{', '.join(names)}], AttributeDefinitions: [{', '.join(defined)}]"
        )
    if len(names) == 2 and names[0] == names[1]:
        raise validation("Both the Hash Key and the Range Key element in the KeySchema have the same name")
    if schema[0]["KeyType"] != "HASH":
        raise validation("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
    if len(schema) == 2 and schema[1]["KeyType"] != "RANGE":
        raise validation("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type")


def _check_global_key_schema(schema: list[dict[str, str]], defined: list[str]) -> None:
    """Of a global index: up to four of HASH, then up to four of RANGE."""
    kinds = [part["KeyType"] for part in schema]
    if len(schema) == 1 or kinds == ["HASH", "RANGE"] or kinds[0] != "HASH":
        check_key_schema(schema, defined)
        return
    names = [part["AttributeName"] for part in schema]
    if any(name not in defined for name in names):
        raise invalid_parameter(
            "Some index key attributes are not defined in AttributeDefinitions. "
            f"Keys: [{', '.join(names)}], AttributeDefinitions: [{', '.join(defined)}]"
        )
    if len(set(names)) < len(names):
        raise validation("The KeySchema contains multiple key attributes with the same name")
    if kinds != sorted(kinds):
        raise invalid_parameter("All HASH key attributes must precede RANGE key attributes in the KeySchema")
    for kind in ("HASH", "RANGE"):
        if kinds.count(kind) > MAX_KEY_ATTRIBUTES:
            raise invalid_parameter(f"The KeySchema exceeds the maximum allowed number of {kind} key attributes")


def check_all_used(used: Iterable[str], defined: list[str]) -> None:
    """Attributes are defined for keys only."""
    if set(used) != set(defined):
        raise invalid_parameter(
            "Some AttributeDefinitions are not used. "
            f"AttributeDefinitions: [{', '.join(defined)}], keys used: [{', '.join(sorted(used))}]"
        )


def used_definitions(definition: Definition, definitions: list[dict[str, str]]) -> list[dict[str, str]]:
    """The definitions of attributes that are keys now."""
    schemas = [definition["KeySchema"]]
    for group in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes"):
        schemas += [index["KeySchema"] for index in definition.get(group, ())]
    used = {part["AttributeName"] for schema in schemas for part in schema}
    return [entry for entry in definitions if entry["AttributeName"] in used]


def check_stream(specification: Definition | None) -> None:
    if specification is None:
        return
    view_type = specification.get("StreamViewType")
    if specification["StreamEnabled"] and view_type not in _VIEW_TYPES:
        raise invalid_parameter("Table is being created with a stream enabled, UpdateViewType is required")
    if not specification["StreamEnabled"] and view_type is not None:
        raise invalid_parameter("Table is being created with a stream disabled, UpdateViewType should not be specified")


def check_changed_stream(specification: Definition | None) -> None:
    """The same of UpdateTable."""
    if specification is None:
        return
    view_type = specification.get("StreamViewType")
    if specification["StreamEnabled"] and view_type is None:
        raise invalid_parameter("If stream is being enabled then UpdateViewType is required")
    if not specification["StreamEnabled"] and view_type is not None:
        raise invalid_parameter("If stream is being disabled, then UpdateViewType must not be specified")


def check_global_index(index: Definition, defined: list[str], billing_mode: str | None, lacks: str) -> None:
    """One global index, of CreateTable or of an update. ``lacks``: how they say that units are missing."""
    _check_global_key_schema(index["KeySchema"], defined)
    _check_projection(index["Projection"])
    throughput = index.get("ProvisionedThroughput")
    if billing_mode == "PAY_PER_REQUEST":
        if throughput is not None:
            raise invalid_parameter(
                f"ProvisionedThroughput should not be specified for index: {index['IndexName']} "
                "when BillingMode is PAY_PER_REQUEST"
            )
    elif throughput is None:
        raise invalid_parameter(f"ProvisionedThroughput {lacks} for index: {index['IndexName']}")
    else:
        check_units(throughput)


def _check_local_indexes(
    indexes: list[Definition], schema: list[dict[str, str]], defined: list[str], names: set[str]
) -> None:
    if not indexes:
        raise invalid_parameter("List of LocalSecondaryIndexes is empty")
    if len(schema) != 2:
        raise invalid_parameter(
            "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex"
        )
    table_hash = schema[0]["AttributeName"]
    for index in indexes:
        name, key = index["IndexName"], index["KeySchema"]
        _check_key_length(key)
        check_key_schema(key, defined)
        if len(key) != 2:
            raise invalid_parameter(f"Index KeySchema does not have a range key for index: {name}")
        if key[0]["AttributeName"] != table_hash:
            raise invalid_parameter(
                f"Index KeySchema does not have the same leading hash key as table KeySchema for index: {name}. "
                f"index hash key: {key[0]['AttributeName']}, table hash key: {table_hash}"
            )
        _check_projection(index["Projection"])
        _check_unique(name, names)
    if len(indexes) > MAX_LOCAL_INDEXES:
        raise _too_many("Local", MAX_LOCAL_INDEXES)


def _check_global_indexes(request: Definition, indexes: list[Definition], defined: list[str], names: set[str]) -> None:
    if not indexes:
        raise invalid_parameter("List of GlobalSecondaryIndexes is empty")
    for index in indexes:
        check_global_index(index, defined, request.get("BillingMode"), "is not specified")
        _check_unique(index["IndexName"], names)
    if len(indexes) > MAX_GLOBAL_INDEXES:
        raise _too_many("Global", MAX_GLOBAL_INDEXES)


def _too_many(kind: str, most: int) -> AwsError:
    if kind == "Local":
        return invalid_parameter(f"Number of LocalSecondaryIndexes exceeds per-table limit of {most}")
    return invalid_parameter(f"GlobalSecondaryIndex count exceeds the per-table limit of {most}")


def _check_unique(name: str, names: set[str]) -> None:
    if name in names:
        raise invalid_parameter(f"Duplicate index name: {name}")
    names.add(name)


def _check_projection(projection: Definition) -> None:
    kind = projection.get("ProjectionType")
    attributes = projection.get("NonKeyAttributes")
    if kind is None:
        raise invalid_parameter("Unknown ProjectionType: null")
    if attributes is not None and kind != "INCLUDE":
        raise invalid_parameter(f"ProjectionType is {kind}, but NonKeyAttributes is specified")
    if kind == "INCLUDE" and not attributes:
        raise invalid_parameter("ProjectionType is INCLUDE, but NonKeyAttributes is not specified")
    if attributes and len(attributes) > MAX_PROJECTED_ATTRIBUTES:
        raise invalid_parameter(f"NonKeyAttributes exceeds the limit of {MAX_PROJECTED_ATTRIBUTES} attributes")
