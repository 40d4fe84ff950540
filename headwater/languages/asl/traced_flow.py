"""Flows that note what each of their stages gives, for TestState's inspection. States of real executions have none."""

from typing import TYPE_CHECKING, Any

from headwater.languages.asl.flow import Flow, JsonataFlow, Left, PathFlow, place, text_of
from headwater.languages.asl.machine import State
from headwater.languages.asl.queries import Scope, dump

if TYPE_CHECKING:
    from headwater.languages.asl.execution import Frame
    from headwater.languages.asl.run import Run

# Kinds whose arguments, raw results, and shaped results are shown.
_ARGUMENTS = ("Pass", "Task", "Parallel")
_RESULTS = ("Task", "Parallel")
_SHAPED = ("Pass", "Task", "Parallel", "Map")


def traced(state: State, inspected: dict[str, Any]) -> Flow:
    """The state's flow, noting into `inspected`."""
    fixed = bool(getattr(state, "fixed", False))
    if isinstance(state.flow, JsonataFlow):
        return TracedJsonataFlow(state.flow, state.kind, inspected)
    if state.kind == "Fail":
        inspected["afterInputPath"] = inspected["input"]
    return TracedPathFlow(state.flow, state.kind, inspected, fixed=fixed)


class TracedPathFlow(PathFlow):
    __slots__ = ("fixed", "inspected", "kind")

    def __init__(self, flow: PathFlow, kind: str, inspected: dict[str, Any], *, fixed: bool) -> None:
        super().__init__(
            input_path=flow.input_path,
            parameters=flow.parameters,
            selector=flow.selector,
            result_path=flow.result_path,
            output_path=flow.output_path,
            assign=flow.assign,
        )
        self.kind, self.inspected, self.fixed = kind, inspected, fixed

    def effective(self, run: "Run", frame: "Frame") -> Any:
        value = super().effective(run, frame)
        self.inspected["afterInputPath"] = dump(value)
        return value

    def arguments(self, run: "Run", frame: "Frame") -> Any:
        value = self.effective(run, frame)
        if self.parameters is not None:
            value = self.parameters.evaluate(Scope(run, frame, value))
        if self.kind in _ARGUMENTS:
            self.inspected["afterParameters"] = dump(value)
        return value

    def leave(self, run: "Run", frame: "Frame", result: Any, text: str | None, *, has_result: bool) -> Left:
        if self.kind not in _SHAPED:
            return super().leave(run, frame, result, text, has_result=has_result)
        if self.kind in _RESULTS or self.fixed:
            self.inspected["result"] = dump(result) if text is None else text
        assigned = None if self.assign is None else self.assign.evaluate(Scope(run, frame, result))
        output = result if self.selector is None else self.selector.evaluate(Scope(run, frame, result))
        self.inspected["afterResultSelector"] = dump(output)
        output = place(frame, self.result_path, output)
        self.inspected["afterResultPath"] = dump(output)
        if self.output_path is not None:
            output = self.output_path.select(run, frame, output)
        return output, text_of(frame, output, result, text), assigned


class TracedJsonataFlow(JsonataFlow):
    __slots__ = ("inspected", "kind")

    def __init__(self, flow: JsonataFlow, kind: str, inspected: dict[str, Any]) -> None:
        super().__init__(arguments=flow.given, output=flow.output, assign=flow.assign)
        self.kind, self.inspected = kind, inspected

    def arguments(self, run: "Run", frame: "Frame") -> Any:
        value = super().arguments(run, frame)
        if self.kind in _RESULTS:
            self.inspected["afterArguments"] = dump(value)
        return value

    def leave(self, run: "Run", frame: "Frame", result: Any, text: str | None, *, has_result: bool) -> Left:
        if self.kind in _RESULTS:
            self.inspected["result"] = dump(result) if text is None else text
        return super().leave(run, frame, result, text, has_result=has_result)
