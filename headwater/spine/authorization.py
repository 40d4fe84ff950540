"""Which actions on which resources an operation asks for: what each service says of its own.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from headwater.spine.operations import Call


class Access(NamedTuple):
    """An action of IAM's, such as ``sqs:SendMessage``, and the ARN of what it is done to; '' for whichever."""

    action: str
    resource: str


Needs = Callable[["Call", Mapping[str, Any]], Iterable[Access]]
"""Of a request, which may be a bad one."""


class Authorization(NamedTuple):
    """``needs`` by the names of operations; of those that it does not have, the action has the operation's name, and
    the resource is not looked at, unless they are ``unweighed``: what they need is not known, or nothing. So are all
    ``others`` where that is False."""

    needs: Mapping[str, Needs]
    unweighed: frozenset[str] = frozenset()
    others: bool = True

    def of(self, prefix: str, name: str) -> Needs | None:
        if name in self.needs:
            return self.needs[name]
        if name in self.unweighed or not self.others:
            return None
        access = (Access(f"{prefix}:{name}", ""),)
        return lambda call, request: access


def by_member(action: str, member: str, arn: Callable[[Call, str], str]) -> Needs:
    """One action on what a member of the request names; nothing where it names nothing."""

    def needs(call: Call, request: Mapping[str, Any]) -> Iterable[Access]:
        name = request.get(member)
        return (Access(action, arn(call, name)),) if name else ()

    return needs


def names(arn: Callable[[Call, str], str], prefix: str, **members: str) -> dict[str, Needs]:
    """Operations whose action has their own name, by the member that names the resource, each a text of names:
    ``names(queue_arn, "sqs", QueueUrl="SendMessage PurgeQueue")``."""
    return {
        name: by_member(f"{prefix}:{name}", member, arn)
        for member, listed in members.items()
        for name in listed.split()
    }
