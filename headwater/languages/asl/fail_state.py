"""Fail: ends its workflow with an error, fixed or computed."""

from typing import TYPE_CHECKING, Any

from headwater.languages.asl.errors import runtime
from headwater.languages.asl.flow import Flow
from headwater.languages.asl.machine import State
from headwater.languages.asl.queries import Scope, dump
from headwater.languages.asl.templates import JsonataScope, Template, expect

if TYPE_CHECKING:
    from headwater.languages.asl.execution import Frame
    from headwater.languages.asl.run import Run


class FailState(State):
    kind = "Fail"

    def __init__(self, name: str, flow: Flow, *, error: Template | None, cause: Template | None) -> None:
        super().__init__(name, None, flow)
        self.error = error
        self.cause = cause

    def enter(self, run: "Run", frame: "Frame") -> bool:
        return run.fail(frame, self._text(run, frame, self.error), self._text(run, frame, self.cause))

    def _text(self, run: "Run", frame: "Frame", template: Template | None) -> str | None:
        if template is None:
            return None
        if self.jsonata:
            text: Any = expect(template, template.evaluate(JsonataScope(run, frame)), "string")
            return str(text)
        text = template.evaluate(Scope(run, frame, frame.value))
        if type(text) is not str:
            raise runtime(f"The value of a path field must be a string, but was: {dump(text)}")
        return text
