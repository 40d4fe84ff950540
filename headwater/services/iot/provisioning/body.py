"""The body of a provisioning template: what it says of a device, once the device's parameters are known. Pure.

https://docs.aws.amazon.com/iot/latest/developerguide/provision-template.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from headwater.languages.templates import Scope, TemplateError, Value, evaluate

_KINDS = {"AWS::IoT::Thing": "thing", "AWS::IoT::Certificate": "certificate", "AWS::IoT::Policy": "policy"}
_SETTINGS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "thing": {
        "AttributePayload": ("DO_NOTHING", "REPLACE", "FAIL", "MERGE"),
        "ThingTypeName": ("DO_NOTHING", "REPLACE", "FAIL"),
        "ThingGroups": ("DO_NOTHING", "REPLACE", "FAIL", "MERGE"),
    },
    "certificate": {"Status": ("DO_NOTHING", "REPLACE", "FAIL")},
    "policy": {},
}
_FUNCTIONS = ("Fn::Join", "Fn::Select", "Fn::FindInMap", "Fn::Split", "Fn::Sub")


class BodyProblem(Exception):
    """Why a body cannot be used."""


class Declared(NamedTuple):
    """A resource of a body: ``settings`` say what is to be done where it is there already."""

    name: str
    properties: dict[str, Any]
    settings: Mapping[str, str]


@dataclass(slots=True)
class Plan:
    """What a device is to get."""

    thing: Declared | None = None
    certificate: Declared | None = None
    policies: list[Declared] = field(default_factory=list)
    configuration: dict[str, Any] = field(default_factory=dict)


class _Nowhere:
    """References to anything but parameters lead nowhere."""

    def reference(self, logical_id: str) -> Value:
        raise BodyProblem(f"Cannot resolve reference value: {logical_id}")

    def attribute(self, logical_id: str, name: str) -> Value:
        return self.reference(f"{logical_id}.{name}")

    def imported(self, name: str) -> Value:
        return self.reference(name)

    def output(self, stack: str, name: str, region: str | None, role: str | None) -> Value:
        return self.reference(f"{stack}.{name}")


def check_body(text: str) -> dict[str, Any]:
    """A body in which all is where it belongs."""
    try:
        body = orjson.loads(text)
    except orjson.JSONDecodeError:
        body = None
    if not isinstance(body, dict) or not isinstance(body.get("Resources"), dict):
        raise BodyProblem("The template body must be a JSON object with Resources.")
    for section in ("Parameters", "Mappings", "DeviceConfiguration"):
        if not isinstance(body.get(section, {}), dict):
            raise BodyProblem(f"{section} of the template body must be a JSON object.")
    kinds = [_check_resource(name, resource) for name, resource in body["Resources"].items()]
    if kinds.count("thing") > 1 or kinds.count("certificate") > 1:
        raise BodyProblem("The template body can have one thing and one certificate.")
    _check_functions(body)
    return body


def _check_resource(name: str, resource: Any) -> str:
    kind = _KINDS.get(str(resource.get("Type"))) if isinstance(resource, dict) else None
    if kind is None or not isinstance(resource.get("Properties"), dict):
        raise BodyProblem(f"The resource {name} must have Properties, and the Type {', '.join(_KINDS)}.")
    settings = resource.get("OverrideSettings") or {}
    if not isinstance(settings, dict):
        raise BodyProblem(f"The OverrideSettings of {name} must be a JSON object.")
    for setting, value in settings.items():
        if value not in _SETTINGS[kind].get(setting, ()):
            raise BodyProblem(f"The resource {name} cannot have the OverrideSettings {setting}: {value}.")
    return kind


def _check_functions(node: Any) -> None:
    if isinstance(node, dict):
        for name, value in node.items():
            if name.startswith("Fn::") and name not in _FUNCTIONS:
                raise BodyProblem(f"The function {name} is not supported.")
            _check_functions(value)
    elif isinstance(node, list):
        for item in node:
            _check_functions(item)


def plan(text: str, given: Mapping[str, str]) -> Plan:
    """What a body says, with values for its parameters."""
    body = check_body(text)
    declared = body.get("Parameters") or {}
    defaults = {
        name: value["Default"] for name, value in declared.items() if isinstance(value, dict) and "Default" in value
    }
    scope = Scope({**defaults, **given}, _Nowhere(), body.get("Mappings") or {})
    made = Plan(configuration=_evaluated(body.get("DeviceConfiguration") or {}, scope))
    for name, resource in body["Resources"].items():
        settings = resource.get("OverrideSettings") or {}
        found = Declared(name, _evaluated(resource["Properties"], scope), settings)
        match _KINDS[resource["Type"]]:
            case "thing":
                made.thing = found
            case "certificate":
                made.certificate = found
            case _:
                made.policies.append(found)
    return made


def _evaluated(node: Any, scope: Scope) -> dict[str, Any]:
    try:
        values = evaluate(node, scope)
    except TemplateError as error:
        raise BodyProblem(str(error)) from error
    return values if isinstance(values, dict) else {}
