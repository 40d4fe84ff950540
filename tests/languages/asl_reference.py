"""A naive interpreter of the language, written straight from its description: recursive, without history, frames or
timers. It knows a part of the language, that which `asl_machines` makes up, and judges the stepper."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

# What a task does: its result, or Failure, by the state's name and how often it was tried before.
Tasks = Callable[[str, int], Any]


class Failure(Exception):
    def __init__(self, error: str, cause: str) -> None:
        super().__init__(error, cause)
        self.error = error
        self.cause = cause


class Reference:
    """Runs one machine. `items`: what every Map goes through; `tasks`: what tasks answer."""

    def __init__(self, items: list[Any], tasks: Tasks) -> None:
        self.items = items
        self.tasks = tasks

    def run(self, workflow: dict[str, Any], given: Any, variables: dict[str, Any]) -> Any:
        """The output of a machine, a branch or an item processor; `variables` are its own copy."""
        name = workflow["StartAt"]
        value = given
        while True:
            value, following = self.state(name, workflow["States"][name], value, variables)
            if following is None:
                return value
            name = following

    def state(self, name: str, state: dict[str, Any], value: Any, variables: dict[str, Any]) -> tuple[Any, str | None]:
        kind = state["Type"]
        jsonata = state.get("QueryLanguage") == "JSONata"
        if kind == "Fail":
            raise Failure(JOINED.get(state["Error"], state["Error"]), state["Cause"])
        if kind == "Choice":
            return value, choose(state, value, variables)
        counts = [0] * len(state.get("Retry", ()))
        attempt = 0
        while True:
            try:
                result = self.work(name, state, value, variables, attempt)
                output = result if jsonata else place(value, state.get("ResultPath", "$"), result)
                break
            except Failure as failure:
                attempt += 1
                if retried(state, failure, counts):
                    continue
                for catcher in state.get("Catch", ()):
                    if matches(catcher["ErrorEquals"], failure):
                        caught = {"Error": failure.error, "Cause": failure.cause}
                        if jsonata:
                            return failure.error if "Output" in catcher else caught, catcher["Next"]
                        return place(value, catcher.get("ResultPath", "$"), caught), catcher["Next"]
                raise
        if jsonata:
            scope = Scope(value, dict(variables), result)
            if "Output" in state:
                output = evaluate(state["Output"], scope)
            variables.update({name: evaluate(each, scope) for name, each in state.get("Assign", {}).items()})
        else:
            for variable, path in state.get("Assign", {}).items():
                variables[variable.removesuffix(".$")] = result if path == "$" else path
        return output, None if kind == "Succeed" or state.get("End") else state["Next"]

    def work(self, name: str, state: dict[str, Any], value: Any, variables: dict[str, Any], attempt: int) -> Any:
        kind = state["Type"]
        if kind == "Pass" and "Result" in state:
            return state["Result"]
        if kind == "Pass" and "Parameters" in state:
            return fill(state["Parameters"], value, variables)
        if kind == "Task":
            answer = self.tasks(name, attempt)
            if isinstance(answer, Failure):
                raise answer
            return answer
        if kind == "Parallel":
            given = evaluate(state["Arguments"], Scope(value, variables, None)) if "Arguments" in state else value
            return [self.run(branch, given, dict(variables)) for branch in state["Branches"]]
        if kind == "Map":
            return [self.run(state["ItemProcessor"], item, dict(variables)) for item in self.items]
        return value


def retried(state: dict[str, Any], failure: Failure, counts: list[int]) -> bool:
    for position, retrier in enumerate(state.get("Retry", ())):
        if matches(retrier["ErrorEquals"], failure):
            counts[position] += 1
            return counts[position] <= retrier["MaxAttempts"]
    return False


def matches(names: list[str], failure: Failure) -> bool:
    return "States.ALL" in names or failure.error in names


def choose(state: dict[str, Any], value: Any, variables: dict[str, Any]) -> str:
    for rule in state["Choices"]:
        if "Condition" in rule:
            looked_at = variables["v"] if "$v" in rule["Condition"] else value
            chosen = isinstance(looked_at, list) == (" = " in rule["Condition"])
        else:
            chosen = (isinstance(value, list) and value != []) == rule["IsPresent"]
        if chosen:
            return str(rule["Next"])
    return str(state["Default"])


class Scope(NamedTuple):
    """What JSONata sees."""

    given: Any
    variables: dict[str, Any]
    result: Any


def evaluate(template: Any, scope: Scope) -> Any:
    """A template of the few expressions that `asl_machines` writes."""
    if isinstance(template, dict):
        return {name: evaluate(each, scope) for name, each in template.items()}
    if isinstance(template, list):
        return [evaluate(each, scope) for each in template]
    match template:
        case "{% $states.input %}":
            return scope.given
        case "{% $states.result %}":
            return scope.result
        case "{% $v %}":
            return scope.variables["v"]
        case "{% $type($states.input) %}":
            return kind_of(scope.given)
        case "{% $type($states.result) %}":
            return kind_of(scope.result)
        case "{% [$v, $states.input] %}":  # arrays in an array constructor are appended, not nested
            return [*listed(scope.variables["v"]), *listed(scope.given)]
    return template


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def kind_of(value: Any) -> str:
    names = {type(None): "null", str: "string", int: "number", list: "array", dict: "object"}
    return names[type(value)]


JOINED = {"{% 'Al' & 'pha' %}": "Alpha"}


def fill(template: dict[str, Any], value: Any, variables: dict[str, Any]) -> dict[str, Any]:
    filled = {}
    for key, part in template.items():
        if key.endswith(".$"):
            filled[key[:-2]] = value if part == "$" else variables[part[1:]]
        else:
            filled[key] = part
    return filled


def place(value: Any, path: str | None, result: Any) -> Any:
    if path is None:
        return value
    if path == "$":
        return result
    if value is not None and not isinstance(value, dict):
        raise Failure("States.ReferencePathConflict", "")
    return {**(value or {}), path[2:]: result}
