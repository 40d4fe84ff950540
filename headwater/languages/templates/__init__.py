"""CloudFormation's template language: text to a checked template, and a template to values.

    body = load(text)                                   # YAML or JSON
    body = expand_loops(body, scope)                    # where AWS::LanguageExtensions asks for it
    template = parse(body)
    arguments = resolve_parameters(template.parameters, given, store)
    conditions = evaluate_conditions(template, scope)
    validate(template, conditions)
    for layer in layers(dependencies(resources, conditions)): evaluate(resource.properties, scope)

Every error is a TemplateError with AWS's message. Nothing here does I/O: resources, exports and stored
parameters come through `Resources` and plain functions.
"""

from headwater.languages.templates.conditions import check_rules, evaluate_conditions
from headwater.languages.templates.difference import Difference, Rendered, difference, render
from headwater.languages.templates.dynamic import resolve_dynamic
from headwater.languages.templates.errors import TemplateError
from headwater.languages.templates.extensions import expand_loops
from headwater.languages.templates.functions import evaluate
from headwater.languages.templates.graph import dependants, dependencies, layers
from headwater.languages.templates.includes import includes, put_in
from headwater.languages.templates.load import Value, load
from headwater.languages.templates.parameters import Argument, Parameter, parse_parameters, resolve_parameters
from headwater.languages.templates.references import Kind, Reference, references
from headwater.languages.templates.scope import (
    NO_VALUE,
    Pending,
    Resources,
    Scope,
    Unknown,
    Unresolved,
    pseudo_parameters,
)
from headwater.languages.templates.template import Output, Resource, Template, parse, transforms_of
from headwater.languages.templates.validate import active, validate

__all__ = [
    "NO_VALUE",
    "Argument",
    "Difference",
    "Kind",
    "Output",
    "Parameter",
    "Pending",
    "Reference",
    "Rendered",
    "Resource",
    "Resources",
    "Scope",
    "Template",
    "TemplateError",
    "Unknown",
    "Unresolved",
    "Value",
    "active",
    "check_rules",
    "dependants",
    "dependencies",
    "difference",
    "evaluate",
    "evaluate_conditions",
    "expand_loops",
    "includes",
    "layers",
    "load",
    "parse",
    "parse_parameters",
    "pseudo_parameters",
    "put_in",
    "references",
    "render",
    "resolve_dynamic",
    "resolve_parameters",
    "transforms_of",
    "validate",
]
