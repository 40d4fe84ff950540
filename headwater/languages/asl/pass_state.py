"""Pass: its input, or a fixed or computed result, becomes its output."""

from typing import TYPE_CHECKING, Any

from headwater.languages.asl.flow import Flow
from headwater.languages.asl.machine import State
from headwater.languages.asl.queries import dump

if TYPE_CHECKING:
    from headwater.languages.asl.execution import Frame
    from headwater.languages.asl.run import Run


class PassState(State):
    kind = "Pass"

    def __init__(self, name: str, next_: str | None, flow: Flow, *, result: Any = None, fixed: bool = False) -> None:
        super().__init__(name, next_, flow)
        self.result = result
        self.fixed = fixed
        self.result_text = dump(result) if fixed else None

    def enter(self, run: "Run", frame: "Frame") -> bool:
        flow = self.flow
        result = self.result if self.fixed else frame.value if self.jsonata else flow.arguments(run, frame)
        output, text, assigned = flow.leave(run, frame, result, self.result_text, has_result=False)
        return run.exit(frame, self, output, text, assigned, self.next)
