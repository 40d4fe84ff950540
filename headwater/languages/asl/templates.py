"""Payload templates: JSON with parts that are computed. `Parameters`, `ResultSelector`, `ItemSelector` and `Assign` in
JSONPath (fields named `….$`); `Arguments`, `Output`, `Assign` and more in JSONata (strings `{% … %}`).

A template without a computed part is a constant, which is handed out as it is: values are never changed in place.
"""

from collections.abc import Callable
from typing import Any, Protocol

from headwater.languages.asl.errors import StateFailed, evaluation, runtime
from headwater.languages.asl.queries import FieldQuery, dump
from headwater.languages.intrinsics import IntrinsicSyntaxError
from headwater.languages.intrinsics_order import hash_order
from headwater.languages.jsonata import UNDEFINED, Expression, JsonataError
from headwater.languages.jsonpath import PathError


class Template(Protocol):
    def evaluate(self, scope: Any) -> Any: ...


class Constant:
    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def evaluate(self, scope: Any) -> Any:
        return self.value


class ListTemplate:
    __slots__ = ("_items",)

    def __init__(self, items: list[Template]) -> None:
        self._items = items

    def evaluate(self, scope: Any) -> Any:
        return [item.evaluate(scope) for item in self._items]


class ObjectTemplate:
    """Fields in the order in which AWS puts them out (see intrinsics_order for JSONPath's)."""

    __slots__ = ("_fields",)

    def __init__(self, fields: list[tuple[str, Template]]) -> None:
        self._fields = fields

    def evaluate(self, scope: Any) -> Any:
        return {name: template.evaluate(scope) for name, template in self._fields}


def compile_path_template(value: Any) -> Template:
    """A JSONPath payload template. FieldError names the field that is neither path nor function."""
    if type(value) is dict:
        queries = {name[:-2]: _field_query(text, name) for name, text in value.items() if name.endswith(".$")}
        fields = [(name, compile_path_template(part)) for name, part in value.items() if not name.endswith(".$")]
        if not queries and all(isinstance(part, Constant) for _, part in fields):
            return Constant(value)
        return ObjectTemplate([*fields, *((name, queries[name]) for name in hash_order(queries))])
    if type(value) is list:
        items = [compile_path_template(part) for part in value]
        return Constant(value) if all(isinstance(item, Constant) for item in items) else ListTemplate(items)
    return Constant(value)


class FieldError(Exception):
    """The value of the field named by the argument is neither a path nor a function call."""


def _field_query(text: Any, name: str) -> Template:
    if type(text) is not str:
        raise FieldError(name)
    try:
        return FieldQuery(text, name)
    except (PathError, IntrinsicSyntaxError) as error:
        raise FieldError(name) from error


class JsonataScope:
    """What a JSONata expression sees as `$states`, and the variables. `UNDEFINED` members are absent."""

    __slots__ = ("error_output", "frame", "ids", "now", "result", "run")

    def __init__(self, run: Any, frame: Any, result: Any = UNDEFINED, error_output: Any = UNDEFINED) -> None:
        self.run = run
        self.frame = frame
        self.result = result
        self.error_output = error_output
        self.ids = run.ids
        self.now: int = run.now

    def bindings(self, *, context: bool) -> dict[str, Any]:
        states: dict[str, Any] = {"input": self.frame.value}
        if self.result is not UNDEFINED:
            states["result"] = self.result
        if self.error_output is not UNDEFINED:
            states["errorOutput"] = self.error_output
        if context:
            states["context"] = self.run.context(self.frame)
        return {**self.frame.variables, "states": states}


class JsonataQuery:
    """One `{% … %}` with the field it stands in, as errors name it."""

    __slots__ = ("expression", "location")

    def __init__(self, text: str, location: str) -> None:
        self.expression = Expression(text)
        self.location = location

    def evaluate(self, scope: JsonataScope) -> Any:
        expression = self.expression
        where = f"The JSONata expression '{expression.text}' specified for the field '{self.location}'"
        try:
            value = expression.evaluate(scope.bindings(context=expression.wants_context), scope)
        except JsonataError as error:
            separator = ". " if error.coded else ": "
            raise evaluation(f"{where} threw an error during evaluation{separator}{error}", self.location) from None
        if value is UNDEFINED:
            raise evaluation(f"{where} returned nothing (undefined).", self.location)
        return value


def jsonata_text(value: Any) -> str | None:
    """The expression inside `{% … %}`, None for anything else."""
    if type(value) is str and value.startswith("{%") and value.endswith("%}"):
        return value[2:-2].strip()
    return None


def compile_jsonata_template(value: Any, location: str, compile_text: Callable[[str, str], Template]) -> Template:
    """A JSONata template. `compile_text`: from an expression and its place in the state to what evaluates it."""
    if (text := jsonata_text(value)) is not None:
        return compile_text(text, location)
    if type(value) is dict:
        fields = [
            (name, compile_jsonata_template(part, f"{location}/{name}", compile_text)) for name, part in value.items()
        ]
        return Constant(value) if all(isinstance(part, Constant) for _, part in fields) else ObjectTemplate(fields)
    if type(value) is list:
        items = [compile_jsonata_template(part, f"{location}[{at}]", compile_text) for at, part in enumerate(value)]
        return Constant(value) if all(isinstance(item, Constant) for item in items) else ListTemplate(items)
    return Constant(value)


_TYPES = {
    str: "string",
    bool: "boolean",
    int: "number",
    float: "number",
    list: "array",
    dict: "object",
    type(None): "null",
}


def unusable(template: Template, value: Any, wanted: str) -> StateFailed:
    """The evaluation error of a value that has the right type but cannot be used."""
    if isinstance(template, JsonataQuery):
        return evaluation(
            f"The JSONata expression '{template.expression.text}' specified for the field '{template.location}' "
            f"returned an unexpected value. Expected {wanted}, but was: {dump(value)}",
            template.location,
        )
    return runtime(f"Expected {wanted}, but was: {dump(value)}")


def expect(template: Template, value: Any, *kinds: str) -> Any:
    """The value if it is of one of these JSON types, else the evaluation error that AWS words so."""
    kind = _TYPES[type(value)]
    if kind in kinds:
        return value
    if isinstance(template, JsonataQuery):
        wanted = "', or '".join(kinds)
        raise evaluation(
            f"The JSONata expression '{template.expression.text}' specified for the field '{template.location}' "
            f"returned an unexpected result type. Expected '{wanted}', but was '{kind}' for value: {dump(value)}",
            template.location,
        )
    raise evaluation(f"Expected '{kinds[0]}', but was '{kind}' for value: {dump(value)}")
