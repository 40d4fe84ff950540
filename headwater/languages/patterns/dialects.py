"""What each AWS service makes of the one pattern language: operators, limits, wording."""

from __future__ import annotations

from dataclasses import dataclass


class InvalidPattern(ValueError):
    """A pattern that AWS refuses; ``message`` is the service's text, ``reason`` the parser's part of it."""

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason


_OPERATORS = frozenset(
    {"prefix", "suffix", "anything-but", "numeric", "cidr", "exists", "equals-ignore-case", "wildcard"}
)
_NESTED = frozenset({"prefix", "suffix", "equals-ignore-case", "wildcard"})


@dataclass(frozen=True)
class Dialect:
    """One service's form of the language.

    - ``wording`` has ``{}`` where the parser's reason goes;
    - ``operators`` are those of match expressions, ``anything_but`` those allowed inside anything-but;
    - ``flat``: the whole message for a pattern with objects inside, where the service has none;
    - ``most_keys``: outermost field names;
    - ``most_branches``: what ``$or`` may multiply out to;
    - ``most_combinations``: the product of the numbers of values, each times its depth;
    - ``most_wildcard_states``: positions of one wildcard that one text can hold open at once.
    """

    name: str
    wording: str
    operators: frozenset[str] = _OPERATORS
    anything_but: frozenset[str] = _NESTED
    flat: str | None = None
    most_keys: int | None = None
    most_branches: int = 1000
    most_combinations: int | None = None
    most_wildcard_states: int | None = None

    def refuse(self, reason: str) -> InvalidPattern:
        return InvalidPattern(self.wording.format(reason), reason)


# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
# AWS does not publish the limit on wildcards; this one refuses its documented example of a pattern
# that is too complex, and no other that its documentation shows.
EVENTBRIDGE = Dialect(name="EventBridge", wording="Event pattern is not valid. Reason: {}", most_wildcard_states=12)
# https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html
SNS_ATTRIBUTES = Dialect(
    name="SNS MessageAttributes",
    wording="FilterPolicy: {}",
    flat="Filter policy scope MessageAttributes does not support nested filter policy",
    most_keys=5,
    most_combinations=150,
)
SNS_BODY = Dialect(name="SNS MessageBody", wording="FilterPolicy: {}", most_keys=5, most_combinations=150)
# https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html; EventBridge's table of
# operators says of pipes, which filter alike, that they have no wildcards and nest nothing in anything-but.
PIPES = Dialect(
    name="Lambda and Pipes",
    wording="Invalid filter pattern definition.",
    operators=_OPERATORS - {"wildcard"},
    anything_but=frozenset(),
)
