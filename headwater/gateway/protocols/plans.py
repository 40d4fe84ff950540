"""What every protocol compiles an operation to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from headwater.gateway.messages import HttpRequest, HttpResponse

Parse = Callable[[HttpRequest, Mapping[str, str]], dict[str, Any]]
"""(request, parameters of its path) to the operation's input; raises AwsError."""
Serialize = Callable[[Mapping[str, Any], str], HttpResponse]
"""(result, request id) to a response."""


class Events(NamedTuple):
    """The member of the output that is an event stream, what comes before its events, and how each is written."""

    member: str
    initial: bytes
    write: Callable[[str, Mapping[str, Any]], bytes]


class Plan(NamedTuple):
    """How one operation travels in one protocol. ``events``: of one that answers with a stream of them."""

    parse: Parse
    serialize: Serialize
    events: Events | None = None
