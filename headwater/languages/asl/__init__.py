"""The Amazon States Language, pure: `parse` a definition, `start` an execution, `resume` it with what happens.

https://docs.aws.amazon.com/step-functions/latest/dg/concepts-amazon-states-language.html
"""

from headwater.languages.asl.errors import Diagnostic, InvalidDefinition
from headwater.languages.asl.execution import Execution, Frame, load_frame
from headwater.languages.asl.machine import Machine
from headwater.languages.asl.parse import parse, parse_state, validate
from headwater.languages.asl.run import Run, resume, start

__all__ = [
    "Diagnostic",
    "Execution",
    "Frame",
    "InvalidDefinition",
    "Machine",
    "Run",
    "load_frame",
    "parse",
    "parse_state",
    "resume",
    "start",
    "validate",
]
