"""Compiling the fields that states share: paths, templates, flows, retriers and catchers.

Every function reports what is wrong at its location and returns a harmless stand-in, so that parsing goes on.
"""

from typing import Any

from headwater.languages.asl.diagnostics import Diagnostics
from headwater.languages.asl.errors import ALL
from headwater.languages.asl.flow import FilterPath, Flow, JsonataFlow, NoPath, PathFlow
from headwater.languages.asl.numbers import Number
from headwater.languages.asl.queries import FieldQuery, PathQuery
from headwater.languages.asl.retry import (
    DEFAULT_BACKOFF_RATE,
    DEFAULT_INTERVAL_SECONDS,
    DEFAULT_MAXIMUM_ATTEMPTS,
    MAXIMUM_DELAY_SECONDS,
    Catcher,
    Retrier,
)
from headwater.languages.asl.schema import MAXIMUM_SECONDS
from headwater.languages.asl.task_state import Seconds
from headwater.languages.asl.templates import (
    Constant,
    FieldError,
    JsonataQuery,
    Template,
    compile_jsonata_template,
    compile_path_template,
)
from headwater.languages.intrinsics import IntrinsicSyntaxError
from headwater.languages.jsonata import JsonataSyntaxError
from headwater.languages.jsonata_references import context_references
from headwater.languages.jsonpath import Key, PathError, compile_reference

MAXIMUM_VARIABLE_NAME = 80
_RETRIER_FIELDS = {
    "ErrorEquals",
    "IntervalSeconds",
    "MaxAttempts",
    "BackoffRate",
    "MaxDelaySeconds",
    "JitterStrategy",
    "Comment",
}
_RETRIER_LIMITS = (
    ("IntervalSeconds", 1, MAXIMUM_SECONDS),
    ("MaxAttempts", 0, MAXIMUM_SECONDS),
    ("MaxDelaySeconds", 1, MAXIMUM_DELAY_SECONDS),
)
# States that have a result, and the fields that are evaluated once it is there.
_RESULTING = ("Task", "Parallel", "Map")
_AFTER_RESULT = ("Output", "Assign")
_CATCHER_FIELDS = {"ErrorEquals", "Next", "ResultPath", "Output", "Assign", "Comment"}


class FieldCompiler:
    """Compiles the fields of one state, known to have the right types. `location`: the state's."""

    def __init__(self, state: dict[str, Any], location: str, diagnostics: Diagnostics, *, jsonata: bool) -> None:
        self.state = state
        self.location = location
        self.diagnostics = diagnostics
        self.jsonata = jsonata

    def _report(self, message: str, location: str) -> None:
        self.diagnostics.schema(message, location)

    # -- templates and paths

    def template(self, name: str) -> Template | None:
        if name not in self.state:
            return None
        return self.template_of(self.state[name], name, f"{self.location}/{name}")

    def template_of(self, value: Any, name: str, location: str) -> Template:
        """`name`: how run-time errors call the field."""
        if self.jsonata:
            outer = location.removesuffix(name)
            return compile_jsonata_template(value, name, lambda text, place: self._expression(text, place, outer))
        try:
            return compile_path_template(value)
        except FieldError as error:
            self._report(
                f"The value for the field '{error}' must be a valid JSONPath or a valid intrinsic function call",
                location,
            )
        return Constant(None)

    def _expression(self, text: str, place: str, outer: str) -> Template:
        """A JSONata expression at a place within what stands at `outer`."""
        try:
            query = JsonataQuery(text, place)
        except JsonataSyntaxError as error:
            self.diagnostics.add("INVALID_JSONATA_EXPRESSION", str(error), f"{outer}{place}")
            return Constant(None)
        for reference in context_references(text):
            unsupported = _unsupported(reference, place, self.state["Type"])
            if unsupported:
                self.diagnostics.add("UNSUPPORTED_JSONATA_EXPRESSION", unsupported, f"{outer}{place}")
        return query

    def path(self, name: str) -> Template | None:
        """A …Path field that may also be a function call or, in errors, names itself."""
        return self.path_of(self.state[name], name, f"{self.location}/{name}") if name in self.state else None

    def input_path_of(self, text: Any, name: str, location: str) -> Template:
        """A number's …Path in a Map, which leads into the input and not into the context object."""
        if type(text) is str and text.startswith("$$"):
            self._report("Value must be a valid JSONPath.", location)
            return Constant(None)
        return self.path_of(text, name, location)

    def path_of(self, text: Any, name: str, location: str) -> Template:
        try:
            return FieldQuery(text, name)
        except (PathError, IntrinsicSyntaxError, AttributeError):
            self._report("Value must be a valid JSONPath.", location)
            return Constant(None)

    def filter_path(self, name: str) -> FilterPath | NoPath | None:
        """InputPath or OutputPath. None where it changes nothing."""
        text = self.state.get(name, "$")
        if text is None:
            return NoPath()
        query = self.query(text, f"{self.location}/{name}")
        return None if query is None or query.is_input else FilterPath(query)

    def query(self, text: Any, location: str) -> PathQuery | None:
        try:
            return PathQuery(text)
        except PathError:
            self._report("Value must be a valid JSONPath.", location)
            return None

    def reference(self, holder: dict[str, Any], location: str) -> tuple[Key, ...] | None:
        """ResultPath: keys, () for the whole, None to discard the result."""
        text = holder.get("ResultPath", "$")
        if text is None:
            return None
        if type(text) is not str:
            self._report("Expected value of type [STRING]", f"{location}/ResultPath")
            return ()
        try:
            return compile_reference(text)
        except PathError as error:
            self._report(f"Value is not a Reference Path: {error}", f"{location}/ResultPath")
            return ()

    def flow(self, *, parameters: str = "", assign: bool = True) -> Flow:
        """The state's flow. `parameters`: the field that computes what it works with, if it has one."""
        assigned = self.template("Assign") if assign else None
        if assign:
            self.check_names(self.state.get("Assign", {}), f"{self.location}/Assign")
        if self.jsonata:
            return JsonataFlow(arguments=self.template("Arguments"), output=self.template("Output"), assign=assigned)
        return PathFlow(
            input_path=self.filter_path("InputPath"),
            parameters=self.template(parameters) if parameters else None,
            selector=self.template("ResultSelector"),
            result_path=self.reference(self.state, self.location),
            output_path=self.filter_path("OutputPath"),
            assign=assigned,
        )

    def check_names(self, assigned: Any, location: str) -> None:
        """An object, no expression. Variables are named as identifiers are; `states` is the interpreter's own."""
        if type(assigned) is not dict:
            self._report("Expected value of type [OBJECT]", location)
            return
        for name in assigned:
            bare = name if self.jsonata else name.removesuffix(".$")
            # Python's identifiers are Unicode's, but for the underscore that may begin them
            if not bare.isidentifier() or bare[0] == "_" or len(bare) > MAXIMUM_VARIABLE_NAME:
                self._report(f"Invalid variable name '{bare}'", f"{location}/{name}")
            elif bare == "states":
                self._report("The variable name 'states' is reserved", f"{location}/{name}")

    # -- numbers

    def seconds(self, name: str) -> Seconds | None:
        """TimeoutSeconds or HeartbeatSeconds, or its …Path."""
        value = self.state.get(name)
        if f"{name}Path" in self.state:
            query = self.path(f"{name}Path") or Constant(None)
            return Seconds(f"{name}Path", query, self.state[f"{name}Path"])
        if value is None:
            return None
        if type(value) is int:
            self.diagnostics.limits(value, f"{self.location}/{name}", 1, MAXIMUM_SECONDS)
        return Seconds(name, self.template(name) or Constant(value))

    def number(self, name: str, *, integer: bool = True) -> Number | None:
        path = f"{name}Path"
        if path in self.state:
            query = self.input_path_of(self.state[path], path, f"{self.location}/{path}")
            return Number(path, query, self.state[path], integer)
        template = self.template(name)
        if isinstance(template, Constant) and template.value is not None:
            self.diagnostics.limits(template.value, f"{self.location}/{name}", 0, None if integer else 100)
        return None if template is None else Number(name, template, integer=integer)

    # -- retriers and catchers

    def retriers(self) -> tuple[Retrier, ...]:
        self._check_last("Retry")
        return tuple(
            self._retrier(retrier, f"{self.location}/Retry[{position}]")
            for position, retrier in enumerate(self.state.get("Retry", ()))
        )

    def _check_last(self, field: str) -> None:
        """What takes every error can only be the last."""
        given = self.state.get(field, ())
        for position, holder in enumerate(given[:-1]):
            names = holder.get("ErrorEquals") if type(holder) is dict else None
            if type(names) is list and ALL in names:
                where = f"{self.location}/{field}[{position}]/ErrorEquals"
                self._report(f"'{ALL}' must be in the last element of {field}", where)

    def _retrier(self, retrier: Any, location: str) -> Retrier:
        errors = self._errors(retrier, _RETRIER_FIELDS, ("ErrorEquals",), location)
        if errors is None:
            return Retrier(frozenset())
        for name, least, most in _RETRIER_LIMITS:
            value = retrier.get(name, least)
            if type(value) is not int:
                self._report("Expected value of type [INTEGER]", f"{location}/{name}")
                return Retrier(errors)
            self.diagnostics.limits(value, f"{location}/{name}", least, most)
        rate = retrier.get("BackoffRate", DEFAULT_BACKOFF_RATE)
        if type(rate) not in (int, float):
            self._report("Expected value of type [NUMBER]", f"{location}/BackoffRate")
            return Retrier(errors)
        self.diagnostics.limits(rate, f"{location}/BackoffRate", 1.0)
        jitter = retrier.get("JitterStrategy", "NONE")
        if jitter not in ("NONE", "FULL"):
            self._report("Value should be one of the following: [NONE, FULL]", f"{location}/JitterStrategy")
        return Retrier(
            errors,
            retrier.get("IntervalSeconds", DEFAULT_INTERVAL_SECONDS),
            retrier.get("MaxAttempts", DEFAULT_MAXIMUM_ATTEMPTS),
            float(rate),
            retrier.get("MaxDelaySeconds", MAXIMUM_DELAY_SECONDS),
            jitter == "FULL",
        )

    def catchers(self) -> tuple[Catcher, ...]:
        self._check_last("Catch")
        return tuple(
            self._catcher(catcher, position, f"{self.location}/Catch[{position}]")
            for position, catcher in enumerate(self.state.get("Catch", ()))
        )

    def _catcher(self, catcher: Any, position: int, location: str) -> Catcher:
        errors = self._errors(catcher, _CATCHER_FIELDS, ("ErrorEquals", "Next"), location)
        if errors is None:
            return Catcher(frozenset(), "", self.jsonata)
        templates = {
            name: self.template_of(catcher[name], f"Catch[{position}]/{name}", f"{location}/{name}")
            for name in ("Output", "Assign")
            if name in catcher
        }
        if self.jsonata and "ResultPath" in catcher:
            self.wrong_language("ResultPath", location)
        if not self.jsonata and "Output" in catcher:
            self.wrong_language("Output", location)
        result_path = () if self.jsonata else self.reference(catcher, location)
        self.check_names(catcher.get("Assign", {}), f"{location}/Assign")
        output, assign = templates.get("Output"), templates.get("Assign")
        return Catcher(errors, catcher["Next"], self.jsonata, result_path, output, assign)

    def wrong_language(self, name: str, location: str) -> None:
        mine, other = ("JSONata", "JSONPath") if self.jsonata else ("JSONPath", "JSONata")
        self._report(
            f"The QueryLanguage is set to '{mine}', but field '{name}' is only supported for the '{other}' "
            "QueryLanguage",
            location,
        )

    def _errors(self, holder: Any, fields: set[str], required: tuple[str, ...], location: str) -> frozenset[str] | None:
        """ErrorEquals of a retrier or catcher whose fields are all right, else None."""
        if not self.check_object(holder, fields, required, location):
            return None
        names = holder["ErrorEquals"]
        if type(names) is not list or not names or not all(type(name) is str for name in names):
            empty = "The array must not be empty" if names == [] else "Expected value of type [ARRAY]"
            self._report(empty, f"{location}/ErrorEquals")
            return None
        if ALL in names and len(names) > 1:
            self._report(f"'{ALL}' must appear alone in ErrorEquals", f"{location}/ErrorEquals")
        return frozenset(names)

    def check_object(self, value: Any, fields: set[str], required: tuple[str, ...], location: str) -> bool:
        if type(value) is not dict:
            self._report("Expected value of type [OBJECT]", location)
            return False
        missing = [name for name in required if name not in value]
        unknown = [name for name in value if name not in fields]
        for name in unknown:
            self._report(f"Field '{name}' is not supported", location)
        if missing:
            self._report(f"These fields are required: [{', '.join(missing)}]", location)
        if "Next" in value and type(value["Next"]) is not str:
            self._report("Expected value of type [STRING]", f"{location}/Next")
            return False
        return not missing and not unknown


def _unsupported(reference: str, place: str, kind: str) -> str:
    """Why an expression at a place in a state of this kind may not read this; empty where it may."""
    if reference == "$states.errorOutput" and not place.startswith("Catch["):
        return f"Field '{reference}' does not exist."
    if reference == "$states.result" and not (kind in _RESULTING and place.startswith(_AFTER_RESULT)):
        return f"Field '{reference}' does not exist."
    if reference == "$$":
        return f"Reference to '{reference}' is not supported."
    if reference.startswith("$states."):
        return ""
    return f"Reference to '{reference}' at the top level is not supported."
