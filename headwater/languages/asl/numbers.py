"""Numbers that a Map takes fixed, by path or by expression: concurrency and tolerated failures."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from headwater.languages.asl.errors import runtime
from headwater.languages.asl.queries import Scope, dump
from headwater.languages.asl.templates import Constant, JsonataScope, Template, expect

if TYPE_CHECKING:
    from headwater.languages.asl.execution import Frame
    from headwater.languages.asl.run import Run


@dataclass(frozen=True, slots=True)
class Number:
    """A number field. `path`: the text of a …Path field, whose values may also be numbers written as strings."""

    field: str
    value: Template
    path: str = ""
    integer: bool = True

    def evaluate(self, run: "Run", frame: "Frame", effective: Any, *, jsonata: bool) -> float:
        if isinstance(self.value, Constant):
            return float(self.value.value)
        if jsonata:
            return float(expect(self.value, self.value.evaluate(JsonataScope(run, frame)), "number"))
        value = self.value.evaluate(Scope(run, frame, effective))
        number = self._read(value)
        if number is None:
            shown = value if type(value) is str else dump(value)
            kind = "integer" if self.integer else "float"
            raise runtime(f'The {self.field} field refers to value "{shown}" which is not a valid {kind}: {self.path}')
        return number

    def _read(self, value: Any) -> float | None:
        if type(value) not in (int, float, str) or (self.integer and type(value) is float):
            return None
        try:
            return float(int(value) if self.integer else float(value))
        except ValueError:
            return None
