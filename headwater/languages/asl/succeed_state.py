"""Succeed: ends its workflow well."""

from typing import TYPE_CHECKING

from headwater.languages.asl.machine import State

if TYPE_CHECKING:
    from headwater.languages.asl.execution import Frame
    from headwater.languages.asl.run import Run


class SucceedState(State):
    kind = "Succeed"

    def enter(self, run: "Run", frame: "Frame") -> bool:
        return self.leave(run, frame, self.flow.arguments(run, frame), None, has_result=False)
