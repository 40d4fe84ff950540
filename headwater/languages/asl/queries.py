"""JSONPath queries of a state: `$` its input, `$$` the context object, `$name` a variable, `States.…` a function."""

import re
from typing import TYPE_CHECKING, Any

import orjson

from headwater.languages.asl.errors import INTRINSIC_FAILURE, NULL_INPUT, StateFailed, runtime
from headwater.languages.intrinsics import Intrinsic
from headwater.languages.intrinsics_functions import IntrinsicError
from headwater.languages.jsonpath import Path, PathError, PathMissing

if TYPE_CHECKING:
    from headwater.languages.asl.execution import Frame
    from headwater.languages.asl.run import Run

_ROOT = re.compile(r"\$(\$|[^\W\d]\w*)?")


def dump(value: Any) -> str:
    return orjson.dumps(value).decode()


class Scope:
    """What a query looks at: `value` as `$`, in a frame of a run."""

    __slots__ = ("_text", "frame", "ids", "run", "value")

    def __init__(self, run: "Run", frame: "Frame", value: Any) -> None:
        self.run = run
        self.frame = frame
        self.value = value
        self.ids = run.ids
        self._text: str | None = None

    @property
    def text(self) -> str:
        if self.value is self.frame.value:
            return self.frame.text
        return dump(self.value)

    def context(self) -> dict[str, Any]:
        return self.run.context(self.frame)


class PathQuery:
    """A compiled path with its root. PathError where the text is no path."""

    __slots__ = ("_path", "_root", "text", "within")

    def __init__(self, text: str) -> None:
        match = _ROOT.match(text)
        if match is None:
            raise PathError("Path must start with '$'")
        self.text = text
        self._root = match.group(1) or ""
        self._path = Path("$" + text[match.end() :])
        # of a path in the value that is looked at, what finds it there
        self.within = None if self._root else self._path.find

    @property
    def is_input(self) -> bool:
        """True for plain `$`."""
        return self.text == "$"

    @property
    def definite(self) -> bool:
        return self._path.definite

    def find(self, scope: Scope) -> Any:
        """The value found; PathMissing where there is none."""
        if not self._root:
            return self._path.find(scope.value)
        return self._path.find(self._subject(scope))

    def exists(self, scope: Scope) -> bool:
        try:
            return self._path.exists(self._subject(scope))
        except PathMissing:
            return False

    def subject_text(self, scope: Scope) -> str:
        """The JSON text that the query looked into, for error messages."""
        return dump(scope.context()) if self._root == "$" else scope.text

    def _subject(self, scope: Scope) -> Any:
        if not self._root:
            return scope.value
        if self._root == "$":
            return scope.context()
        try:
            return scope.frame.variables[self._root]
        except KeyError:
            raise PathMissing(f"Missing variable {self._root}") from None


class FieldQuery:
    """A path or an intrinsic function as the value of a field; StateFailed in AWS's words where it yields nothing."""

    __slots__ = ("_field", "_intrinsic", "_path")

    def __init__(self, text: str, field: str) -> None:
        self._field = field
        self._path = PathQuery(text) if text.startswith("$") else None
        self._intrinsic = None if self._path else Intrinsic(text, _compile_argument)

    def evaluate(self, scope: Scope) -> Any:
        path = self._path
        if path is None:
            return self._call(scope)
        if scope.value is None and path.within is not None:
            raise runtime(NULL_INPUT)
        try:
            return path.within(scope.value) if path.within is not None else path.find(scope)
        except PathMissing:
            raise runtime(
                f"The JSONPath '{path.text}' specified for the field '{self._field}' could not be found in the input "
                f"'{path.subject_text(scope)}'"
            ) from None

    def _call(self, scope: Scope) -> Any:
        intrinsic = self._intrinsic
        assert intrinsic is not None
        try:
            return intrinsic.call(scope)
        except IntrinsicError as error:
            cause = f"The function '{intrinsic.text}' had the following error: {error}"
            raise StateFailed(INTRINSIC_FAILURE, cause, interpreter=True) from None
        except _ArgumentMissing as error:
            raise runtime(f"The function '{intrinsic.text}' had the following error: {error}") from None


class _ArgumentMissing(Exception):
    """A path among a function's arguments leads nowhere."""


def _compile_argument(text: str) -> Any:
    path = PathQuery(text)
    shown = text.replace("$$", "$", 1)

    def find(scope: Scope) -> Any:
        try:
            value = path.find(scope)
        except PathMissing as missing:
            if str(missing).startswith("Filter: "):
                raise _ArgumentMissing(str(missing)) from None
            value = None
        # what a field takes for null, an index past an array's end, is missing here
        if value is None and not path.exists(scope):
            raise _ArgumentMissing(
                f"The JsonPath argument for the field '{shown}' could not be found in the input '{scope.text}'"
            )
        return value

    return find
