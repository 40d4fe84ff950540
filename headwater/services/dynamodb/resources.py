"""CloudFormation's types of DynamoDB.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-table.html
"""

from __future__ import annotations

from typing import Any

import orjson

from headwater.services.dynamodb.resources_import import await_import, begin_import, set_afterwards
from headwater.spine.errors import AwsError, not_implemented
from headwater.spine.operations import Call
from headwater.spine.resources import Change, Replace, Resource, Step, all_listed, resource

_REPLACED = ("TableName", "KeySchema", "LocalSecondaryIndexes", "ImportSourceSpecification")
_CHANGING = (
    *("BillingMode", "ProvisionedThroughput", "OnDemandThroughput", "WarmThroughput", "DeletionProtectionEnabled"),
    *("TableClass", "SSESpecification"),
)
_PASSED = (
    "AttributeDefinitions",
    "KeySchema",
    "BillingMode",
    "LocalSecondaryIndexes",
    "DeletionProtectionEnabled",
    "TableClass",
)
_INTEGERS = ("ReadCapacityUnits", "WriteCapacityUnits")


@resource("AWS::DynamoDB::Table")
class TableResource(Resource):
    def create(self, call: Call, change: Change) -> Step:
        properties = change.properties
        change.physical_id = properties.get("TableName") or change.physical_name(255)
        given = {"TableName": change.physical_id, **_settings(properties)}
        settings = {key: value for key, value in given.items() if value is not None}
        specification = properties.get("ImportSourceSpecification")
        if specification is not None:
            return self._import(change, settings, begin_import(call, specification, settings))
        call.operation("dynamodb", "CreateTable", {**settings, "Tags": _tags(change)})
        self._complete(call, change)
        return None

    async def _import(self, change: Change, settings: dict[str, Any], arn: str) -> None:
        assert change.work is not None
        await await_import(change.work, arn)
        await change.work.transact(self._complete_imported, change, settings)

    def _complete_imported(self, call: Call, change: Change, settings: dict[str, Any]) -> None:
        set_afterwards(call, settings)
        self._set_tags(call, change)
        self._complete(call, change)

    def _complete(self, call: Call, change: Change) -> None:
        """What a new table has besides."""
        self._set_time_to_live(call, change, {})
        self._set_recovery(call, change, {})
        self._set_kinesis(call, change, {})
        _describe(call, change)
        self._set_policies(call, change, {})

    def update(self, call: Call, change: Change) -> None:
        before, after = change.previous, change.properties
        if any(before.get(name) != after.get(name) for name in _REPLACED):
            raise Replace
        name = change.physical_id
        for request in _updates(_with_others_changes(call, change), after):
            call.operation("dynamodb", "UpdateTable", {"TableName": name, **request})
        self._set_time_to_live(call, change, before)
        self._set_recovery(call, change, before)
        self._set_kinesis(call, change, before)
        self._set_tags(call, change)
        _describe(call, change)
        self._set_policies(call, change, before)

    def delete(self, call: Call, change: Change) -> None:
        try:
            call.operation("dynamodb", "DeleteTable", {"TableName": change.physical_id})
        except AwsError as error:
            if error.code != "ResourceNotFoundException":
                raise

    def read(self, call: Call, change: Change) -> dict[str, Any]:
        """Without where its changes go (Kinesis) and how warm it is."""
        named = {"TableName": change.physical_id}
        table = call.operation("dynamodb", "DescribeTable", named)["Table"]
        _describe(call, change)
        expiring = _expiring(call, change.physical_id)
        backups = call.operation("dynamodb", "DescribeContinuousBackups", named)["ContinuousBackupsDescription"]
        stream = table.get("StreamSpecification") or {}
        tags = call.operation("dynamodb", "ListTagsOfResource", {"ResourceArn": table["TableArn"]})["Tags"]
        return {
            "TableName": table["TableName"],
            "KeySchema": table["KeySchema"],
            "AttributeDefinitions": table["AttributeDefinitions"],
            "BillingMode": (table.get("BillingModeSummary") or {}).get("BillingMode", "PROVISIONED"),
            "DeletionProtectionEnabled": bool(table.get("DeletionProtectionEnabled")),
            "GlobalSecondaryIndexes": [_read_index(table, each) for each in table.get("GlobalSecondaryIndexes") or ()]
            or None,
            "LocalSecondaryIndexes": [_read_index(table, each) for each in table.get("LocalSecondaryIndexes") or ()]
            or None,
            "PointInTimeRecoverySpecification": _read_recovery(backups),
            "ProvisionedThroughput": _read_throughput(table, table),
            "StreamSpecification": {"StreamViewType": stream["StreamViewType"]} if stream else None,
            "TableClass": (table.get("TableClassSummary") or {}).get("TableClass"),
            "Tags": tags or None,
            "TimeToLiveSpecification": {"AttributeName": expiring, "Enabled": True} if expiring else None,
        }

    def known(self, call: Call) -> list[str]:
        tokens = ("LastEvaluatedTableName", "ExclusiveStartTableName")
        return all_listed(call, "dynamodb", "ListTables", "TableNames", tokens)

    def _set_time_to_live(self, call: Call, change: Change, before: dict[str, Any]) -> None:
        new = _enabled(change.properties.get("TimeToLiveSpecification"))
        if new == _enabled(before.get("TimeToLiveSpecification")):
            return
        old = _expiring(call, change.physical_id)  # others, a hotswap among them, may have been here before
        for name, enabled in ((old, False), (new, True)):
            if name is not None and old != new:
                specification = {"AttributeName": name, "Enabled": enabled}
                request = {"TableName": change.physical_id, "TimeToLiveSpecification": specification}
                call.operation("dynamodb", "UpdateTimeToLive", request)

    def _set_recovery(self, call: Call, change: Change, before: dict[str, Any]) -> None:
        old, new = _recovery(before), _recovery(change.properties)
        if old != new:
            request = {"TableName": change.physical_id, "PointInTimeRecoverySpecification": new}
            call.operation("dynamodb", "UpdateContinuousBackups", request)

    def _set_kinesis(self, call: Call, change: Change, before: dict[str, Any]) -> None:
        old = before.get("KinesisStreamSpecification") or {}
        new = change.properties.get("KinesisStreamSpecification") or {}
        if old == new:
            return
        streams, table = [each.get("StreamArn") for each in (old, new)], {"TableName": change.physical_id}
        precision = {name: new[name] for name in ("ApproximateCreationDateTimePrecision",) if name in new}
        if streams[0] == streams[1]:
            request = {**table, "StreamArn": streams[1], "UpdateKinesisStreamingConfiguration": precision}
            call.operation("dynamodb", "UpdateKinesisStreamingDestination", request)
            return
        if streams[0] and streams[1]:
            raise not_implemented("Another stream in the KinesisStreamSpecification of a table that has one")
        if streams[0]:
            call.operation("dynamodb", "DisableKinesisStreamingDestination", {**table, "StreamArn": streams[0]})
        else:
            configured = {"EnableKinesisStreamingConfiguration": precision} if precision else {}
            request = {**table, "StreamArn": streams[1], **configured}
            call.operation("dynamodb", "EnableKinesisStreamingDestination", request)

    def _set_policies(self, call: Call, change: Change, before: dict[str, Any]) -> None:
        after = change.properties
        streams = [each.get("StreamSpecification") or {} for each in (before, after)]
        _set_policy(call, change.attributes["Arn"], before, after)
        if "StreamArn" in change.attributes:
            _set_policy(call, change.attributes["StreamArn"], *streams)

    def _set_tags(self, call: Call, change: Change) -> None:
        table = call.operation("dynamodb", "DescribeTable", {"TableName": change.physical_id})["Table"]
        arn = table["TableArn"]
        tags = _tags(change)
        wanted = {tag["Key"] for tag in tags}
        present = call.operation("dynamodb", "ListTagsOfResource", {"ResourceArn": arn})["Tags"]
        gone = [tag["Key"] for tag in present if tag["Key"] not in wanted]
        if gone:
            call.operation("dynamodb", "UntagResource", {"ResourceArn": arn, "TagKeys": gone})
        if tags:
            call.operation("dynamodb", "TagResource", {"ResourceArn": arn, "Tags": tags})


def _read_index(table: dict[str, Any], index: dict[str, Any]) -> dict[str, Any]:
    shown = {name: index[name] for name in ("IndexName", "KeySchema", "Projection")}
    throughput = _read_throughput(table, index)
    return shown | {"ProvisionedThroughput": throughput} if throughput else shown


def _read_throughput(table: dict[str, Any], holder: dict[str, Any]) -> dict[str, int] | None:
    """Of what is not paid for by request."""
    mode = (table.get("BillingModeSummary") or {}).get("BillingMode", "PROVISIONED")
    given = holder.get("ProvisionedThroughput")
    return _throughput(given) if given and mode == "PROVISIONED" else None


def _read_recovery(backups: dict[str, Any]) -> dict[str, Any]:
    told = backups["PointInTimeRecoveryDescription"]
    enabled = told["PointInTimeRecoveryStatus"] == "ENABLED"
    days = {"RecoveryPeriodInDays": told["RecoveryPeriodInDays"]} if "RecoveryPeriodInDays" in told else {}
    return {"PointInTimeRecoveryEnabled": enabled, **(days if enabled else {})}


def _set_policy(call: Call, arn: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    """The policy that properties give a table or stream: put where there is one, deleted where there was one."""
    old, new = [(properties.get("ResourcePolicy") or {}).get("PolicyDocument") for properties in (before, after)]
    if new is not None:
        text = new if isinstance(new, str) else orjson.dumps(new).decode()
        call.operation("dynamodb", "PutResourcePolicy", {"ResourceArn": arn, "Policy": text})
    elif old is not None:
        call.operation("dynamodb", "DeleteResourcePolicy", {"ResourceArn": arn})


def _expiring(call: Call, table: str) -> str | None:
    """The attribute by which a table's items expire now."""
    told = call.operation("dynamodb", "DescribeTimeToLive", {"TableName": table})["TimeToLiveDescription"]
    return str(told["AttributeName"]) if told["TimeToLiveStatus"] in ("ENABLED", "ENABLING") else None


def _enabled(specification: dict[str, Any] | None) -> str | None:
    """The attribute of a time to live that is switched on."""
    if not specification or not _true(specification.get("Enabled")):
        return None
    name: str = specification["AttributeName"]
    return name


def _recovery(properties: dict[str, Any]) -> dict[str, Any]:
    """Point in time recovery as UpdateContinuousBackups takes it."""
    given = properties.get("PointInTimeRecoverySpecification") or {}
    recovery: dict[str, Any] = {"PointInTimeRecoveryEnabled": _true(given.get("PointInTimeRecoveryEnabled"))}
    if "RecoveryPeriodInDays" in given:
        recovery["RecoveryPeriodInDays"] = int(given["RecoveryPeriodInDays"])
    return recovery


def _true(value: object) -> bool:
    return str(value).lower() == "true"


def _tags(change: Change) -> list[dict[str, str]]:
    tags = change.tags | {tag["Key"]: str(tag["Value"]) for tag in change.properties.get("Tags", ())}
    return [{"Key": key, "Value": value} for key, value in tags.items() if not key.startswith("aws:")]


def _settings(properties: dict[str, Any]) -> dict[str, Any]:
    """A template's properties as CreateTable takes them."""
    settings: dict[str, Any] = {name: properties[name] for name in _PASSED if name in properties}
    if "DeletionProtectionEnabled" in settings:
        settings["DeletionProtectionEnabled"] = _true(settings["DeletionProtectionEnabled"])
    if "ProvisionedThroughput" in properties:
        settings["ProvisionedThroughput"] = _throughput(properties["ProvisionedThroughput"])
    settings |= _limits(properties)
    if "GlobalSecondaryIndexes" in properties:
        settings["GlobalSecondaryIndexes"] = [_index(index) for index in properties["GlobalSecondaryIndexes"]]
    if "StreamSpecification" in properties:
        settings["StreamSpecification"] = _stream(properties["StreamSpecification"])
    encryption = properties.get("SSESpecification")
    if encryption:
        settings["SSESpecification"] = {
            "Enabled": _true(encryption["SSEEnabled"]),
            **{name: encryption[name] for name in ("SSEType", "KMSMasterKeyId") if name in encryption},
        }
    return settings


def _limits(given: dict[str, Any]) -> dict[str, Any]:
    """Of a table or an index: the most that it takes on demand, and what it is warmed up for."""
    names = ("OnDemandThroughput", "WarmThroughput")
    return {name: {unit: int(value) for unit, value in given[name].items()} for name in names if name in given}


def _throughput(given: dict[str, Any]) -> dict[str, int]:
    return {name: int(given[name]) for name in _INTEGERS}


def _index(given: dict[str, Any]) -> dict[str, Any]:
    index = {name: given[name] for name in ("IndexName", "KeySchema", "Projection")}
    if "ProvisionedThroughput" in given:
        index["ProvisionedThroughput"] = _throughput(given["ProvisionedThroughput"])
    return index | _limits(given)


def _stream(given: dict[str, Any]) -> dict[str, Any]:
    return {"StreamEnabled": True, "StreamViewType": given["StreamViewType"]}


def _changes(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """What of the settings differs, as UpdateTable takes it."""
    old, new = _settings(before), _settings(after)
    request: dict[str, Any] = {}
    for name in _CHANGING:
        if old.get(name) != new.get(name) and name in new:
            request[name] = new[name]
    if "ProvisionedThroughput" in request or "BillingMode" in request:
        request.setdefault("BillingMode", new.get("BillingMode", "PROVISIONED"))
    if old.get("StreamSpecification") != new.get("StreamSpecification"):
        request["StreamSpecification"] = new.get("StreamSpecification", {"StreamEnabled": False})
    return request


def _updates(before: dict[str, Any], after: dict[str, Any]) -> list[dict[str, Any]]:
    """The requests that lead from the old settings to the new ones: an index goes or comes one at a time, and new ones
    come when the table is billed as they are to be."""
    updates = _index_updates(before, after)
    of_indexes = [update for update in updates if "Update" in update]
    settings = _changes(before, after) | ({"GlobalSecondaryIndexUpdates": of_indexes} if of_indexes else {})
    requests = [{"GlobalSecondaryIndexUpdates": [update]} for update in updates if "Delete" in update]
    requests += [settings] if settings else []
    definitions = after["AttributeDefinitions"]
    return requests + [
        {"AttributeDefinitions": definitions, "GlobalSecondaryIndexUpdates": [update]}
        for update in updates
        if "Create" in update
    ]


def _with_others_changes(call: Call, change: Change) -> dict[str, Any]:
    """The former properties with what a hotswap, or somebody else, has done since of what the template says now: an
    index that is there need not be made, one that is gone cannot be removed."""
    before, after = change.previous, change.properties
    table = call.operation("dynamodb", "DescribeTable", {"TableName": change.physical_id})["Table"]
    declared, wanted = (
        {index["IndexName"]: index for index in properties.get("GlobalSecondaryIndexes", ())}
        for properties in (before, after)
    )
    indexes = [
        declared.get(index["IndexName"]) or _read_index(table, index)
        for index in table.get("GlobalSecondaryIndexes") or ()
        if index["IndexName"] in declared or index["IndexName"] in wanted
    ]
    found = {**before, "GlobalSecondaryIndexes": indexes}
    stream = table.get("StreamSpecification") if "StreamSpecification" in after else None
    return {"StreamSpecification": {"StreamViewType": stream["StreamViewType"]}, **found} if stream else found


def _index_updates(before: dict[str, Any], after: dict[str, Any]) -> list[dict[str, Any]]:
    """The updates that lead from the old global indexes to the new ones."""
    old = {index["IndexName"]: _index(index) for index in before.get("GlobalSecondaryIndexes", ())}
    new = {index["IndexName"]: _index(index) for index in after.get("GlobalSecondaryIndexes", ())}
    updates: list[dict[str, Any]] = []
    for name, index in old.items():
        rebuilt = name in new and _shape(index) != _shape(new[name])
        if name not in new or rebuilt:
            updates.append({"Delete": {"IndexName": name}})
        if rebuilt:
            updates.append({"Create": new[name]})
        elif name in new and (changed := _changed_limits(index, new[name])):
            updates.append({"Update": {"IndexName": name, **changed}})
    updates += [{"Create": index} for name, index in new.items() if name not in old]
    return updates


def _changed_limits(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    names = ("ProvisionedThroughput", "OnDemandThroughput", "WarmThroughput")
    return {name: after[name] for name in names if name in after and after[name] != before.get(name)}


def _shape(index: dict[str, Any]) -> tuple[Any, Any]:
    return index["KeySchema"], index["Projection"]


def _describe(call: Call, change: Change) -> None:
    table = call.operation("dynamodb", "DescribeTable", {"TableName": change.physical_id})["Table"]
    change.attributes = {"Arn": table["TableArn"], "TableId": table["TableId"]}
    if "LatestStreamArn" in table and "StreamSpecification" in table:
        change.attributes["StreamArn"] = table["LatestStreamArn"]
