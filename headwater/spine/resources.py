"""CloudFormation types: how a service makes, changes and removes what a template declares.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-template-resource-type-ref.html
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from headwater.spine.errors import AwsError
from headwater.spine.operations import Call
from headwater.spine.store.blobs import Blob

if TYPE_CHECKING:
    from headwater.spine.work import Work

ResourceT = TypeVar("ResourceT", bound="type[Resource]")
Step = None | Coroutine[Any, Any, None]


class Replace(Exception):
    """Raised by ``update``: this change needs a new resource in place of the old one."""


class Untellable(Exception):
    """Raised by ``read`` and ``known``: this type cannot tell."""


@dataclass
class Change:
    """What is to become of one resource of a stack.

    ``properties`` are the template's, resolved; ``previous`` the former ones (updates). A method
    sets ``physical_id`` (what ``Ref`` gives) and ``attributes`` (what ``Fn::GetAtt`` gives).
    """

    type: str
    logical_id: str
    stack_id: str
    stack_name: str
    properties: dict[str, Any]
    previous: dict[str, Any] = field(default_factory=dict)
    physical_id: str = ""
    attributes: dict[str, Any] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    suffix: str = ""
    work: Work | None = None

    def physical_name(self, longest: int = 64, lower: bool = False) -> str:
        """A name as CloudFormation makes it up: stack, logical id, 12 random characters."""
        room = longest - len(self.suffix) - 2
        stack = self.stack_name[: max(0, room // 2)]
        logical = self.logical_id[: room - len(stack)]
        stack = self.stack_name[: room - len(logical)]
        name = f"{stack}-{logical}-{self.suffix}"
        return name.lower() if lower else name


class Resource:
    """One resource type. Methods run in a transaction and call operations, never tables; what must
    wait returns a coroutine, with ``change.work``. ``delete`` is idempotent.

    ``told``: what its user should know of all of this type, in the stack's events."""

    told: str | None = None

    def create(self, call: Call, change: Change) -> Step:
        raise NotImplementedError

    def update(self, call: Call, change: Change) -> Step:
        raise Replace

    def delete(self, call: Call, change: Change) -> Step:
        raise NotImplementedError

    def read(self, call: Call, change: Change) -> dict[str, Any]:
        """The properties of ``change.physical_id`` as they are now; ``None`` for one that it could tell and that has no
        value. Sets ``attributes``; raises AwsError where there is no such resource."""
        raise Untellable

    def known(self, call: Call) -> list[str]:
        """The physical ids of all there are."""
        raise Untellable

    def named(self, call: Call, properties: Mapping[str, Any]) -> str | None:
        """The physical id of what exists under the name that a template gives, None where nothing does: for a type
        whose creation would take it for its own."""
        return None

    def locate(self, identifier: str) -> str:
        """The physical id of what the type's primary identifier names: most often the same."""
        return identifier


def resource(kind: str) -> Callable[[ResourceT], ResourceT]:
    """Mark a class as the implementation of a CloudFormation type."""

    def mark(made: ResourceT) -> ResourceT:
        made.__resource__ = kind  # type: ignore[attr-defined]
        return made

    return mark


def all_listed(
    call: Call,
    service: str,
    name: str,
    member: str,
    tokens: tuple[str, str] = ("NextToken", "NextToken"),
    request: Mapping[str, Any] = MappingProxyType({}),
) -> list[Any]:
    """What an operation lists as ``member``, over all its pages; ``tokens`` are the answer's and the request's."""
    listed: list[Any] = []
    answer = call.operation(service, name, dict(request))
    while True:
        listed += answer.get(member) or ()
        if not (token := answer.get(tokens[0])):
            return listed
        answer = call.operation(service, name, {**request, tokens[1]: token})


def found(call: Call, service: str, name: str, request: Mapping[str, Any]) -> dict[str, Any] | None:
    """What an operation that describes one thing answers; None where it refuses, as there is no such thing."""
    try:
        return call.operation(service, name, request)
    except AwsError:
        return None


def read_object(call: Call, location: Mapping[str, Any]) -> str:
    """The text of an object in S3 that a property names: ``Bucket``, ``Key``, ``Version``."""
    request = {"Bucket": location["Bucket"], "Key": location["Key"]}
    if location.get("Version"):
        request["VersionId"] = location["Version"]
    body = call.operation("s3", "GetObject", request)["Body"]
    return (body.read() if isinstance(body, Blob) else bytes(body)).decode()
