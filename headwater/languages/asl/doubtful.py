"""What a valid definition probably does not mean: warnings of ValidateStateMachineDefinition.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_ValidateStateMachineDefinitionDiagnostic.html
"""

import re
from collections.abc import Iterator
from typing import Any

from headwater.languages.asl.diagnostics import Diagnostics
from headwater.languages.asl.express import each_state
from headwater.languages.asl.schema import JSONATA

WARNING = "WARNING"
_TEMPLATES = ("Parameters", "ResultSelector", "ItemSelector", "Assign")
_PATH = re.compile(r"\$\$?([.\[].*)?", re.DOTALL)
_INTRINSIC = re.compile(r"States\.[A-Z]\w*\(.*\)", re.DOTALL)
# Of states and of choice rules: fields that have a twin whose name ends with Path, or that compare with one.
_TWINS = ("Error", "Cause", "Timestamp")
_COMPARES = re.compile(r"(String|Timestamp)(Equals|LessThan|GreaterThan)\w*")


def warn_of_doubtful(document: dict[str, Any], diagnostics: Diagnostics) -> None:
    """`document`: a valid definition."""
    for _, state, where in each_state(document):
        if state.get("QueryLanguage", document.get("QueryLanguage")) == JSONATA:
            continue
        for name in _TEMPLATES:
            for place in _undollared(state.get(name), f"{where}/{name}"):
                message = "No .$ on a field that appears to be a JSONPath or Intrinsic Function"
                diagnostics.add("NO_DOLLAR", message, place, WARNING)
        for place in _pathless(state, where):
            message = "Field value looks like a path, but field name does not end with 'Path'"
            diagnostics.add("NO_PATH", message, place, WARNING)
        if state["Type"] == "Pass" and any(_paths(state.get("Result"))):
            message = "Attempt to use a path in the result of a pass state"
            diagnostics.add("PASS_RESULT_IS_STATIC", message, f"{where}/Result", WARNING)


def _is_path(value: Any) -> bool:
    return type(value) is str and _PATH.fullmatch(value) is not None


def _undollared(value: Any, where: str) -> Iterator[str]:
    """The places in a template where a text stands that was meant to be evaluated."""
    if type(value) is dict:
        for name, inner in value.items():
            if not name.endswith(".$"):
                yield from _undollared(inner, f"{where}/{name}")
    elif type(value) is list:
        for at, inner in enumerate(value):
            yield from _undollared(inner, f"{where}[{at}]")
    elif _is_path(value) or (type(value) is str and _INTRINSIC.fullmatch(value)):
        yield where


def _pathless(state: dict[str, Any], where: str) -> Iterator[str]:
    for name in _TWINS:
        if _is_path(state.get(name)):
            yield f"{where}/{name}"
    for at, rule in enumerate(state.get("Choices", ())):
        yield from _of_rule(rule, f"{where}/Choices[{at}]")


def _of_rule(rule: dict[str, Any], where: str) -> Iterator[str]:
    for name, value in rule.items():
        if _COMPARES.fullmatch(name) and not name.endswith("Path") and _is_path(value):
            yield f"{where}/{name}"
        elif name == "Not":
            yield from _of_rule(value, f"{where}/Not")
        elif name in ("And", "Or"):
            for at, inner in enumerate(value):
                yield from _of_rule(inner, f"{where}/{name}[{at}]")


def _paths(value: Any) -> Iterator[bool]:
    """Whether each text in a value looks like a path, and each name like that of one."""
    if type(value) is dict:
        for name, inner in value.items():
            yield name.endswith(".$")
            yield from _paths(inner)
    elif type(value) is list:
        for inner in value:
            yield from _paths(inner)
    else:
        yield _is_path(value)
