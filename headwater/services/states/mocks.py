"""Mocked results of TestState, held against what the mocked operation really answers.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_MockInput.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headwater.languages.asl.resources import parse_resource
from headwater.services.states.errors import validation
from headwater.services.states.integrations.recognized import model_folder
from headwater.services.states.integrations.shapes import java_name
from headwater.spine.errors import AwsError
from headwater.spine.models import Model, Reference, Shape, load_model

STRICT = "STRICT"
NONE = "NONE"
_NUMBERS = ("integer", "long", "float", "double", "bigdecimal")
# Kinds of the models, with the JSON type that stands for them and its name.
_TYPES: Mapping[str, tuple[type[Any], str]] = {
    "structure": (dict, "an object"),
    "map": (dict, "an object"),
    "list": (list, "an array"),
    "string": (str, "a string"),
    "blob": (str, "a string"),
    "timestamp": (str, "a string"),
    "boolean": (bool, "a boolean"),
}
_FREE = ("Payload", "AttributeValue")


def check_mocked_result(resource: str, result: Any, mode: str) -> None:
    """ValidationException where the result does not fit. What has no model here is not looked at. What `.sync` gives of
    an execution is held against DescribeExecution: with texts for its dates, its input and its output."""
    parsed = parse_resource(resource)
    folder = None if parsed is None or parsed.family != "Task" else model_folder(parsed)
    action, _, pattern = ("", "", "") if parsed is None else parsed.action.partition(".")
    if parsed is not None and parsed.kind == "states" and pattern.startswith("sync"):
        action, pattern = "describeExecution", ""
    if mode == NONE or folder is None or pattern or type(result) is not dict:
        return
    model, operation = load_model(folder), action[:1].upper() + action[1:]
    shape = model.output(operation) if operation in model.operations else None
    if shape is not None:
        optimised = not resource.split(":::", 1)[1].startswith("aws-sdk:")
        _Check(model, optimised=optimised, strict=mode == STRICT).structure(shape, result)


class _Check:
    def __init__(self, model: Model, *, optimised: bool, strict: bool) -> None:
        self._model = model
        self._optimised = optimised
        self._strict = strict

    def structure(self, shape: Shape, value: dict[str, Any]) -> None:
        names = {self._name(member): member for member in shape["members"]}
        if self._strict:
            for member in shape.get("required", ()):
                if self._name(member) not in value:
                    raise _refused(f"Required field '{self._name(member)}' is missing")
        for name, inner in value.items():
            member = names.get(name)
            if member is not None and inner is not None and name not in _FREE:
                self._value(name, shape["members"][member], inner)

    def _name(self, member: str) -> str:
        return member[:1].upper() + member[1:] if self._optimised else java_name(member)

    def _value(self, name: str, reference: Reference, value: Any) -> None:
        shape = self._model.shape(reference)
        kind = shape["type"]
        if reference["shape"] in _FREE or shape.get("document"):
            return
        if kind in _NUMBERS:
            if type(value) not in (int, float):
                raise _refused(f"Field '{name}' must be a number")
            self._number(name, shape, value)
            return
        wanted, called = _TYPES[kind]
        if type(value) is not wanted:
            raise _refused(f"Field '{name}' must be {called}")
        if kind == "structure":
            self.structure(shape, value)
        elif kind == "list":
            for item in value:
                self._value(name, shape["member"], item)
        elif kind == "map":
            for item in value.values():
                self._value(name, shape["value"], item)
        elif kind in ("string", "blob"):
            self._text(name, shape, value)

    def _number(self, name: str, shape: Shape, value: float) -> None:
        if value < shape.get("min", value):
            raise _refused(f"Field '{name}' is less than the minimum value")
        if value > shape.get("max", value):
            raise _refused(f"Field '{name}' exceeds the maximum value")

    def _text(self, name: str, shape: Shape, value: str) -> None:
        if "enum" in shape and value not in shape["enum"]:
            raise _refused(f"Field '{name}' is not an expected value")
        if len(value) < shape.get("min", 0):
            raise _refused(f"Field '{name}' is smaller than the minimum length")
        if len(value) > shape.get("max", len(value)):
            raise _refused(f"Field '{name}' exceeds the maximum length")


def _refused(finding: str) -> AwsError:
    return validation(f"Mock result schema validation error: {finding}")
