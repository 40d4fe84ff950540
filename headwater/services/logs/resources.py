"""CloudFormation's types of CloudWatch Logs.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-logs-loggroup.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headwater.services.logs.log_group import group_arn
from headwater.spine.errors import AwsError, not_implemented
from headwater.spine.operations import Call
from headwater.spine.resource_tags import Tagging, resource_tags
from headwater.spine.resources import Change, Replace, Resource, all_listed, found, resource

_TAGGING = Tagging("logs", "tags", "tagKeys", pair=None)


@resource("AWS::Logs::LogGroup")
class LogGroupResource(Resource):
    def create(self, call: Call, change: Change) -> None:
        properties = change.properties
        _refuse_lacking(properties)
        name = properties.get("LogGroupName") or change.physical_name(512)
        request = {"logGroupName": name, "tags": resource_tags(change) or None, "kmsKeyId": properties.get("KmsKeyId")}
        request["logGroupClass"] = properties.get("LogGroupClass")
        request["deletionProtectionEnabled"] = _is_protected(properties)
        call.operation("logs", "CreateLogGroup", {k: v for k, v in request.items() if v is not None})
        change.physical_id = name
        change.attributes = {"Arn": f"{group_arn(call, name)}:*"}
        self._set_retention(call, change)

    def update(self, call: Call, change: Change) -> None:
        if change.properties.get("LogGroupName") != change.previous.get("LogGroupName"):
            raise Replace
        _refuse_lacking(change.properties)
        change.attributes = {"Arn": f"{group_arn(call, change.physical_id)}:*"}
        if _is_protected(change.properties) != _is_protected(change.previous):
            request = {"deletionProtectionEnabled": _is_protected(change.properties)}
            named = {"logGroupIdentifier": change.physical_id}
            call.operation("logs", "PutLogGroupDeletionProtection", named | request)
        self._set_key(call, change)
        self._set_retention(call, change)
        _TAGGING.update(call, {"resourceArn": group_arn(call, change.physical_id)}, change)

    def delete(self, call: Call, change: Change) -> None:
        _ignore_missing(call, "DeleteLogGroup", {"logGroupName": change.physical_id})

    def read(self, call: Call, change: Change) -> dict[str, Any]:
        name = change.physical_id
        request = {"logGroupNamePrefix": name, "limit": 1}  # of those with the prefix, itself comes first
        found = call.operation("logs", "DescribeLogGroups", request)["logGroups"]
        if not found or found[0]["logGroupName"] != name:
            raise AwsError("ResourceNotFoundException", "The specified log group does not exist.")
        change.attributes = {"Arn": f"{group_arn(call, name)}:*"}
        return {
            "LogGroupName": name,
            "RetentionInDays": found[0].get("retentionInDays"),
            "KmsKeyId": found[0].get("kmsKeyId"),
            "LogGroupClass": found[0].get("logGroupClass"),
            "DeletionProtectionEnabled": found[0].get("deletionProtectionEnabled") or None,
            "Tags": _TAGGING.present(call, {"resourceArn": group_arn(call, name)}),
        }

    def known(self, call: Call) -> list[str]:
        groups = all_listed(call, "logs", "DescribeLogGroups", "logGroups", ("nextToken", "nextToken"))
        return [group["logGroupName"] for group in groups]

    def _set_key(self, call: Call, change: Change) -> None:
        key, named = change.properties.get("KmsKeyId"), {"logGroupName": change.physical_id}
        if key and key != change.previous.get("KmsKeyId"):
            call.operation("logs", "AssociateKmsKey", {**named, "kmsKeyId": key})
        elif not key and change.previous.get("KmsKeyId"):
            call.operation("logs", "DisassociateKmsKey", named)

    def _set_retention(self, call: Call, change: Change) -> None:
        request = {"logGroupName": change.physical_id}
        days = change.properties.get("RetentionInDays")
        if days:
            call.operation("logs", "PutRetentionPolicy", request | {"retentionInDays": int(days)})
        elif change.previous.get("RetentionInDays"):
            call.operation("logs", "DeleteRetentionPolicy", request)


def _is_protected(properties: dict[str, Any]) -> bool:
    return str(properties.get("DeletionProtectionEnabled")).lower() == "true"


def _refuse_lacking(properties: dict[str, Any]) -> None:
    """What would hide or hold something, and does not here."""
    for name in ("DataProtectionPolicy", "BearerTokenAuthenticationEnabled"):
        if str(properties.get(name) or "false").lower() != "false":
            raise not_implemented(f"{name} of AWS::Logs::LogGroup")


@resource("AWS::Logs::LogStream")
class LogStreamResource(Resource):
    def create(self, call: Call, change: Change) -> None:
        name = change.properties.get("LogStreamName") or change.physical_name(512)
        group = change.properties["LogGroupName"]
        call.operation("logs", "CreateLogStream", {"logGroupName": group, "logStreamName": name})
        change.physical_id = name

    def delete(self, call: Call, change: Change) -> None:
        request = {"logGroupName": change.properties["LogGroupName"], "logStreamName": change.physical_id}
        _ignore_missing(call, "DeleteLogStream", request)


def _ignore_missing(call: Call, operation: str, request: dict[str, str]) -> None:
    try:
        call.operation("logs", operation, request)
    except AwsError as error:
        if error.code != "ResourceNotFoundException":
            raise


class _FilterResource(Resource):
    kind = ""

    def create(self, call: Call, change: Change) -> None:
        name = change.physical_id or change.properties.get("FilterName") or change.physical_name(512)
        call.operation("logs", f"Put{self.kind}Filter", _request(change.properties) | {"filterName": name})
        change.physical_id = name

    def named(self, call: Call, properties: Mapping[str, Any]) -> str | None:
        name, group = properties.get("FilterName"), properties.get("LogGroupName")
        request = {"logGroupName": group, "filterNamePrefix": name}
        there = found(call, "logs", f"Describe{self.kind}Filters", request) if name and group else None
        listed = there[f"{self.kind.lower()}Filters"] if there else ()
        return name if any(each["filterName"] == name for each in listed) else None

    def update(self, call: Call, change: Change) -> None:
        if any(change.properties.get(name) != change.previous.get(name) for name in ("LogGroupName", "FilterName")):
            raise Replace
        self.create(call, change)

    def delete(self, call: Call, change: Change) -> None:
        request = {"logGroupName": change.properties["LogGroupName"], "filterName": change.physical_id}
        _ignore_missing(call, f"Delete{self.kind}Filter", request)


@resource("AWS::Logs::MetricFilter")
class MetricFilterResource(_FilterResource):
    kind = "Metric"


@resource("AWS::Logs::SubscriptionFilter")
class SubscriptionFilterResource(_FilterResource):
    kind = "Subscription"


@resource("AWS::Logs::QueryDefinition")
class QueryDefinitionResource(Resource):
    """`Ref` and the attribute QueryDefinitionId are the id."""

    def create(self, call: Call, change: Change) -> None:
        properties = change.properties
        request = {
            "name": properties["Name"],
            "queryString": properties["QueryString"],
            "logGroupNames": properties.get("LogGroupNames"),
            "queryLanguage": properties.get("QueryLanguage"),
            "queryDefinitionId": change.physical_id,
        }
        made = call.operation("logs", "PutQueryDefinition", {name: value for name, value in request.items() if value})
        change.physical_id = made["queryDefinitionId"]
        change.attributes = {"QueryDefinitionId": change.physical_id}

    def update(self, call: Call, change: Change) -> None:
        self.create(call, change)

    def delete(self, call: Call, change: Change) -> None:
        _ignore_missing(call, "DeleteQueryDefinition", {"queryDefinitionId": change.physical_id})


def _request(properties: dict[str, Any]) -> dict[str, Any]:
    """The same with members named as the API has them."""
    request = {name[0].lower() + name[1:]: value for name, value in properties.items()}
    transformations = []
    for each in properties.get("MetricTransformations") or ():
        told = {name[0].lower() + name[1:]: value for name, value in each.items()}
        told["metricValue"] = str(told["metricValue"])
        if "defaultValue" in told:
            told["defaultValue"] = float(told["defaultValue"])
        if "dimensions" in told:
            told["dimensions"] = {pair["Key"]: pair["Value"] for pair in told["dimensions"]}
        transformations.append(told)
    return request | {"metricTransformations": transformations} if transformations else request
