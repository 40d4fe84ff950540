"""How spans count: what is seen of one, and the dimensions that it bears."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

OK = ("ok", "again", None)


class Seen(NamedTuple):
    """One span; ``duration`` in microseconds."""

    name: str
    subject: str
    outcome: str | None
    duration: int | None
    notes: Mapping[str, Any]

    @property
    def fine(self) -> bool:
        return self.outcome in OK


Value = Callable[[Seen], float | None]


class Count(NamedTuple):
    """A metric that spans of some names tell; None where one tells nothing of it."""

    spans: tuple[str, ...]
    value: Value
    unit: str = "Count"


class Dead(NamedTuple):
    """A metric that deliveries which were given up tell; ``subject``: the payload's member that names of what."""

    handler: str
    subject: str
    value: Value


def dimensions_of(namespace: str, seen: Seen) -> dict[str, str]:
    """All dimensions that a span bears; a metric of fewer of them is told by it too."""
    reader = _DIMENSIONS.get(namespace)
    return reader(seen) if reader is not None and seen.subject else {}


def _name(seen: Seen) -> str:
    return seen.subject.split(":", 5)[-1]


def _function(seen: Seen) -> dict[str, str]:
    """``function:NAME`` or ``function:NAME:QUALIFIER``."""
    name = _name(seen).removeprefix("function:")
    return {"FunctionName": name.partition(":")[0], "Resource": name}


def _rule(seen: Seen) -> dict[str, str]:
    """``rule/NAME``, or ``rule/BUS/NAME``."""
    parts = _name(seen).split("/")
    return {"RuleName": parts[-1]} | ({"EventBusName": parts[1]} if len(parts) == 3 else {})


def _machine(seen: Seen) -> dict[str, str]:
    """Of ``execution:MACHINE:NAME``."""
    head, _, rest = seen.subject.partition(":execution:")
    return {"StateMachineArn": f"{head}:stateMachine:{rest.partition(':')[0]}"} if rest else {}


def _api(seen: Seen) -> dict[str, str]:
    """Of ``API/STAGE/METHOD/PATH``."""
    api, _, rest = _name(seen).partition("/")
    return {"ApiId": api, "Stage": rest.partition("/")[0]}


def _table(seen: Seen) -> dict[str, str]:
    """``table/NAME``; the operation is the span's own."""
    name = _name(seen).removeprefix("table/").partition("/")[0]
    return {"TableName": name, "Operation": seen.name.partition(":")[2]}


def _topic(seen: Seen) -> dict[str, str]:
    return {"TopicName": _name(seen).partition(":")[0]}


_DIMENSIONS: Mapping[str, Callable[[Seen], dict[str, str]]] = MappingProxyType(
    {
        "AWS/Lambda": _function,
        "AWS/SQS": lambda seen: {"QueueName": _name(seen)},
        "AWS/Events": _rule,
        "AWS/States": _machine,
        "AWS/ApiGateway": _api,
        "AWS/DynamoDB": _table,
        "AWS/SNS": _topic,
    }
)
