"""What a principal may do by the policies that it has in IAM.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from headwater.languages.policies.circumstances import Circumstances
from headwater.languages.policies.decisions import Decision, decide
from headwater.languages.policies.statements import Statement

_MOST_REMEMBERED = 10_000


class Permissions:
    """``policies`` are the statements of identity-based policies and ``boundary`` those of the permissions boundary,
    None where there is none; ``complete``: whether there are no others, whose documents are not known. ``values`` are
    condition keys of the principal. What was asked once is remembered."""

    def __init__(
        self,
        policies: Sequence[Statement],
        boundary: Sequence[Statement] | None,
        complete: bool,
        values: Mapping[str, tuple[str, ...]],
    ) -> None:
        self._policies = policies
        self._boundary = boundary
        self._complete = complete
        self.values = values
        self._known: dict[tuple[str, str], str | None] = {}

    def lacks(self, action: str, resource: str) -> str | None:
        """Why an action (``sqs:SendMessage``) on a resource (its ARN; '': on whichever) is denied, as AWS says it
        at the end of its errors. None where it is allowed, and where that hangs on what is not known."""
        key = (action, resource)
        try:
            return self._known[key]
        except KeyError:
            why = self._weigh(action, resource)
        if len(self._known) < _MOST_REMEMBERED:
            self._known[key] = why
        return why

    def _weigh(self, action: str, resource: str) -> str | None:
        decisions = [(self._decide(self._policies, action, resource), "identity-based policy")]
        if self._boundary is not None:
            decisions.append((self._decide(self._boundary, action, resource), "permissions boundary"))
        for decision, kind in decisions:
            if decision is Decision.EXPLICITLY_DENIED:
                article = "an" if kind[0] == "i" else "a"
                return f"with an explicit deny in {article} {kind}"
        if self._complete:
            for decision, kind in decisions:
                if decision is Decision.IMPLICITLY_DENIED:
                    return f"because no {kind} allows the {action} action"
        return None

    def _decide(self, statements: Sequence[Statement], action: str, resource: str) -> Decision:
        if resource:
            account = (resource.split(":", 5) + [""] * 5)[4]  # what a client wrote may be no ARN
            values = {**self.values, "aws:resourceaccount": (account,)} if account else self.values
            return decide(statements, action, resource, Circumstances(values, complete=False))
        allows = any(each.allows and each.actions.include(action.lower(), _UNKNOWN) is not False for each in statements)
        return Decision.UNDECIDED if allows else Decision.IMPLICITLY_DENIED


_UNKNOWN = Circumstances({}, complete=False)
