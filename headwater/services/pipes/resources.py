"""CloudFormation's type of EventBridge Pipes.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-pipes-pipe.html
"""

from __future__ import annotations

from typing import Any

from headwater.services.pipes.row import CHANGED, pipe_by_arn
from headwater.spine.errors import AwsError
from headwater.spine.models import load_model
from headwater.spine.operations import Call
from headwater.spine.requests import Reader, UnfitParameters, read_request
from headwater.spine.resource_tags import Tagging, resource_tags
from headwater.spine.resources import Change, Replace, Resource, Step, resource
from headwater.spine.work import Work

_BEGINNINGS = ("StartingPosition", "StartingPositionTimestamp")
_TAGGING = Tagging("pipes", "tags", "tagKeys", pair=None)


@resource("AWS::Pipes::Pipe")
class PipeResource(Resource):
    def create(self, call: Call, change: Change) -> Step:
        change.physical_id = change.properties.get("Name") or change.physical_name(64)
        request = _request("CreatePipe", change.properties | {"Name": change.physical_id})
        request["Tags"] = resource_tags(change) or None
        made = call.operation("pipes", "CreatePipe", request)
        self._describe(call, change, made["Arn"])
        return _settled(change.work, made["Arn"])

    def update(self, call: Call, change: Change) -> Step:
        if any(change.properties.get(name) != change.previous.get(name) for name in ("Name", "Source")):
            raise Replace
        source, begins = _source(change.properties)
        if begins != _source(change.previous)[1]:
            raise Replace
        kept = {name: value for name, value in change.properties.items() if name not in ("Source", "Tags")}
        if source:
            kept["SourceParameters"] = source
        # what a template no longer says is no longer so
        for name in ("Description", "Enrichment"):
            kept.setdefault(name, "")
        request = _request("UpdatePipe", kept | {"Name": change.physical_id})
        made = call.operation("pipes", "UpdatePipe", request)
        _TAGGING.update(call, {"resourceArn": made["Arn"]}, change)
        self._describe(call, change, made["Arn"])
        return _settled(change.work, made["Arn"])

    def delete(self, call: Call, change: Change) -> None:
        try:
            call.operation("pipes", "DeletePipe", {"Name": change.physical_id})
        except AwsError as error:
            if error.code != "NotFoundException":
                raise

    def _describe(self, call: Call, change: Change, arn: str) -> None:
        row = pipe_by_arn(call, arn)
        change.attributes = {"Arn": arn}
        if row is not None:
            shown = row.described()
            change.attributes |= {name: shown[name] for name in ("CurrentState", "CreationTime", "LastModifiedTime")}
            change.attributes["StateReason"] = shown["StateReason"] or ""


def _settled(work: Work | None, arn: str) -> Step:
    """A pipe is made once it runs; under a clock that stands still that is not awaited, for it would be for ever."""
    if work is None or work.engine.clock.mode == "frozen":
        return None
    return _await_settled(work, arn)


def _source(properties: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The source's parameters that an update takes, and where a pipe began to read, which no update changes."""
    settings: dict[str, Any] = {}
    begins: dict[str, Any] = {}
    for kind, parameters in (properties.get("SourceParameters") or {}).items():
        settings[kind] = {name: value for name, value in parameters.items() if name not in _BEGINNINGS}
        begins |= {name: value for name, value in parameters.items() if name in _BEGINNINGS}
    return settings, begins


async def _await_settled(work: Work, arn: str) -> None:
    with work.watch(CHANGED) as watch:
        while (row := await work.transact(pipe_by_arn, arn)) is not None and not row.settled:
            await watch.wait()
    if row is not None and row.state.endswith("_FAILED"):
        raise AwsError("NotStabilized", f"Pipe {row.name} is {row.state}: {row.reason}")


def _request(operation: str, properties: dict[str, Any]) -> dict[str, Any]:
    """Templates may give numbers as texts."""
    try:
        return read_request(
            load_model("pipes"),
            operation,
            _numbers({n: v for n, v in properties.items() if n != "Tags"}),
            Reader("CloudFormation"),
        )
    except UnfitParameters as finding:
        raise AwsError("ValidationException", str(finding)) from None


_NUMBERS = frozenset(
    {
        "BatchSize",
        "MaximumBatchingWindowInSeconds",
        "MaximumRecordAgeInSeconds",
        "MaximumRetryAttempts",
        "ParallelizationFactor",
    }
)


def _numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: int(item) if name in _NUMBERS and isinstance(item, str) else _numbers(item)
            for name, item in value.items()
        }
    return value
