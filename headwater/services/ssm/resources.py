"""Parameter Store's CloudFormation type.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ssm-parameter.html
"""

from __future__ import annotations

from typing import Any

from headwater.services.ssm.errors import validation
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call
from headwater.spine.resources import Change, Replace, Resource, resource

COPIED = ("Type", "Value", "Description", "AllowedPattern", "Tier", "DataType")


@resource("AWS::SSM::Parameter")
class ParameterResource(Resource):
    """`Ref` is the name; attributes Type, Value. Tags are a map, unlike elsewhere."""

    def create(self, call: Call, change: Change) -> None:
        name = change.properties.get("Name") or change.physical_name(128)
        tags = {**change.tags, **change.properties.get("Tags", {})}
        request = {"Name": name, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
        self.put(call, change, request)
        change.physical_id = name

    def put(self, call: Call, change: Change, request: dict[str, Any]) -> None:
        properties = change.properties
        if properties.get("Type") == "SecureString":
            raise validation("SSM Parameters of type SecureString cannot be created using CloudFormation")
        copied = {key: str(properties[key]) for key in COPIED if key in properties}
        call.operation("ssm", "PutParameter", {**copied, **request})
        change.attributes = {"Type": properties["Type"], "Value": copied["Value"]}

    def update(self, call: Call, change: Change) -> None:
        if change.properties.get("Name") != change.previous.get("Name"):
            raise Replace
        self.put(call, change, {"Name": change.physical_id, "Overwrite": True})
        tags = change.properties.get("Tags", {})
        identity = {"ResourceType": "Parameter", "ResourceId": change.physical_id}
        gone = change.previous.get("Tags", {}).keys() - tags.keys()
        call.operation("ssm", "RemoveTagsFromResource", {**identity, "TagKeys": sorted(gone)})
        listed = [{"Key": key, "Value": value} for key, value in tags.items()]
        call.operation("ssm", "AddTagsToResource", {**identity, "Tags": listed})

    def delete(self, call: Call, change: Change) -> None:
        try:
            call.operation("ssm", "DeleteParameter", {"Name": change.physical_id})
        except AwsError as error:
            if error.code != "ParameterNotFound":
                raise
