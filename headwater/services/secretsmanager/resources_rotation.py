"""CloudFormation's type of rotation.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-rotationschedule.html
"""

from __future__ import annotations

from headwater.spine.errors import AwsError, not_implemented
from headwater.spine.operations import Call
from headwater.spine.resources import Change, Replace, Resource, resource

_LACKS = ("HostedRotationLambda", "ExternalSecretRotationMetadata", "ExternalSecretRotationRoleArn")


@resource("AWS::SecretsManager::RotationSchedule")
class RotationScheduleResource(Resource):
    """`Ref` is the secret's ARN."""

    def create(self, call: Call, change: Change) -> None:
        properties = change.properties
        for name in _LACKS:
            if properties.get(name):
                raise not_implemented(f"{name} of AWS::SecretsManager::RotationSchedule")
        rules = dict(properties.get("RotationRules") or {})
        if "AutomaticallyAfterDays" in rules:
            rules["AutomaticallyAfterDays"] = int(rules["AutomaticallyAfterDays"])
        request = {
            "SecretId": properties["SecretId"],
            "RotationLambdaARN": properties.get("RotationLambdaARN"),
            "RotationRules": rules or None,
            "RotateImmediately": str(properties.get("RotateImmediatelyOnUpdate", True)).lower() == "true",
        }
        given = {name: value for name, value in request.items() if value is not None}
        change.physical_id = call.operation("secretsmanager", "RotateSecret", given)["ARN"]
        change.attributes = {"Id": change.physical_id}

    def update(self, call: Call, change: Change) -> None:
        if change.properties["SecretId"] != change.previous["SecretId"]:
            raise Replace
        self.create(call, change)

    def delete(self, call: Call, change: Change) -> None:
        try:
            call.operation("secretsmanager", "CancelRotateSecret", {"SecretId": change.physical_id})
        except AwsError as error:
            if error.code not in ("ResourceNotFoundException", "InvalidRequestException"):
                raise
