"""A template's files built, uploaded, and the template rewritten to name them where they now are.

What `sam build` and `sam package` do, without containers; each archive is made once for its content.
"""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from headwater.deploy.archive import digest_of, files_of, write_archive
from headwater.deploy.artifacts import Artifact, artifacts_of, read_template
from headwater.deploy.bundling import bundle
from headwater.deploy.dependencies import node_packages, python_packages
from headwater.deploy.errors import DeploymentError
from headwater.languages.templates import includes

NODE_MODULES = frozenset(("node_modules",))
BUILT_HERE = ("", "python", "nodejs", "esbuild")


class Bucket(Protocol):
    """Where archives go."""

    name: str

    def put(self, key: str, path: Path) -> None:
        """Upload a file unless an object of that key is there: keys name their content."""

    def url(self, key: str) -> str:
        """The HTTP address of an object."""


@dataclass(frozen=True)
class Packager:
    """Builds into a folder of its own and uploads to a bucket. ``progress`` hears each artifact's name."""

    bucket: Bucket
    cache: Path
    progress: Callable[[str], None]

    def package(self, template: Path) -> dict[str, Any]:
        """The template's body with every local path replaced. Raises DeploymentError, TemplateError."""
        body = copy.deepcopy(read_template(template))
        for artifact in artifacts_of(body, template.parent):
            self.progress(artifact.logical_id)
            properties = body["Resources"][artifact.logical_id].setdefault("Properties", {})
            properties[artifact.kind.property] = self._location(artifact, self._upload(artifact))
        for include in includes(body):
            parameters = include.get("Parameters") or {}
            if (path := piece_of(include, template.parent)) is not None:
                parameters["Location"] = self._put(path)
        return body

    def _put(self, path: Path) -> str:
        """A piece of a template, uploaded; its address."""
        key = digest_of({path.name: path}) + path.suffix
        self.bucket.put(key, path)
        return f"s3://{self.bucket.name}/{key}"

    def _upload(self, artifact: Artifact) -> str:
        """The key of the uploaded object."""
        if artifact.kind.template:
            text = json.dumps(self.package(artifact.path)).encode()
            path = self.cache / "templates" / f"{artifact.path.stem}.{os.getpid()}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text)
            key = f"{digest_of({'template': path})}.template"
        elif artifact.kind.zipped and not _is_archive(artifact.path):
            files = build(artifact, self.cache)
            key = f"{digest_of(files)}.zip"
            path = self.cache / "archives" / key
            if not path.exists():
                write_archive(files, path)
        else:
            path = artifact.path
            key = digest_of({path.name: path}) + path.suffix
        self.bucket.put(key, path)
        return key

    def _location(self, artifact: Artifact, key: str) -> Any:
        match artifact.kind.form:
            case "uri":
                return f"s3://{self.bucket.name}/{key}"
            case "url":
                return self.bucket.url(key)
            case "bucket-key":
                return {"Bucket": self.bucket.name, "Key": key}
            case "s3-bucket-key":
                return {"S3Bucket": self.bucket.name, "S3Key": key}


def build(artifact: Artifact, cache: Path) -> dict[str, Path]:
    """What goes into a function's or a layer's archive: its own files and what they need. Raises DeploymentError."""
    if artifact.build_method and artifact.builder not in BUILT_HERE[1:]:
        raise DeploymentError(
            f"{artifact.logical_id}: the BuildMethod {artifact.build_method} is not implemented; python3.x, "
            "nodejs2x.x and esbuild are"
        )
    source = artifact.path
    # a layer is laid out by its author, unless it asks to be built
    if artifact.is_layer and not artifact.build_method:
        return files_of(source)
    if artifact.builder == "esbuild":
        return files_of(bundle(artifact, node_packages(source, cache), cache))
    prefix = _layer_prefix(artifact)
    if artifact.builder == "python":
        packages = python_packages(source, cache)
        own = files_of(source, prefix)
        return own if packages is None else {**files_of(packages, prefix), **own}
    if artifact.builder == "nodejs":
        modules = node_packages(source, cache)
        if modules is None:
            return files_of(source, prefix)
        return {
            **files_of(modules / "node_modules", f"{prefix}node_modules/"),
            **files_of(source, prefix, NODE_MODULES),
        }
    return files_of(source)


def _is_archive(path: Path) -> bool:
    """What somebody else has built is taken as it is, as `sam build` and `sam package` take it."""
    return path.suffix in (".zip", ".jar") and path.is_file()


def _layer_prefix(artifact: Artifact) -> str:
    """Where in a layer the runtime looks. https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html"""
    return f"{artifact.builder}/" if artifact.is_layer else ""


def piece_of(include: Mapping[str, Any], folder: Path) -> Path | None:
    """The local file that `AWS::Include` names; None where it is elsewhere. Raises DeploymentError."""
    location = (include.get("Parameters") or {}).get("Location")
    if not isinstance(location, str) or "://" in location:
        return None
    path = (folder / location).resolve()
    if not path.is_file():
        raise DeploymentError(f"AWS::Include: {location} does not exist in {folder}")
    return path


def watched_paths(template: Path) -> Iterator[Path]:
    """What a change of means a new deployment: the template and all that it names."""
    yield template
    for include in includes(read_template(template)):
        if (path := piece_of(include, template.parent)) is not None:
            yield path
    for artifact in artifacts_of(read_template(template), template.parent):
        if artifact.kind.template:
            yield from watched_paths(artifact.path)
        else:
            yield artifact.path
