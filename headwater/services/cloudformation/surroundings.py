"""What a stack's functions see: its resources, other stacks' exports, stored parameters."""

from __future__ import annotations

from typing import Any

from headwater.languages.templates import TemplateError, Unknown
from headwater.services.cloudformation import tables
from headwater.services.cloudformation.source import stored_parameter, stored_secret
from headwater.services.cloudformation.stack import Stack, StackResource, current_resource
from headwater.spine.operations import Call


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
