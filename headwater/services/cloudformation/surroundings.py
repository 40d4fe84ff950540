"""What a stack's functions see: its resources, other stacks' exports, stored parameters."""

from __future__ import annotations

from typing import Any

from headwater.languages.templates import TemplateError, Unknown
from headwater.services.cloudformation import tables
from headwater.services.cloudformation.source import stored_parameter, stored_secret
from headwater.services.cloudformation.stack import Stack, StackResource, current_resource
from headwater.spine.arns import parse_arn
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call
from headwater.spine.permissions import session_of


class Surroundings:
    """The ``Resources`` of the template language, looked up in the rows; imports are noted as they are read."""

    def __init__(self, call: Call, stack: Stack) -> None:
        self._call = call
        self._stack = stack
        self._found: dict[str, StackResource] = {}

    def reference(self, logical_id: str) -> str:
        return self._find(logical_id).physical_id

    def attribute(self, logical_id: str, name: str) -> Any:
        resource = self._find(logical_id)
        if name in resource.attributes:
            return resource.attributes[name]
        value: Any = resource.attributes
        for part in name.split("."):
            if not isinstance(value, dict) or part not in value:
                raise missing_attribute(resource, name)
            value = value[part]
        return value

    def imported(self, name: str) -> str:
        stack = self._stack
        row = self._call.store.one(tables.SELECT_EXPORT, (stack.account, stack.region, name))
        if row is None:
            raise TemplateError(f"No export named {name} found.")
        self._call.store.run(tables.PUT_IMPORT, (stack.account, stack.region, name, stack.id, stack.operation))
        return str(row[0])

    def output(self, stack: str, name: str, region: str | None, role: str | None) -> str:
        arn = None if role is None else parse_arn(role)
        if role is not None and arn is None:
            raise TemplateError(f"Template error: {role} is not the ARN of a role")
        account = self._stack.account if arn is None else arn.account
        principal = None if role is None else session_of(role, "AWSCloudFormation")
        try:
            described = self._call.operation(
                "cloudformation",
                "DescribeStacks",
                {"StackName": stack},
                account,
                region or self._stack.region,
                principal=principal,
            )
        except AwsError as error:
            raise TemplateError(error.message) from error
        for each in described["Stacks"][0].get("Outputs") or ():
            if each["OutputKey"] == name:
                return str(each["OutputValue"])
        raise TemplateError(f"Stack {stack} has no output {name}")

    def _find(self, logical_id: str) -> StackResource:
        resource = self._found.get(logical_id) or current_resource(self._call, self._stack, logical_id)
        if resource is None or not resource.physical_id:
            raise Unknown(logical_id)
        self._found[logical_id] = resource
        return resource


def missing_attribute(resource: StackResource, name: str) -> TemplateError:
    if is_custom(resource.type):
        return TemplateError(
            f"CustomResource attribute error: Vendor response doesn't contain {name} attribute in object "
            f"{resource.stack}|{resource.logical_id}"
        )
    return unsupported_attribute(resource.logical_id, name)


def unsupported_attribute(logical_id: str, name: str) -> TemplateError:
    return TemplateError(f"Template error: resource {logical_id} does not support attribute type {name} in Fn::GetAtt")


def is_custom(kind: str) -> bool:
    return kind.startswith("Custom::") or kind == "AWS::CloudFormation::CustomResource"


def dynamic_value(call: Call, service: str, name: str) -> str | None:
    """The value of a dynamic reference; None or TemplateError where it leads nowhere."""
    return stored_secret(call, name) if service == "secretsmanager" else stored_parameter(call, name)
