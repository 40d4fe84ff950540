"""What functions are evaluated against, and the two values that are not values.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from headwater.languages.templates.errors import TemplateError
from headwater.languages.templates.load import Value


class Unknown(Exception):
    """A value that does not exist before its resource does."""


class Pending(dict[str, Value]):
    """A function left as written, because what it needs is unknown yet; equal to itself when unchanged."""


class NoValue:
    """`AWS::NoValue`: a property or an element that has it is left out."""


NO_VALUE: Final = NoValue()


class Resources(Protocol):
    """The stack's surroundings, looked up by whoever evaluates. Each may raise TemplateError."""

    def reference(self, logical_id: str) -> Value:
        """What `Ref` of a resource gives; raises Unknown before the resource exists."""

    def attribute(self, logical_id: str, name: str) -> Value:
        """What `Fn::GetAtt` gives; raises Unknown before the resource exists."""

    def imported(self, name: str) -> Value:
        """The value of another stack's export."""

    def output(self, stack: str, name: str, region: str | None, role: str | None) -> Value:
        """The value of an output of a stack, of another region (None: this one) and by a role (its ARN; None: this
        stack's own)."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Everything that a function may name. `parameters` hold the pseudo parameters too."""

    parameters: Mapping[str, Value]
    resources: Resources
    mappings: Mapping[str, Mapping[str, Mapping[str, Value]]] = field(default_factory=dict)
    conditions: Mapping[str, bool] = field(default_factory=dict)


class Unresolved:
    """Resources of which none exists yet: what a change set or a comparison of templates sees."""

    def __init__(self, exports: Mapping[str, str] | None = None) -> None:
        self.exports = exports

    def reference(self, logical_id: str) -> Value:
        raise Unknown(logical_id)

    def attribute(self, logical_id: str, name: str) -> Value:
        raise Unknown(logical_id)

    def imported(self, name: str) -> Value:
        if self.exports is None:
            raise Unknown(name)
        if name not in self.exports:
            raise TemplateError(f"No export named {name} found.")
        return self.exports[name]

    def output(self, stack: str, name: str, region: str | None, role: str | None) -> Value:
        raise Unknown(f"{stack}.{name}")


def pseudo_parameters(
    account: str, region: str, stack_name: str, stack_id: str, topics: tuple[str, ...] = ()
) -> dict[str, Value]:
    china, government = region.startswith("cn-"), region.startswith("us-gov-")
    return {
        "AWS::AccountId": account,
        "AWS::NotificationARNs": list(topics),
        "AWS::NoValue": NO_VALUE,
        "AWS::Partition": "aws-cn" if china else "aws-us-gov" if government else "aws",
        "AWS::Region": region,
        "AWS::StackId": stack_id,
        "AWS::StackName": stack_name,
        "AWS::URLSuffix": "amazonaws.com.cn" if china else "amazonaws.com",
    }
