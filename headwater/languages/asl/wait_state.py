"""Wait: for a number of seconds or until a time. What is over already does not wait."""

from typing import TYPE_CHECKING, Any

from headwater.languages.asl import execution as frames
from headwater.languages.asl.errors import runtime
from headwater.languages.asl.flow import Flow
from headwater.languages.asl.machine import State
from headwater.languages.asl.queries import Scope, dump
from headwater.languages.asl.templates import JsonataScope, Template, expect, unusable
from headwater.languages.asl.timestamps import parse_timestamp

if TYPE_CHECKING:
    from headwater.languages.asl.execution import Frame
    from headwater.languages.asl.run import Run

MAXIMUM_SECONDS = 99_999_999


class WaitState(State):
    """`field`: Seconds, SecondsPath, Timestamp or TimestampPath; `path`: the text of a …Path field."""

    kind = "Wait"

    def __init__(
        self, name: str, next_: str | None, flow: Flow, *, field: str, value: Template, path: str = ""
    ) -> None:
        super().__init__(name, next_, flow)
        self.field = field
        self.value = value
        self.path = path

    def enter(self, run: "Run", frame: "Frame") -> bool:
        until = self._until(run, frame)
        if until <= run.now:
            return self.timer(run, frame)
        run.sleep(frame, frames.TIMER, until)
        return False

    def timer(self, run: "Run", frame: "Frame") -> bool:
        run.wake(frame)
        value = frame.value if self.jsonata else self.flow.effective(run, frame)
        return self.leave(run, frame, value, None, has_result=False)

    def _until(self, run: "Run", frame: "Frame") -> int:
        if self.jsonata:
            value = self.value.evaluate(JsonataScope(run, frame))
        else:
            value = self.value.evaluate(Scope(run, frame, self.flow.effective(run, frame)))
        if self.field.startswith("Seconds"):
            return run.now + 1000 * self._seconds(value)
        moment = parse_timestamp(value)
        if moment is None and self.jsonata:
            raise unusable(self.value, value, "an ISO-8601 extended offset date-time format string")
        if moment is None:
            raise runtime(
                f"The {self.field} parameter does not reference a valid ISO-8601 extended offset date-time format "
                f"string: {self._shown(value)}"
            )
        # AWS looks at whole seconds
        return moment // 1_000_000_000 * 1000

    def _seconds(self, value: Any) -> int:
        if self.jsonata:
            value = expect(self.value, value, "number")
            if type(value) is not int or not 0 <= value <= MAXIMUM_SECONDS:
                raise unusable(self.value, value, f"an integer between 0 and {MAXIMUM_SECONDS}")
        if type(value) is not int:
            raise runtime(f"The {self.field} parameter cannot be parsed as a long value: {self._shown(value)}")
        if value < 0:
            raise runtime(f"The {self.field} parameter references a negative value: {self._shown(value)}")
        if value > MAXIMUM_SECONDS:
            raise runtime(
                f"The {self.field} parameter references a value greater than {MAXIMUM_SECONDS}: {self._shown(value)}"
            )
        return value

    def _shown(self, value: Any) -> str:
        text = value if type(value) is str else dump(value)
        return f"{self.path} == {text}" if self.path else text
