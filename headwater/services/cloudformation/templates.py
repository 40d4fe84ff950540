"""Operations on templates.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_GetTemplateSummary.html
"""

from __future__ import annotations

import json
from typing import Any

from headwater.languages.templates import Parameter, Template, TemplateError, parse, parse_parameters, transforms_of
from headwater.languages.templates import validate as check
from headwater.services.cloudformation.change_sets import find_change_set
from headwater.services.cloudformation.errors import validation_error
from headwater.services.cloudformation.plan import PlanMemory, stored_template
from headwater.services.cloudformation.source import load_body, needed_capabilities, parameters_section, read_text
from headwater.services.cloudformation.stack import dumps, find_stack
from headwater.services.cloudformation.stack_sets.sets import find_stack_set
from headwater.services.cloudformation.transforms import LANGUAGE_EXTENSIONS
from headwater.spine.operations import Call, Request, Result, operation


@operation("cloudformation", "ValidateTemplate")
def validate_template(call: Call, request: Request) -> Result:
    body = load_body(read_text(call, request))
    summary = summarise(body, checked=True)
    return {
        "Parameters": [
            {
                "ParameterKey": each.name,
                "DefaultValue": each.default,
                "NoEcho": each.no_echo,
                "Description": each.description,
            }
            for each in parameters_of(body)
        ],
        **{
            name: summary.get(name)
            for name in ("Description", "Capabilities", "CapabilitiesReason", "DeclaredTransforms")
        },
    }


@operation("cloudformation", "GetTemplateSummary")
def get_template_summary(call: Call, request: Request) -> Result:
    if request.get("StackSetName"):
        text = find_stack_set(call, request["StackSetName"]).body
    elif request.get("StackName"):
        text = stored_template(call, find_stack(call, request["StackName"])).body
    else:
        text = read_text(call, request)
    body = load_body(text)
    parameters = [declaration(each) for each in parameters_of(body)]
    return {"Parameters": parameters, "ResourceIdentifierSummaries": identifiers(call, body), **summarise(body)}


def identifiers(call: Call, body: dict[str, Any]) -> list[dict[str, Any]]:
    """By which properties resources of the template's types are named when they are imported."""
    memory: PlanMemory = call.memory
    found: dict[str, list[str]] = {}
    resources = body.get("Resources")
    for name, each in resources.items() if isinstance(resources, dict) else ():
        if isinstance(each, dict) and "identifier" in memory.schemas.all.get(str(each.get("Type")), ()):
            found.setdefault(each["Type"], []).append(name)
    return [
        {
            "ResourceType": kind,
            "LogicalResourceIds": names,
            "ResourceIdentifiers": memory.schemas.all[kind]["identifier"],
        }
        for kind, names in found.items()
    ]


def parameters_of(body: dict[str, Any]) -> list[Parameter]:
    try:
        return list(parse_parameters(parameters_section(body)).values())
    except TemplateError as error:
        raise validation_error(str(error)) from error


def declaration(parameter: Parameter) -> dict[str, Any]:
    allowed = parameter.allowed_values
    return {
        "ParameterKey": parameter.name,
        "DefaultValue": parameter.default,
        "ParameterType": parameter.type,
        "NoEcho": parameter.no_echo,
        "Description": parameter.description,
        "ParameterConstraints": {"AllowedValues": list(allowed)} if allowed is not None else {},
    }


def summarise(body: dict[str, Any], checked: bool = False) -> dict[str, Any]:
    """A template as it stands. One with macros can be checked only once they are applied."""
    macros = [each if isinstance(each, str) else str(each.get("Name")) for each in transforms_of(body)]
    try:
        template = None if macros else parse(body)
        if checked and template is not None:
            check(template)
    except TemplateError as error:
        raise validation_error(str(error)) from error
    types = [each.get("Type") for each in body.get("Resources", {}).values() if isinstance(each, dict)]
    return {
        "Description": body.get("Description"),
        "ResourceTypes": sorted({kind for kind in types if isinstance(kind, str)}),
        "Version": body.get("AWSTemplateFormatVersion"),
        "Metadata": dumps(body["Metadata"]) if "Metadata" in body else None,
        "DeclaredTransforms": macros or None,
        **capabilities(template, macros),
    }


def capabilities(template: Template | None, macros: list[str]) -> dict[str, Any]:
    if template is None:
        if set(macros) <= {LANGUAGE_EXTENSIONS}:
            return {}
        reason = f"The following resource(s) require capabilities: [{', '.join(macros)}]"
        return {"Capabilities": ["CAPABILITY_AUTO_EXPAND"], "CapabilitiesReason": reason}
    needed, types = needed_capabilities(template)
    if not needed:
        return {}
    reason = f"The following resource(s) require capabilities: [{', '.join(types)}]"
    return {"Capabilities": needed, "CapabilitiesReason": reason}


@operation("cloudformation", "GetTemplate", reads=True)
def get_template(call: Call, request: Request) -> Result:
    stage = request.get("TemplateStage") or "Original"
    if request.get("ChangeSetName"):
        change_set = find_change_set(call, request["ChangeSetName"], request.get("StackName"))
        body, processed = change_set.body, change_set.processed
    else:
        name = request.get("StackName")
        if not name:
            raise validation_error("Stack name or change set name must be specified.")
        stored = stored_template(call, find_stack(call, name))
        body, processed = stored.body, dict(stored.processed)
    text = json.dumps(processed) if stage == "Processed" else body
    return {"TemplateBody": text, "StagesAvailable": ["Original", "Processed"]}
