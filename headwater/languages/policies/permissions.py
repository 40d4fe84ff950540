"""What a principal may do by the policies that it has in IAM, and by those of its session.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from headwater.languages.policies.circumstances import Circumstances
from headwater.languages.policies.decisions import Decision, decide
from headwater.languages.policies.statements import Statement

IDENTITY, BOUNDARY, SESSION = "identity-based policy", "permissions boundary", "session policy"
_MOST_REMEMBERED = 10_000
_NOTHING_ASKED: Mapping[str, tuple[str, ...]] = {}


class Layer(NamedTuple):
    """Policies of one kind, all of whose statements count together: IDENTITY, BOUNDARY or SESSION. ``complete``:
    whether there are no others of this kind, whose documents are not known."""

    kind: str
    statements: Sequence[Statement]
    complete: bool = True


class Permissions:
    """Each of the layers has to allow what is done. ``values`` are condition keys of the principal. What was asked
    once is remembered."""

    def __init__(self, layers: Sequence[Layer], values: Mapping[str, tuple[str, ...]]) -> None:
        self._layers = layers
        self.values = values
        self._known: dict[tuple[object, ...], str | None] = {}
        # for those who ask policies of resources for this principal: what these said, by whatever they were asked
        self.said: dict[tuple[object, ...], Any] = {}

    def lacks(self, action: str, resource: str, asked: Mapping[str, tuple[str, ...]] = _NOTHING_ASKED) -> str | None:
        """Why an action (``sqs:SendMessage``) on a resource (its ARN; '': on whichever) is denied, as AWS says it
        at the end of its errors. None where it is allowed, and where that hangs on what is not known. ``asked`` are
        condition keys of the request."""
        key: tuple[object, ...] = (action, resource, *asked.items()) if asked else (action, resource)
        try:
            return self._known[key]
        except KeyError:
            why = self._weigh(self._layers, action, resource, asked)
        if len(self._known) < _MOST_REMEMBERED:
            self._known[key] = why
        return why

    def limits(self, action: str, resource: str) -> str | None:
        """The same of one whom a resource's policy lets in by its role: what the role's own policies do not allow does
        not count."""
        return self._weigh([each for each in self._layers if each.kind != IDENTITY], action, resource, _NOTHING_ASKED)

    def _weigh(
        self, layers: Iterable[Layer], action: str, resource: str, asked: Mapping[str, tuple[str, ...]]
    ) -> str | None:
        decisions = [(layer, self._decide(layer.statements, action, resource, asked)) for layer in layers]
        for layer, decision in decisions:
            if decision is Decision.EXPLICITLY_DENIED:
                return f"with an explicit deny in {'an' if layer.kind is IDENTITY else 'a'} {layer.kind}"
        for layer, decision in decisions:
            if decision is Decision.IMPLICITLY_DENIED and layer.complete:
                return f"because no {layer.kind} allows the {action} action"
        return None

    def _decide(
        self, statements: Sequence[Statement], action: str, resource: str, asked: Mapping[str, tuple[str, ...]]
    ) -> Decision:
        if resource:
            account = (resource.split(":", 5) + [""] * 5)[4]  # what a client wrote may be no ARN
            values = {**self.values, **asked}
            if account:
                values["aws:resourceaccount"] = (account,)
            return decide(statements, action, resource, Circumstances(values, complete=False))
        allows = any(each.allows and each.actions.include(action.lower(), _UNKNOWN) is not False for each in statements)
        return Decision.UNDECIDED if allows else Decision.IMPLICITLY_DENIED


_UNKNOWN = Circumstances({}, complete=False)
