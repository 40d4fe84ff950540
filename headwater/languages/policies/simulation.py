"""What policies come to on one action and one resource, and which of their statements decide it.

Nothing is known of the request but what is said: a condition on any other key is as if it had no value, and the key is
told to be missing.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from headwater.languages.policies.circumstances import Circumstances
from headwater.languages.policies.decisions import Decision
from headwater.languages.policies.located import Located


class Source(NamedTuple):
    """A policy: what AWS calls it, and its kind (``IAM Policy``, ``Resource Policy``; '' where that is not told)."""

    name: str
    kind: str
    statements: Sequence[Located]


class Matched(NamedTuple):
    source: Source
    located: Located


class Outcome(NamedTuple):
    """``decision`` is ALLOWED or one of the two denials. ``bounded``: whether the permissions boundary allows it; None
    where there is none."""

    decision: Decision
    matched: tuple[Matched, ...]
    missing: tuple[str, ...]
    bounded: bool | None


class Simulation(NamedTuple):
    """``policies`` of the identity, its permissions boundary (None: it has none), and the policy of each resource,
    which is asked for ``callers``: the names of whoever calls."""

    policies: Sequence[Source]
    boundary: Source | None
    resource_policy: Source | None
    callers: tuple[str, ...]
    circumstances: Circumstances

    def of(self, action: str, resource: str) -> Outcome:
        own = [each for source in self.policies for each in self._concerning(source, action, resource)]
        beside = list(self._beside(action, resource))
        limits = [] if self.boundary is None else list(self._concerning(self.boundary, action, resource))
        bounded = None if self.boundary is None else _allows(limits)
        missing = self._missing(action, resource)
        denials = tuple(each for each in (*own, *beside, *limits) if not each.located.statement.allows)
        if denials:
            return Outcome(Decision.EXPLICITLY_DENIED, denials, missing, bounded)
        let_in = any(each.located.statement.is_for(*self.callers[:1]) for each in beside)
        if let_in or (own and bounded is not False):
            return Outcome(Decision.ALLOWED, (*own, *beside), missing, bounded)
        return Outcome(Decision.IMPLICITLY_DENIED, (), missing, bounded)

    def _concerning(self, source: Source, action: str, resource: str) -> Iterator[Matched]:
        for each in source.statements:
            if each.statement.concerns(action, resource, self.circumstances):
                yield Matched(source, each)

    def _beside(self, action: str, resource: str) -> Iterator[Matched]:
        if self.resource_policy is not None:
            for each in self._concerning(self.resource_policy, action, resource):
                if each.located.statement.is_for(*self.callers):
                    yield each

    def _missing(self, action: str, resource: str) -> tuple[str, ...]:
        """Keys of the statements that speak of the action and perhaps of the resource."""
        unknown = self.circumstances._replace(complete=False)
        sources = (*self.policies, self.boundary, self.resource_policy)
        keys = {
            key.lower(): key
            for source in sources
            if source is not None
            for each in source.statements
            if each.statement.names(action, resource, unknown) is not False
            for key in each.keys
        }
        return tuple(key for lower, key in keys.items() if lower not in self.circumstances.values)


def _allows(matched: Sequence[Matched]) -> bool:
    return bool(matched) and all(each.located.statement.allows for each in matched)
