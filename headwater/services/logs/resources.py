"""CloudFormation's types of CloudWatch Logs and CloudWatch.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-logs-loggroup.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudwatch-alarm.html
"""

from __future__ import annotations

from headwater.services.logs.log_group import group_arn
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call
from headwater.spine.resources import Change, Replace, Resource, resource


def _tags(change: Change) -> dict[str, str]:
    return change.tags | {tag["Key"]: tag["Value"] for tag in change.properties.get("Tags") or ()}


@resource("AWS::Logs::LogGroup")
class LogGroupResource(Resource):
    def create(self, call: Call, change: Change) -> None:
        properties = change.properties
        name = properties.get("LogGroupName") or change.physical_name(512)
        request = {"logGroupName": name, "tags": _tags(change) or None, "kmsKeyId": properties.get("KmsKeyId")}
        request["logGroupClass"] = properties.get("LogGroupClass")
        call.operation("logs", "CreateLogGroup", {k: v for k, v in request.items() if v is not None})
        change.physical_id = name
        change.attributes = {"Arn": f"{group_arn(call, name)}:*"}
        self._set_retention(call, change)

    def update(self, call: Call, change: Change) -> None:
        if change.properties.get("LogGroupName") != change.previous.get("LogGroupName"):
            raise Replace
        change.attributes = {"Arn": f"{group_arn(call, change.physical_id)}:*"}
        self._set_retention(call, change)

    def delete(self, call: Call, change: Change) -> None:
        _ignore_missing(call, "DeleteLogGroup", {"logGroupName": change.physical_id})

    def _set_retention(self, call: Call, change: Change) -> None:
        request = {"logGroupName": change.physical_id}
        days = change.properties.get("RetentionInDays")
        if days:
            call.operation("logs", "PutRetentionPolicy", request | {"retentionInDays": int(days)})
        elif change.previous.get("RetentionInDays"):
            call.operation("logs", "DeleteRetentionPolicy", request)


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


_NUMBERS = {"Threshold": float, "Period": int, "EvaluationPeriods": int, "DatapointsToAlarm": int}


@resource("AWS::CloudWatch::Alarm")
class AlarmResource(Resource):
    def create(self, call: Call, change: Change) -> None:
        properties = change.properties
        name = change.physical_id or properties.get("AlarmName") or change.physical_name(255)
        request = {member: value for member, value in properties.items() if member not in ("AlarmName", "Tags")}
        for member, number in _NUMBERS.items():
            if member in request:
                request[member] = number(request[member])
        if "ActionsEnabled" in request:
            request["ActionsEnabled"] = str(request["ActionsEnabled"]).lower() == "true"
        tags = [{"Key": key, "Value": value} for key, value in _tags(change).items()]
        call.operation("monitoring", "PutMetricAlarm", request | {"AlarmName": name, "Tags": tags})
        alarm = call.operation("monitoring", "DescribeAlarms", {"AlarmNames": [name]})["MetricAlarms"][0]
        change.physical_id = name
        change.attributes = {"Arn": alarm["AlarmArn"]}

    def update(self, call: Call, change: Change) -> None:
        if change.properties.get("AlarmName") != change.previous.get("AlarmName"):
            raise Replace
        self.create(call, change)

    def delete(self, call: Call, change: Change) -> None:
        call.operation("monitoring", "DeleteAlarms", {"AlarmNames": [change.physical_id]})
