"""A template brought up on a running server: packaged, prepared as a change set, executed, followed to its end."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from headwater.deploy.client import ArtifactBucket, Aws
from headwater.deploy.errors import DeploymentError
from headwater.deploy.packaging import Packager
from headwater.languages.templates import TemplateError

CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
BODY_LIMIT = 51_200
DESCRIPTION_LIMIT = 1024
POLL_SECONDS = 0.05
NOTHING_LEFT = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED")
NO_CHANGES = ("didn't contain changes", "No updates are to be performed")


class Progress(NamedTuple):
    """Something happened: to an artifact (``kind`` package) or, as a stack event tells, to a resource (``event``)."""

    kind: str
    name: str
    type: str = ""
    status: str = ""
    reason: str = ""


OnProgress = Callable[[Progress], None]


@dataclass(frozen=True)
class Deployed:
    """A stack that is up: its outputs, and whether there was anything to change."""

    stack: str
    outputs: dict[str, str]
    changed: bool


def default_cache() -> Path:
    """Where builds are kept between deployments."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "headwater"


def up(
    template: Path,
    stack: str,
    parameters: Mapping[str, str],
    endpoint: str,
    on_progress: OnProgress,
    cache: Path | None = None,
) -> Deployed:
    """Package a template and create or update its stack; returns when it is up. Raises DeploymentError."""
    aws = Aws(endpoint, os.environ)
    try:
        packager = Packager(
            ArtifactBucket(aws), cache or default_cache(), lambda name: on_progress(Progress("package", name))
        )
        return Deployment(aws, stack, on_progress, template).deploy(packager, packager.package(template), parameters)
    except TemplateError as error:
        raise DeploymentError(f"{template}: {error}") from error
    except ClientError as error:
        raise DeploymentError(hinted(error.response["Error"].get("Message") or str(error))) from error
    except (BotoCoreError, OSError) as error:
        raise DeploymentError(str(error)) from error


def hinted(reason: str) -> str:
    """AWS's words, and what is most likely meant by them."""
    lacking = '\nThe template has no line "Transform: AWS::Serverless-2016-10-31".'
    return reason + lacking if "Unrecognized resource types: [AWS::Serverless::" in reason else reason


class Deployment:
    """One stack's way up. The change set's description names its ``template``: copied tests ask for it."""

    def __init__(self, aws: Aws, stack: str, on_progress: OnProgress, template: Path) -> None:
        self._cloudformation = aws.client("cloudformation")
        self._stack = stack
        self._on_progress = on_progress
        self._description = f"headwater up {template.resolve()}"[:DESCRIPTION_LIMIT]
        self._seen: set[str] = set()

    def deploy(self, packager: Packager, body: dict[str, Any], parameters: Mapping[str, str]) -> Deployed:
        existing = self._existing()
        if existing is not None and existing["StackStatus"] in NOTHING_LEFT:
            self._delete()
            existing = None
        change_set = self._change_set(packager, body, parameters, existing)
        if change_set is None:
            return Deployed(self._stack, outputs_of(self._existing()), changed=False)
        self._skip_past_events()
        self._cloudformation.execute_change_set(ChangeSetName=change_set)
        return Deployed(self._stack, outputs_of(self._follow()), changed=True)

    def _existing(self) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = self._cloudformation.describe_stacks(StackName=self._stack)["Stacks"][0]
        except ClientError as error:
            if "does not exist" in error.response["Error"]["Message"]:
                return None
            raise
        return found

    def _delete(self) -> None:
        """A creation that failed left nothing to update: AWS, too, wants it deleted first."""
        self._cloudformation.delete_stack(StackName=self._stack)
        while (existing := self._existing()) is not None:
            if existing["StackStatus"] == "DELETE_FAILED":
                raise DeploymentError(
                    f"The stack {self._stack} of before cannot be deleted: {existing.get('StackStatusReason')}"
                )
            time.sleep(POLL_SECONDS)

    def _change_set(
        self, packager: Packager, body: dict[str, Any], parameters: Mapping[str, str], existing: dict[str, Any] | None
    ) -> str | None:
        """The id of a change set that is ready, None where nothing changes. Raises DeploymentError."""
        is_new = existing is None or existing["StackStatus"] == "REVIEW_IN_PROGRESS"
        known = (
            set() if is_new or existing is None else {each["ParameterKey"] for each in existing.get("Parameters", ())}
        )
        made = self._cloudformation.create_change_set(
            StackName=self._stack,
            ChangeSetName=f"headwater-{time.time_ns()}",
            ChangeSetType="CREATE" if is_new else "UPDATE",
            Capabilities=CAPABILITIES,
            Description=self._description,
            Parameters=parameters_of(body, parameters, known),
            **self._template(packager, body),
        )["Id"]
        while True:
            found = self._cloudformation.describe_change_set(ChangeSetName=made)
            if found["Status"] == "CREATE_COMPLETE":
                return str(made)
            if found["Status"] == "FAILED":
                reason = found.get("StatusReason", "")
                if "AWS::EarlyValidation" in reason:
                    reason = self._found_early(made)
                self._cloudformation.delete_change_set(ChangeSetName=made)
                if any(words in reason for words in NO_CHANGES):
                    return None
                raise DeploymentError(hinted(reason))
            time.sleep(POLL_SECONDS)

    def _found_early(self, change_set: str) -> str:
        """What is wrong with the template's properties, a line each."""
        request = {"ChangeSetName": change_set, "Filters": {"FailedEvents": True}}
        return "\n".join(
            f"{each['LogicalResourceId']} ({each['ResourceType']}): {each['ValidationStatusReason']} "
            f"(at {each['ValidationPath']})"
            for each in self._cloudformation.describe_events(**request)["OperationEvents"]
        )

    def _template(self, packager: Packager, body: dict[str, Any]) -> dict[str, str]:
        text = json.dumps(body)
        if len(text.encode()) <= BODY_LIMIT:
            return {"TemplateBody": text}
        path = packager.cache / "templates" / f"{self._stack}.{os.getpid()}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        key = f"{self._stack}-{time.time_ns()}.template"
        packager.bucket.put(key, path)
        return {"TemplateURL": packager.bucket.url(key)}

    def _skip_past_events(self) -> None:
        self._seen.update(each["EventId"] for each in self._events())

    def _events(self) -> list[dict[str, Any]]:
        pages = self._cloudformation.get_paginator("describe_stack_events").paginate(StackName=self._stack)
        return [each for page in pages for each in page["StackEvents"]][::-1]

    def _follow(self) -> dict[str, Any]:
        """Report events until the stack is settled. Raises DeploymentError unless it is up."""
        failures = []
        settled = False
        while not settled:
            time.sleep(POLL_SECONDS)
            for event in self._events():
                if event["EventId"] in self._seen:
                    continue
                self._seen.add(event["EventId"])
                progress = progress_of(event)
                self._on_progress(progress)
                if event["PhysicalResourceId"] == event["StackId"]:
                    settled = not progress.status.endswith("_IN_PROGRESS")
                elif progress.status.endswith("_FAILED"):
                    failures.append(f"{progress.name} ({progress.type}): {progress.reason}")
        stack = self._existing()
        if stack is not None and stack["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            return stack
        status = stack["StackStatus"] if stack else "DELETED"
        reason = (stack or {}).get("StackStatusReason") or ""
        raise DeploymentError("\n".join([f"The stack {self._stack} is {status}. {reason}".strip(), *failures]))


def progress_of(event: Mapping[str, Any]) -> Progress:
    return Progress(
        "event",
        event["LogicalResourceId"],
        event["ResourceType"],
        event["ResourceStatus"],
        event.get("ResourceStatusReason", ""),
    )


def parameters_of(body: Mapping[str, Any], given: Mapping[str, str], known: set[str]) -> list[dict[str, Any]]:
    """The parameters given; for those that the stack has already and nobody gives, their former values."""
    listed: list[dict[str, Any]] = [{"ParameterKey": name, "ParameterValue": value} for name, value in given.items()]
    declared = body.get("Parameters")
    kept = known & declared.keys() - given.keys() if isinstance(declared, dict) else set()
    return [*listed, *({"ParameterKey": name, "UsePreviousValue": True} for name in sorted(kept))]


def outputs_of(stack: Mapping[str, Any] | None) -> dict[str, str]:
    return {each["OutputKey"]: each["OutputValue"] for each in (stack or {}).get("Outputs", ())}
