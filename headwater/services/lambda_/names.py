"""The ways to name a function: its name, a partial ARN, an ARN, each with or without a qualifier.

https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_RequestSyntax
"""

from __future__ import annotations

import re
from typing import NamedTuple

from headwater.services.lambda_.errors import invalid_parameter
from headwater.spine.arns import make_arn
from headwater.spine.operations import Call, Request

LATEST = "$LATEST"
_REFERENCE = re.compile(
    r"(?:arn:[\w-]+:lambda:(?P<region>[\w-]+):)?(?:(?P<account>\d{12}):)?(?:function:)?"
    r"(?P<name>[\w-]+)(?::(?P<qualifier>\$LATEST|[\w-]+))?"
)


class Reference(NamedTuple):
    """A function that a request names; ``arn`` is unqualified, ``qualifier`` empty where none is given."""

    arn: str
    name: str
    qualifier: str

    @property
    def qualified(self) -> str:
        return f"{self.arn}:{self.qualifier}" if self.qualifier else self.arn


def refer(call: Call, request: Request) -> Reference:
    """What ``FunctionName`` and ``Qualifier`` of a request name."""
    return parse_reference(call, request["FunctionName"], request.get("Qualifier") or "")


def parse_reference(call: Call, text: str, qualifier: str = "") -> Reference:
    match = _REFERENCE.fullmatch(text)
    if match is None:
        raise invalid_parameter(f"{text} is not a valid function ARN")
    derived = match["qualifier"] or ""
    if derived and qualifier and derived != qualifier:
        raise invalid_parameter("The derived qualifier from the function name does not match the specified qualifier.")
    arn = make_arn(
        "lambda", match["region"] or call.region, match["account"] or call.account, f"function:{match['name']}"
    )
    return Reference(arn, match["name"], derived or qualifier)
