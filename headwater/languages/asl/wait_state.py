"""Wait: for a number of seconds or until a time. What is over already does not wait."""

from typing import TYPE_CHECKING, Any

from headwater.languages.asl import execution as frames
from headwater.languages.asl.diagnostics import Diagnostics
from headwater.languages.asl.errors import StateFailed, evaluation, runtime
from headwater.languages.asl.flow import Flow
from headwater.languages.asl.machine import State
from headwater.languages.asl.queries import PathQuery, Scope, dump
from headwater.languages.asl.schema import MAXIMUM_SECONDS
from headwater.languages.asl.templates import JsonataScope, Template, expect
from headwater.languages.asl.timestamps import parse_timestamp

if TYPE_CHECKING:
    from headwater.languages.asl.execution import Frame
    from headwater.languages.asl.run import Run


def check_wait(field: str, value: Any, location: str, diagnostics: Diagnostics) -> None:
    """Whether a definition can have this as its fixed Seconds or Timestamp. Of a Timestamp the words are ours."""
    if field == "Seconds":
        diagnostics.limits(value, location, 0, MAXIMUM_SECONDS)
    elif field == "Timestamp" and parse_timestamp(value) is None:
        diagnostics.schema("Value must be a valid ISO-8601 extended offset date-time format string", location)


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
        self._query = PathQuery(path) if path.startswith("$") else None

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
            scope = Scope(run, frame, self.flow.effective(run, frame))
            if self._query is not None and not self._query.exists(scope):
                raise runtime(f"The {self.field} parameter does not reference an input value: {self.path}")
            value = self.value.evaluate(scope)
        if self.field.startswith("Seconds"):
            return run.now + 1000 * self._seconds(value)
        moment = parse_timestamp(expect(self.value, value, "string") if self.jsonata else value)
        if moment is None:
            raise self._refused(
                f"does not reference a valid ISO-8601 extended offset date-time format string: {self._shown(value)}"
            )
        # AWS looks at whole seconds
        return moment // 1_000_000_000 * 1000

    def _seconds(self, value: Any) -> int:
        if self.jsonata:
            value = expect(self.value, value, "number")
        if type(value) is not int:
            raise self._refused(f"cannot be parsed as a long value: {self._shown(value)}")
        if value < 0:
            raise self._refused(f"references a negative value: {self._shown(value)}")
        if value > MAXIMUM_SECONDS:
            raise self._refused(f"references a value greater than {MAXIMUM_SECONDS}: {self._shown(value)}")
        return value

    def _refused(self, why: str) -> StateFailed:
        cause = f"The {self.field} parameter {why}"
        return evaluation(cause, self.field) if self.jsonata else runtime(cause)

    def _shown(self, value: Any) -> str:
        text = value if type(value) is str else dump(value)
        return f"{self.path} == {text}" if self.path else text
