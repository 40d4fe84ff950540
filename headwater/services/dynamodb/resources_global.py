"""``AWS::DynamoDB::GlobalTable``, which the CDK's TableV2 makes: a table whose settings stand by replica.

Here a table is in one region, the stack's; a template with replicas elsewhere is refused.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-globaltable.html
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from headwater.services.dynamodb.resources import TableResource
from headwater.spine.errors import AwsError, not_implemented
from headwater.spine.operations import Call
from headwater.spine.resources import Change, Resource, resource

_SHARED = (
    "AttributeDefinitions",
    "BillingMode",
    "KeySchema",
    "LocalSecondaryIndexes",
    "StreamSpecification",
    "TableName",
    "TimeToLiveSpecification",
    "WarmThroughput",
)
_OF_REPLICA = (
    "DeletionProtectionEnabled",
    "KinesisStreamSpecification",
    "PointInTimeRecoverySpecification",
    "ResourcePolicy",
    "TableClass",
    "Tags",
)
_SILENT = (
    *("ContributorInsightsSpecification", "GlobalSecondaryIndexes", "Region", "SSESpecification"),
    *("ReadProvisionedThroughputSettings", "ReadOnDemandThroughputSettings", "ReplicaStreamSpecification"),
)
_KNOWN = (
    *(*_SHARED, "GlobalSecondaryIndexes", "Replicas", "SSESpecification"),
    *("WriteProvisionedThroughputSettings", "WriteOnDemandThroughputSettings"),
)
_OF_INDEX = ("IndexName", "KeySchema", "Projection", "WarmThroughput")
_LEAST = 1


@resource("AWS::DynamoDB::GlobalTable")
class GlobalTableResource(Resource):
    def create(self, call: Call, change: Change) -> None:
        self._as_table(call, change, TableResource().create)

    def update(self, call: Call, change: Change) -> None:
        self._as_table(call, change, TableResource().update)

    def delete(self, call: Call, change: Change) -> None:
        TableResource().delete(call, change)

    def _as_table(self, call: Call, change: Change, do: Any) -> None:
        previous = _table(change.previous, call.region) if change.previous else {}
        plain = replace(change, properties=_table(change.properties, call.region), previous=previous)
        do(call, plain)
        change.physical_id, change.attributes = plain.physical_id, plain.attributes


def _table(properties: dict[str, Any], region: str) -> dict[str, Any]:
    """The properties of the one table that this is here. AwsError for what it cannot be."""
    replica = _replica(properties, region)
    unknown = [name for name in properties if name not in _KNOWN]
    unknown += [name for name in replica if name not in _OF_REPLICA + _SILENT]
    if unknown:
        raise not_implemented(f"{', '.join(sorted(unknown))} of AWS::DynamoDB::GlobalTable")
    table = {name: properties[name] for name in _SHARED if name in properties}
    table |= {name: replica[name] for name in _OF_REPLICA if name in replica}
    of_stream = (replica.get("ReplicaStreamSpecification") or {}).get("ResourcePolicy")
    if of_stream and table.get("StreamSpecification"):
        table["StreamSpecification"] = {**table["StreamSpecification"], "ResourcePolicy": of_stream}
    provisioned = properties.get("BillingMode", "PROVISIONED") == "PROVISIONED"
    table["BillingMode"] = "PROVISIONED" if provisioned else "PAY_PER_REQUEST"
    table |= _capacity(properties, replica, provisioned)
    of_replica = {index["IndexName"]: index for index in replica.get("GlobalSecondaryIndexes") or ()}
    indexes = []
    for given in properties.get("GlobalSecondaryIndexes") or ():
        index = {name: given[name] for name in _OF_INDEX if name in given}
        indexes.append(index | _capacity(given, of_replica.get(given["IndexName"], {}), provisioned))
    if indexes:
        table["GlobalSecondaryIndexes"] = indexes
    if properties.get("SSESpecification"):
        table["SSESpecification"] = properties["SSESpecification"] | replica.get("SSESpecification", {})
    return table


def _capacity(given: dict[str, Any], replica: dict[str, Any], provisioned: bool) -> dict[str, Any]:
    """What bounds a table or an index: writes by the table, reads by the replica."""
    if provisioned:
        return {"ProvisionedThroughput": _throughput(given, replica)}
    write = given.get("WriteOnDemandThroughputSettings") or {}
    read = replica.get("ReadOnDemandThroughputSettings") or {}
    return {"OnDemandThroughput": {**read, **write}} if read or write else {}


def _replica(properties: dict[str, Any], region: str) -> dict[str, Any]:
    replicas = properties.get("Replicas") or []
    if [replica.get("Region") for replica in replicas] == [region]:
        found: dict[str, Any] = replicas[0]
        return found
    if region not in [replica.get("Region") for replica in replicas]:
        raise AwsError("InvalidRequest", "Resource model doesn't contain a replica of the region of the stack")
    raise not_implemented("Replicas in other regions of AWS::DynamoDB::GlobalTable")


def _throughput(given: dict[str, Any], replica: dict[str, Any]) -> dict[str, int]:
    """What a table begins with: units, or the least of an automatic scaling, which does not happen here."""
    write = given.get("WriteProvisionedThroughputSettings") or {}
    read = replica.get("ReadProvisionedThroughputSettings") or {}
    scaled = [
        settings.get(f"{name}CapacityAutoScalingSettings") or {}
        for name, settings in (("Write", write), ("Read", read))
    ]
    return {
        "WriteCapacityUnits": int(scaled[0].get("SeedCapacity") or scaled[0].get("MinCapacity") or _LEAST),
        "ReadCapacityUnits": int(
            read.get("ReadCapacityUnits") or scaled[1].get("SeedCapacity") or scaled[1].get("MinCapacity") or _LEAST
        ),
    }
