"""The parts of a template, checked for shape.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from headwater.languages.templates.errors import TemplateError
from headwater.languages.templates.load import Value
from headwater.languages.templates.parameters import Parameter, parse_parameters

# fmt: off
SECTIONS = frozenset((
    "AWSTemplateFormatVersion", "Conditions", "Description", "Hooks", "Mappings", "Metadata", "Outputs",
    "Parameters", "Resources", "Rules", "Transform",
))
RESOURCE_MEMBERS = frozenset((
    "Condition", "CreationPolicy", "DeletionPolicy", "DependsOn", "Description", "Metadata",
    "Properties", "Type", "UpdatePolicy", "UpdateReplacePolicy", "Version",  # of custom resources; it says nothing more
))
# fmt: on
OUTPUT_MEMBERS = frozenset(("Condition", "Description", "Export", "Value"))
DELETION_POLICIES = frozenset(("Delete", "Retain", "RetainExceptOnCreate", "Snapshot"))
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
WITH_SNAPSHOTS = (
    *("AWS::DocDB::", "AWS::EC2::Volume", "AWS::ElastiCache::", "AWS::Neptune::", "AWS::RDS::DB"),
    "AWS::Redshift::Cluster",
)
LIMITS = {"Resources": 500, "Parameters": 200, "Outputs": 200, "Mappings": 200}
DESCRIPTION_LIMIT = 1024


@dataclass(frozen=True, slots=True)
class Resource:
    """One member of the Resources section, functions unevaluated."""

    logical_id: str
    type: str
    properties: Mapping[str, Value]
    depends_on: tuple[str, ...] = ()
    condition: str | None = None
    deletion_policy: Value = None
    update_replace_policy: Value = None
    metadata: Value = None
    creation_policy: Value = None


@dataclass(frozen=True, slots=True)
class Output:
    """One member of the Outputs section, functions unevaluated; `export` is its export's name."""

    name: str
    value: Value
    description: str | None = None
    condition: str | None = None
    export: Value = None


@dataclass(frozen=True, slots=True)
class Template:
    """A template of the right shape; its references are checked by `validate.validate`."""

    description: str | None
    transforms: tuple[Value, ...]
    parameters: Mapping[str, Parameter]
    mappings: Mapping[str, Mapping[str, Mapping[str, Value]]]
    conditions: Mapping[str, Value]
    rules: Mapping[str, Value]
    resources: Mapping[str, Resource]
    outputs: Mapping[str, Output]
    metadata: Value = None


def parse(body: Mapping[str, Value]) -> Template:
    """Check sections, members and names. Raises TemplateError."""
    unknown = [name for name in body if name not in SECTIONS]
    if unknown:
        raise TemplateError(f"Invalid template property or properties [{', '.join(unknown)}]")
    if str(body.get("AWSTemplateFormatVersion", "2010-09-09")) != "2010-09-09":
        raise TemplateError("Template format error: unsupported value for AWSTemplateFormatVersion.")
    if body.get("Hooks"):
        raise TemplateError("Headwater does not implement the Hooks of a template (AWS CodeDeploy's blue/green).")
    refuse_nulls(body, "")
    if not section(body, "Resources"):
        raise TemplateError("Template format error: At least one Resources member must be defined.")
    return Template(
        description=parse_description(body),
        transforms=transforms_of(body),
        parameters=parse_parameters(section(body, "Parameters")),
        mappings=parse_mappings(section(body, "Mappings")),
        conditions=section(body, "Conditions"),
        rules=section(body, "Rules"),
        resources={name: parse_resource(name, raw) for name, raw in section(body, "Resources").items()},
        outputs={name: parse_output(name, raw) for name, raw in section(body, "Outputs").items()},
        metadata=body.get("Metadata"),
    )


def transforms_of(body: Mapping[str, Value]) -> tuple[Value, ...]:
    """The template's macros, in their order: names, or objects with Name and Parameters."""
    declared = body.get("Transform", ())
    return tuple(declared) if isinstance(declared, list | tuple) else (declared,)


def section(body: Mapping[str, Value], name: str) -> Mapping[str, Value]:
    raw = body.get(name, {})
    if raw is None:
        raise TemplateError(f"Template format error: [/{name}] 'null' values are not allowed in templates")
    if not isinstance(raw, dict):
        raise TemplateError(f"Template format error: [/{name}] must be an object.")
    limit = LIMITS.get(name)
    if limit is not None and len(raw) > limit:
        raise TemplateError(
            f"Template format error: Number of {name.lower()}, {len(raw)}, is greater than maximum allowed, {limit}"
        )
    return raw


def parse_description(body: Mapping[str, Value]) -> str | None:
    description = body.get("Description")
    if description is not None and not isinstance(description, str):
        raise TemplateError("Template format error: Description member must be a string.")
    if description is not None and len(description.encode()) > DESCRIPTION_LIMIT:
        raise TemplateError(
            f"Template format error: Template description length is greater than maximum allowed, {DESCRIPTION_LIMIT}"
        )
    return description


def parse_resource(name: str, raw: Value) -> Resource:
    if not name.isascii() or not name.isalnum():
        raise TemplateError(f"Template format error: Resource name {name} is non alphanumeric.")
    if not isinstance(raw, dict):
        raise TemplateError(f"Template format error: [/Resources/{name}] resource definition is malformed")
    for member in raw:
        if member not in RESOURCE_MEMBERS:
            raise TemplateError(f"Invalid template resource property '{member}'")
    if not isinstance(raw.get("Type"), str):
        raise TemplateError(
            f"Template format error: [/Resources/{name}] Every Resources object must contain a Type member."
        )
    properties = raw.get("Properties", {})
    if not isinstance(properties, dict):
        raise TemplateError(f"Template format error: [/Resources/{name}/Properties] must be an object.")
    return Resource(
        name,
        raw["Type"],
        properties,
        depends_on=parse_depends_on(name, raw.get("DependsOn", ())),
        condition=parse_condition(name, raw.get("Condition")),
        deletion_policy=parse_policy(name, raw["Type"], "DeletionPolicy", raw.get("DeletionPolicy")),
        update_replace_policy=parse_policy(name, raw["Type"], "UpdateReplacePolicy", raw.get("UpdateReplacePolicy")),
        metadata=raw.get("Metadata"),
        creation_policy=parse_creation_policy(raw.get("CreationPolicy")),
    )


def parse_depends_on(name: str, raw: Value) -> tuple[str, ...]:
    names = (raw,) if isinstance(raw, str) else tuple(raw) if isinstance(raw, list | tuple) else (None,)
    if any(not isinstance(each, str) for each in names):
        raise TemplateError(
            f"Template format error: DependsOn must be a string or list of strings, at [/Resources/{name}/DependsOn]"
        )
    return names


def parse_condition(name: str, raw: Value) -> str | None:
    if raw is not None and not isinstance(raw, str):
        raise TemplateError(f"Template format error: Every Condition member must be a string, at {name}.")
    return raw


def parse_policy(name: str, kind: str, member: str, raw: Value) -> Value:
    if isinstance(raw, str) and raw not in DELETION_POLICIES:
        raise TemplateError(f"Template format error: Unrecognized {member} {raw} for resource {name}")
    if raw == "Snapshot" and not kind.startswith(WITH_SNAPSHOTS):
        policy = "deletion policy" if member == "DeletionPolicy" else "update replace policy"
        raise TemplateError(f"Template error: resource type {kind} does not support {policy} Snapshot")
    return raw


def parse_creation_policy(raw: Value) -> Value:
    """AWS takes one with any resource, and heeds it with those that can be signaled."""
    if raw is not None and (not isinstance(raw, dict) or list(raw) == ["Ref"]):
        raise TemplateError("Template format error: Expected an object")
    return raw


def parse_mappings(raw: Mapping[str, Value]) -> Mapping[str, Mapping[str, Mapping[str, Value]]]:
    for name, keys in raw.items():
        if not isinstance(keys, dict) or not all(isinstance(values, dict) for values in keys.values()):
            raise TemplateError(
                f"Template format error: Every Mappings attribute must be a String or a List, at {name}."
            )
    return raw


def parse_output(name: str, raw: Value) -> Output:
    if not name.isascii() or not name.isalnum():
        raise TemplateError(f"Template format error: Output name {name} is non alphanumeric.")
    if not isinstance(raw, dict) or "Value" not in raw:
        raise TemplateError(f"Template format error: Output {name} must contain a Value member.")
    for member in raw:
        if member not in OUTPUT_MEMBERS:
            raise TemplateError(f"Invalid template output property '{member}'")
    export = raw.get("Export")
    if export is not None and (not isinstance(export, dict) or list(export) != ["Name"]):
        raise TemplateError(f"Template format error: Output {name} Export must contain only a Name member.")
    return Output(
        name,
        raw["Value"],
        description=raw.get("Description"),
        condition=parse_condition(name, raw.get("Condition")),
        export=export and export["Name"],
    )


def refuse_nulls(node: Value, path: str) -> None:
    for key, child in members(node):
        if child is None:
            raise TemplateError(f"Template format error: [{path}/{key}] 'null' values are not allowed in templates")
        refuse_nulls(child, f"{path}/{key}")


def members(node: Value) -> Iterator[tuple[object, Value]]:
    if isinstance(node, dict):
        yield from node.items()
    elif isinstance(node, list):
        yield from enumerate(node)
