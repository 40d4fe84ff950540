"""How data flows through a state: what it works with, what it leaves behind, which variables it assigns.

JSONPath: InputPath, Parameters, ResultSelector, ResultPath, OutputPath, Assign. JSONata: Arguments, Output, Assign.
https://docs.aws.amazon.com/step-functions/latest/dg/concepts-input-output-filtering.html
"""

from typing import TYPE_CHECKING, Any, Protocol

from headwater.languages.asl.errors import (
    NULL_INPUT,
    REFERENCE_PATH_CONFLICT,
    RESULT_PATH_MATCH_FAILURE,
    StateFailed,
    runtime,
)
from headwater.languages.asl.queries import PathQuery, Scope, dump
from headwater.languages.asl.templates import JsonataScope, Template
from headwater.languages.jsonata import UNDEFINED
from headwater.languages.jsonpath import Key, NoPlace, PathMissing, put

if TYPE_CHECKING:
    from headwater.languages.asl.execution import Frame
    from headwater.languages.asl.run import Run

# What a state leaves behind: value, its JSON text, assigned variables.
Left = tuple[Any, str, dict[str, Any] | None]
# Of a result: it does not show in what the state has left behind.
UNKNOWN: Any = object()


class Flow(Protocol):
    def arguments(self, run: "Run", frame: "Frame") -> Any:
        """What the state works with."""

    def leave(self, run: "Run", frame: "Frame", result: Any, text: str | None, *, has_result: bool) -> Left:
        """What follows from the state's result (its input, for states without one). `text`: of the result, if known."""

    @property
    def shows_result(self) -> bool:
        """Whether the result can be read off the output."""

    def result_in(self, output: Any) -> Any:
        """The result that must have been there for the state to leave this output behind, or UNKNOWN."""


class FilterPath:
    """InputPath, OutputPath or ItemsPath."""

    __slots__ = ("_query",)

    def __init__(self, query: PathQuery) -> None:
        self._query = query

    def select(self, run: "Run", frame: "Frame", value: Any) -> Any:
        try:
            return self._query.find(Scope(run, frame, value))
        except PathMissing as missing:
            if value is None and self._query.within is not None:
                raise runtime(NULL_INPUT) from None
            raise runtime(f"Invalid path '{self._query.text}' : {missing}") from None


class NoPath:
    """InputPath or OutputPath null: an empty object."""

    def select(self, run: "Run", frame: "Frame", value: Any) -> Any:
        return {}


class PathFlow:
    """The flow of a JSONPath state. `result_path`: keys, None where the result is discarded."""

    __slots__ = ("assign", "input_path", "output_path", "parameters", "plain", "result_path", "selector")

    def __init__(
        self,
        *,
        input_path: FilterPath | NoPath | None = None,
        parameters: Template | None = None,
        selector: Template | None = None,
        result_path: tuple[Key, ...] | None = (),
        output_path: FilterPath | NoPath | None = None,
        assign: Template | None = None,
    ) -> None:
        self.input_path = input_path
        self.parameters = parameters
        self.selector = selector
        self.result_path = result_path
        self.output_path = output_path
        self.assign = assign
        # the result is what the state leaves behind
        self.plain = result_path == () and not (assign or selector or output_path)

    def effective(self, run: "Run", frame: "Frame") -> Any:
        """The input behind InputPath."""
        return frame.value if self.input_path is None else self.input_path.select(run, frame, frame.value)

    def arguments(self, run: "Run", frame: "Frame") -> Any:
        value = frame.value if self.input_path is None else self.input_path.select(run, frame, frame.value)
        return value if self.parameters is None else self.parameters.evaluate(Scope(run, frame, value))

    def leave(self, run: "Run", frame: "Frame", result: Any, text: str | None, *, has_result: bool) -> Left:
        if self.plain:
            return result, frame.text if result is frame.value else text or dump(result), None
        assigned = None if self.assign is None else self.assign.evaluate(Scope(run, frame, result))
        output = result if self.selector is None else self.selector.evaluate(Scope(run, frame, result))
        output = place(frame, self.result_path, output)
        if self.output_path is not None:
            output = self.output_path.select(run, frame, output)
        return output, text_of(frame, output, result, text), assigned

    @property
    def shows_result(self) -> bool:
        return self.selector is None and self.output_path is None and self.result_path is not None

    def result_in(self, output: Any) -> Any:
        if not self.shows_result:
            return UNKNOWN
        for key in self.result_path or ():
            output = output[key]
        return output


class JsonataFlow:
    __slots__ = ("assign", "given", "output")

    def __init__(
        self,
        *,
        arguments: Template | None = None,
        output: Template | None = None,
        assign: Template | None = None,
    ) -> None:
        self.given = arguments
        self.output = output
        self.assign = assign

    def arguments(self, run: "Run", frame: "Frame") -> Any:
        return frame.value if self.given is None else self.given.evaluate(JsonataScope(run, frame))

    def leave(self, run: "Run", frame: "Frame", result: Any, text: str | None, *, has_result: bool) -> Left:
        if self.assign is None and self.output is None:
            return result, text_of(frame, result, result, text), None
        scope = JsonataScope(run, frame, result if has_result else UNDEFINED)
        assigned = None if self.assign is None else self.assign.evaluate(scope)
        output = result if self.output is None else self.output.evaluate(scope)
        return output, text_of(frame, output, result, text), assigned

    @property
    def shows_result(self) -> bool:
        return self.output is None

    def result_in(self, output: Any) -> Any:
        return output if self.output is None else UNKNOWN


def place(frame: "Frame", result_path: tuple[Key, ...] | None, result: Any) -> Any:
    """The state's input with the result at ResultPath."""
    if result_path is None:
        return frame.value
    if not result_path:
        return result
    try:
        return put(frame.value, result_path, result)
    except NoPlace as none:
        cause = f'Unable to apply step "{none.key}" to input {dump(none.node)}'
        raise StateFailed(REFERENCE_PATH_CONFLICT, cause, alias=RESULT_PATH_MATCH_FAILURE) from None


def text_of(frame: "Frame", output: Any, result: Any, text: str | None) -> str:
    """The JSON text of an output: verbatim where it is the input or the result as they came."""
    if output is frame.value:
        return frame.text
    if output is result and text is not None:
        return text
    return dump(output)
