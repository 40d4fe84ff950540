"""Parameter Store's CloudFormation type.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ssm-parameter.html
"""

from __future__ import annotations

from typing import Any

from headwater.services.ssm.errors import validation
from headwater.services.ssm.parameter import parameter_arn
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call
from headwater.spine.resource_tags import Tagging, as_pairs, resource_tags
from headwater.spine.resources import Change, Replace, Resource, all_listed, resource

_TAGGING = Tagging(
    "ssm",
    operations=("ListTagsForResource", "AddTagsToResource", "RemoveTagsFromResource"),
    listed="TagList",
)
COPIED = ("Type", "Value", "Description", "AllowedPattern", "Tier", "DataType", "Policies")


@resource("AWS::SSM::Parameter")
class ParameterResource(Resource):
    """`Ref` is the name; attributes Arn, Type, Value. Tags are a map, unlike elsewhere."""

    def create(self, call: Call, change: Change) -> None:
        name = change.properties.get("Name") or change.physical_name(128)
        request = {"Name": name, "Tags": as_pairs(resource_tags(change))}
        self.put(call, change, request)
        change.physical_id = name

    def put(self, call: Call, change: Change, request: dict[str, Any]) -> None:
        properties = change.properties
        if properties.get("Type") == "SecureString":
            raise validation("SSM Parameters of type SecureString cannot be created using CloudFormation")
        copied = {key: str(properties[key]) for key in COPIED if key in properties}
        call.operation("ssm", "PutParameter", {**copied, **request})
        arn = parameter_arn(call, request["Name"])
        change.attributes = {"Arn": arn, "Type": properties["Type"], "Value": copied["Value"]}

    def update(self, call: Call, change: Change) -> None:
        if change.properties.get("Name") != change.previous.get("Name"):
            raise Replace
        self.put(call, change, {"Name": change.physical_id, "Overwrite": True})
        _TAGGING.update(call, {"ResourceType": "Parameter", "ResourceId": change.physical_id}, change)

    def read(self, call: Call, change: Change) -> dict[str, Any]:
        name = change.physical_id
        told = call.operation("ssm", "GetParameter", {"Name": name})["Parameter"]
        change.attributes = {"Arn": told["ARN"], "Type": told["Type"], "Value": told["Value"]}
        return {"Name": name, **{each: told.get(each) for each in ("Type", "Value", "DataType")}}

    def known(self, call: Call) -> list[str]:
        return [each["Name"] for each in all_listed(call, "ssm", "DescribeParameters", "Parameters")]

    def delete(self, call: Call, change: Change) -> None:
        try:
            call.operation("ssm", "DeleteParameter", {"Name": change.physical_id})
        except AwsError as error:
            if error.code != "ParameterNotFound":
                raise
