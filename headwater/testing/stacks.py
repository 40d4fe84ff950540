"""Templates deployed once for all tests that ask for them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class StackFailed(Exception):
    """A template could not be deployed; the text says why."""


@dataclass
class Stack:
    """A stack that is up. ``stack["Name"]`` is an output."""

    name: str
    outputs: dict[str, str]
    _cloudformation: Any = field(repr=False)
    _resources: dict[str, str] = field(default_factory=dict, repr=False)

    def __getitem__(self, output: str) -> str:
        return self.outputs[output]

    def resource(self, logical_id: str) -> str:
        """The physical id of a resource: a name, an ARN or a URL, as its type has it."""
        if not self._resources:
            pages = self._cloudformation.get_paginator("list_stack_resources").paginate(StackName=self.name)
            for page in pages:
                for each in page["StackResourceSummaries"]:
                    self._resources[each["LogicalResourceId"]] = each.get("PhysicalResourceId", "")
        return self._resources[logical_id]


class Stacks:
    """Those of one server, by template and parameters."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._deployed: dict[tuple[Path, tuple[tuple[str, str], ...]], Stack] = {}

    def deploy(self, template: Path, parameters: Mapping[str, str]) -> Stack:
        """The stack of a template; deployed the first time. Raises StackFailed."""
        key = (template.resolve(), tuple(sorted(parameters.items())))
        if key not in self._deployed:
            self._deployed[key] = self._up(key[0], parameters)
        return self._deployed[key]

    def _up(self, template: Path, parameters: Mapping[str, str]) -> Stack:
        # here, for the plugin is loaded for every test session and botocore takes a quarter of a second
        import boto3

        from headwater.deploy import DeploymentError, up

        name = _name(template, parameters)
        problems: list[str] = []
        try:
            deployed = up(
                template, name, parameters, self._endpoint,
                lambda progress: problems.append(f"{progress.name} ({progress.type}): {progress.reason}")
                if progress.status.endswith("_FAILED") else None,
            )  # fmt: skip
        except DeploymentError as error:
            raise StackFailed("\n".join([str(error), *problems])) from None
        return Stack(name, deployed.outputs, boto3.client("cloudformation", endpoint_url=self._endpoint))


def _name(template: Path, parameters: Mapping[str, str]) -> str:
    """Told by the template's folder; another for other parameters."""
    folder = re.sub("[^A-Za-z0-9]+", "-", template.parent.name).strip("-")
    digest = hashlib.sha256(repr((str(template), sorted(parameters.items()))).encode()).hexdigest()[:8]
    return f"test-{folder}-{digest}"
