"""States of a definition to compiled states: one method a kind."""

from collections.abc import Callable
from typing import Any

from headwater.languages.asl.choice_state import ChoiceState
from headwater.languages.asl.diagnostics import Diagnostics
from headwater.languages.asl.distributed_map_state import DistributedMapState
from headwater.languages.asl.errors import Diagnostic
from headwater.languages.asl.fail_state import FailState
from headwater.languages.asl.fields import FieldCompiler
from headwater.languages.asl.flow import FilterPath
from headwater.languages.asl.machine import State, Workflow
from headwater.languages.asl.map_state import Items, MapState
from headwater.languages.asl.parallel_state import ParallelState
from headwater.languages.asl.parse_choice import parse_rules
from headwater.languages.asl.parse_map import parse_distribution
from headwater.languages.asl.pass_state import PassState
from headwater.languages.asl.resources import Resource, parse_resource
from headwater.languages.asl.schema import (
    BRANCH_FIELDS,
    EXCLUSIVE,
    JSONATA,
    JSONPATH,
    PROCESSOR_FIELDS,
    REQUIRED,
    STATE_FIELDS,
    TYPE_NAMES,
    fits,
    unknown_language,
)
from headwater.languages.asl.succeed_state import SucceedState
from headwater.languages.asl.task_state import TaskState
from headwater.languages.asl.templates import Constant
from headwater.languages.asl.wait_state import WaitState, check_wait

MAXIMUM_NAME_LENGTH = 80
# AWS does not say how deep is too deep.
MAXIMUM_DEPTH = 100
# What the service knows of a resource: a finding without its location, None where all is well.
CheckResource = Callable[[Resource], Diagnostic | None]
_WAITS = ("Seconds", "SecondsPath", "Timestamp", "TimestampPath")


class StateParser:
    def __init__(
        self, diagnostics: Diagnostics, machine_language: str, check_resource: CheckResource | None = None
    ) -> None:
        self.diagnostics = diagnostics
        self.check_resource = check_resource
        self.machine_language = machine_language
        self.maps: dict[str, DistributedMapState] = {}
        self._depth = 0
        self._names: set[str] = set()

    def workflow(self, document: Any, location: str, language: str) -> Workflow | None:
        """The states of a machine, branch or processor; None where they are not worth looking at."""
        if type(document) is not dict:
            self.diagnostics.schema("Expected value of type [OBJECT]", location)
            return None
        missing = [name for name in ("States", "StartAt") if name not in document]
        if missing:
            self.diagnostics.schema(f"These fields are required: [{', '.join(missing)}]", location)
            return None
        if type(document["StartAt"]) is not str:
            self.diagnostics.schema("Expected value of type [STRING]", f"{location}/StartAt")
            return None
        states = document["States"]
        if type(states) is not dict or not states:
            self.diagnostics.schema("Expected value of type [OBJECT]", f"{location}/States")
            return None
        if self._depth == MAXIMUM_DEPTH:
            self.diagnostics.add("TOO_DEEPLY_NESTED", "The states are too deeply nested.", location)
            return None
        self._depth += 1
        workflow = Workflow(document["StartAt"])
        for name, state in states.items():
            parsed = self.state(name, state, f"{location}/States/{name}", language)
            if parsed is not None:
                workflow.states[name] = parsed
        self._depth -= 1
        return workflow

    def state(self, name: str, state: Any, location: str, language: str) -> State | None:
        if not 0 < len(name) <= MAXIMUM_NAME_LENGTH:
            self.diagnostics.add("INVALID_STATE_NAME", f"State name must be 1 to 80 characters long: {name}", location)
        if name in self._names:
            self.diagnostics.add("DUPLICATE_STATE_NAME", f"Duplicate State name: {name}", location)
        self._names.add(name)
        if type(state) is not dict:
            self.diagnostics.schema("Expected value of type [OBJECT]", location)
            return None
        if "Type" not in state:
            self.diagnostics.schema("These fields are required: [Type]", location)
            return None
        if type(state["Type"]) is not str or state["Type"] not in STATE_FIELDS:
            kinds = ", ".join(STATE_FIELDS)
            self.diagnostics.schema(f"Value should be one of the following: [{kinds}]", f"{location}/Type")
            return None
        language = self._language(state, location, language)
        fields = FieldCompiler(state, location, self.diagnostics, jsonata=language == JSONATA)
        fit = self._check_fields(fields, language)
        given = state.get("QueryLanguage", JSONPATH)
        # of another type than text it is told with the other fields
        if type(given) is str and given not in (JSONPATH, JSONATA):
            self.diagnostics.schema(unknown_language(given), f"{location}/QueryLanguage")
        if not fit or not self._check_transition(state, location):
            return None
        parsed = self._of_kind(state["Type"], name, fields)
        if parsed is not None and parsed.retriable:
            parsed.retriers = fields.retriers()
            parsed.catchers = fields.catchers()
        return parsed

    def _language(self, state: dict[str, Any], location: str, inherited: str) -> str:
        language = state.get("QueryLanguage", inherited)
        if language not in (JSONPATH, JSONATA):
            return JSONATA
        if self._returns_to_paths(state):
            message = "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine"
            self.diagnostics.schema(message, location)
        return str(language)

    def _returns_to_paths(self, state: dict[str, Any]) -> bool:
        """A machine in JSONata can have no state in JSONPath; nothing more is then said of the state's language."""
        return state.get("QueryLanguage") == JSONPATH and self.machine_language == JSONATA

    def _check_fields(self, fields: FieldCompiler, language: str) -> bool:
        """Supported, of the state's language, of the right type, complete, and not contradictory."""
        state, location = fields.state, fields.location
        kind = state["Type"]
        known = STATE_FIELDS[kind]
        before = len(self.diagnostics.found)
        for name, value in state.items():
            field = known.get(name)
            if field is None:
                self.diagnostics.schema(f"Field '{name}' is not supported", location)
            elif field.language and field.language != language:
                if not self._returns_to_paths(state):
                    fields.wrong_language(name, location)
            elif not fits(field, value, language):
                self.diagnostics.schema(f"Expected value of type {TYPE_NAMES[field.kind]}", f"{location}/{name}")
        missing = [name for name in REQUIRED.get(kind, ()) if name not in state]
        if kind == "Map" and "ItemProcessor" not in state and "Iterator" not in state:
            missing.append("ItemProcessor")
        if missing:
            self.diagnostics.schema(f"These fields are required: [{', '.join(missing)}]", location)
        for group in EXCLUSIVE.get(kind, ()):
            present = [name for name in group if name in state]
            if len(present) > 1:
                self.diagnostics.schema(f"Only one of these fields is allowed: [{', '.join(present)}]", location)
        return len(self.diagnostics.found) == before

    def _check_transition(self, state: dict[str, Any], location: str) -> bool:
        if state["Type"] in ("Choice", "Succeed", "Fail"):
            return True
        ends = state.get("End") is True
        if ends and "Next" in state:
            self.diagnostics.schema("Only one of these fields is allowed: [Next, End]", location)
            return False
        if not ends and "Next" not in state:
            self.diagnostics.schema("One of these fields is required: [Next, End]", location)
            return False
        return True

    # -- kinds

    def _of_kind(self, kind: str, name: str, fields: FieldCompiler) -> State | None:
        match kind:
            case "Pass":
                return self._pass(name, fields)
            case "Task":
                return self._task(name, fields)
            case "Choice":
                return self._choice(name, fields)
            case "Wait":
                return self._wait(name, fields)
            case "Succeed":
                return self._succeed(name, fields)
            case "Fail":
                return self._fail(name, fields)
            case "Parallel":
                return self._parallel(name, fields)
            case _:
                return self._map(name, fields)

    def _pass(self, name: str, fields: FieldCompiler) -> State:
        state = fields.state
        flow = fields.flow(parameters="Parameters")
        return PassState(name, state.get("Next"), flow, result=state.get("Result"), fixed="Result" in state)

    def _task(self, name: str, fields: FieldCompiler) -> State | None:
        resource = parse_resource(fields.state["Resource"])
        if resource is None:
            message = "Value is not a valid resource ARN"
            self.diagnostics.schema(message, f"{fields.location}/Resource")
            return None
        finding = None if self.check_resource is None else self.check_resource(resource)
        if finding is not None:
            self.diagnostics.add(finding.code, finding.message, f"{fields.location}/Resource", finding.severity)
        return TaskState(
            name,
            fields.state.get("Next"),
            fields.flow(parameters="Parameters"),
            resource,
            timeout=fields.seconds("TimeoutSeconds"),
            heartbeat=fields.seconds("HeartbeatSeconds"),
            credentials=fields.template("Credentials"),
        )

    def _choice(self, name: str, fields: FieldCompiler) -> State:
        return ChoiceState(name, fields.state.get("Default"), fields.flow(), parse_rules(fields))

    def _wait(self, name: str, fields: FieldCompiler) -> State | None:
        field = next((name for name in _WAITS if name in fields.state), None)
        if field is None:
            self.diagnostics.schema(f"One of these fields is required: [{', '.join(_WAITS)}]", fields.location)
            return None
        path = field.endswith("Path")
        value = fields.path(field) if path else fields.template(field)
        assert value is not None
        if isinstance(value, Constant) and value.value is not None:
            check_wait(field, value.value, f"{fields.location}/{field}", self.diagnostics)
        shown = fields.state[field] if path else ""
        return WaitState(name, fields.state.get("Next"), fields.flow(), field=field, value=value, path=shown)

    def _succeed(self, name: str, fields: FieldCompiler) -> State:
        return SucceedState(name, None, fields.flow())

    def _fail(self, name: str, fields: FieldCompiler) -> State:
        error = fields.path("ErrorPath") or fields.template("Error")
        cause = fields.path("CausePath") or fields.template("Cause")
        return FailState(name, fields.flow(), error=error, cause=cause)

    def _parallel(self, name: str, fields: FieldCompiler) -> State:
        branches: list[Workflow] = []
        for position, branch in enumerate(fields.state["Branches"]):
            location = f"{fields.location}/Branches[{position}]"
            self._check_container(branch, BRANCH_FIELDS, location)
            workflow = self.workflow(branch, location, self.machine_language)
            if workflow is not None:
                branches.append(workflow)
        if not fields.state["Branches"]:
            self.diagnostics.schema("Array must not be empty", f"{fields.location}/Branches")
        return ParallelState(name, fields.state.get("Next"), fields.flow(parameters="Parameters"), branches)

    def _map(self, name: str, fields: FieldCompiler) -> State | None:
        state = fields.state
        field = "ItemProcessor" if "ItemProcessor" in state else "Iterator"
        location = f"{fields.location}/{field}"
        self._check_container(state[field], PROCESSOR_FIELDS, location)
        processor = self.workflow(state[field], location, self.machine_language)
        if processor is None:
            return None
        selector = fields.template("ItemSelector") or fields.template("Parameters")
        concurrency = fields.number("MaxConcurrency")
        following, flow, items = state.get("Next"), fields.flow(), self._items(fields)
        distribution = parse_distribution(fields, state[field])
        if distribution is None:
            return MapState(name, following, flow, processor, items, selector=selector, concurrency=concurrency)
        self.maps[name] = DistributedMapState(
            name, following, flow, processor, items, distribution, selector=selector, concurrency=concurrency
        )
        return self.maps[name]

    def _items(self, fields: FieldCompiler) -> Items:
        text = fields.state.get("ItemsPath", "$")
        query = fields.query(text, f"{fields.location}/ItemsPath")
        path = None if query is None or query.is_input else FilterPath(query)
        return Items(path, text, fields.template("Items"))

    def _check_container(self, value: Any, known: frozenset[str], location: str) -> None:
        for name in value if type(value) is dict else ():
            if name not in known:
                self.diagnostics.schema(f"Field '{name}' is not supported", location)
