"""ResultWriter: what becomes of the children's results, in the state's output or in Amazon S3.

https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from headwater.languages.asl.queries import Scope, dump
from headwater.languages.asl.templates import JsonataScope, Template

if TYPE_CHECKING:
    from headwater.languages.asl.execution import Frame
    from headwater.languages.asl.run import Run

NONE = "NONE"
COMPACT = "COMPACT"
FLATTEN = "FLATTEN"
JSON = "JSON"
JSONL = "JSONL"


@dataclass(frozen=True, slots=True)
class ResultWriter:
    """`parameters`: bucket and prefix, None where the results only go into the output."""

    transformation: str
    output_type: str
    parameters: Template | None = None

    def evaluate(self, run: "Run", frame: "Frame", effective: Any, *, jsonata: bool) -> dict[str, Any]:
        scope = JsonataScope(run, frame) if jsonata else Scope(run, frame, effective)
        return {
            "transformation": self.transformation,
            "output_type": self.output_type,
            "parameters": None if self.parameters is None else self.parameters.evaluate(scope),
        }


def transformed(record: dict[str, Any], output: str | None, transformation: str) -> Iterable[str]:
    """JSON texts for one child: its whole record, or its output, or what its output array holds.

    A child that failed has no output and always gives its record.
    """
    if output is None or transformation == NONE:
        return (dump(record),)
    if transformation == FLATTEN and output.startswith("["):
        return [dump(element) for element in orjson.loads(output)]
    return (output,)
