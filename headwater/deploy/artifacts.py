"""Which properties of a template are files of the machine that deploys it.

https://docs.aws.amazon.com/cli/latest/reference/cloudformation/package.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from headwater.deploy.errors import DeploymentError
from headwater.languages.templates import load

Form = Literal["uri", "bucket-key", "s3-bucket-key", "url"]
"""How a property names an object in S3: `s3://…`, {Bucket, Key}, {S3Bucket, S3Key}, `https://…`."""


@dataclass(frozen=True)
class Kind:
    """A property that may be a path: ``zipped`` always becomes an archive; ``template`` is packaged itself."""

    property: str
    form: Form
    zipped: bool = False
    template: bool = False


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "AWS::Serverless::Function": Kind("CodeUri", "uri", zipped=True),
        "AWS::Serverless::LayerVersion": Kind("ContentUri", "uri", zipped=True),
        "AWS::Serverless::Api": Kind("DefinitionUri", "uri"),
        "AWS::Serverless::HttpApi": Kind("DefinitionUri", "uri"),
        "AWS::Serverless::StateMachine": Kind("DefinitionUri", "uri"),
        "AWS::Serverless::Application": Kind("Location", "url", template=True),
        "AWS::Lambda::Function": Kind("Code", "s3-bucket-key", zipped=True),
        "AWS::Lambda::LayerVersion": Kind("Content", "s3-bucket-key", zipped=True),
        "AWS::ApiGateway::RestApi": Kind("BodyS3Location", "bucket-key"),
        "AWS::ApiGatewayV2::Api": Kind("BodyS3Location", "bucket-key"),
        "AWS::StepFunctions::StateMachine": Kind("DefinitionS3Location", "bucket-key"),
        "AWS::CloudFormation::Stack": Kind("TemplateURL", "url", template=True),
    }
)


@dataclass(frozen=True)
class Artifact:
    """A file or folder that a resource needs, and what of the resource decides how it is built."""

    logical_id: str
    kind: Kind
    path: Path
    runtime: str = ""
    build_method: str = ""
    build_properties: Mapping[str, Any] = field(default_factory=dict)
    handler: str = ""

    @property
    def builder(self) -> str:
        """`python`, `nodejs`, `esbuild` or '' (taken as it is)."""
        name = self.build_method or self.runtime
        return next((each for each in ("python", "nodejs", "esbuild") if name.startswith(each)), "")

    @property
    def is_layer(self) -> bool:
        return self.kind.property in ("ContentUri", "Content")


def read_template(path: Path) -> dict[str, Any]:
    """A template's body. Raises DeploymentError, TemplateError."""
    try:
        return load(path.read_text(), aliases=True)
    except (OSError, UnicodeDecodeError) as error:
        raise DeploymentError(f"{path} cannot be read: {error}") from error


def artifacts_of(body: Mapping[str, Any], folder: Path) -> list[Artifact]:
    """What of the template is local; paths are relative to the template's folder. Raises DeploymentError."""
    globals_ = _function_globals(body)
    found = []
    for logical_id, resource in _resources(body).items():
        kind = KINDS.get(resource.get("Type", ""))
        if kind is None:
            continue
        properties = resource.get("Properties") or {}
        inherited = globals_ if resource["Type"] == "AWS::Serverless::Function" else {}
        value = _path_of(resource["Type"], kind, properties, inherited)
        if value is None:
            continue
        path = (folder / value).resolve()
        if not path.exists():
            raise DeploymentError(f"{logical_id}.{kind.property}: {value} does not exist in {folder}")
        runtime = properties.get("Runtime", inherited.get("Runtime", ""))
        handler = properties.get("Handler", inherited.get("Handler", ""))
        metadata = resource["Metadata"] if isinstance(resource.get("Metadata"), dict) else {}
        method, build = metadata.get("BuildMethod", ""), metadata.get("BuildProperties")
        build = build if isinstance(build, dict) else {}
        found.append(Artifact(logical_id, kind, path, _text(runtime), _text(method), build, _text(handler)))
    return found


def _resources(body: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    resources = body.get("Resources")
    listed = resources.items() if isinstance(resources, dict) else ()
    return {name: each for name, each in listed if isinstance(each, dict)}


def _function_globals(body: Mapping[str, Any]) -> dict[str, Any]:
    section = body.get("Globals")
    functions = section.get("Function") if isinstance(section, dict) else None
    return functions if isinstance(functions, dict) else {}


def _path_of(kind_name: str, kind: Kind, properties: Mapping[str, Any], inherited: Mapping[str, Any]) -> str | None:
    value = properties.get(kind.property, inherited.get(kind.property))
    if value is None and kind_name == "AWS::Serverless::Function":
        in_line = "InlineCode" in properties or _is_image(properties) or _is_image(inherited)
        return None if in_line else "."
    if not isinstance(value, str) or "://" in value:
        return None  # an object in S3, code in the template, or a function of the template
    return value


def _is_image(properties: Mapping[str, Any]) -> bool:
    return properties.get("PackageType") == "Image"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
