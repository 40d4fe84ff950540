"""What a pipe tells of its executions, in a CloudWatch log group.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-logs.html
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-logs-schema.html
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import orjson

from headwater.spine.arns import parse_arn
from headwater.spine.errors import AwsError
from headwater.spine.work import Work

_LEVELS: Mapping[str, int] = MappingProxyType({"OFF": 0, "ERROR": 1, "INFO": 2, "TRACE": 3})


class LogSettings:
    """``level`` is how much is told; 0 nothing."""

    __slots__ = ("data", "group", "level", "pipe", "stream")

    def __init__(self, pipe: str, configuration: Mapping[str, Any]) -> None:
        destination = (configuration.get("CloudwatchLogsLogDestination") or {}).get("LogGroupArn") or ""
        arn = parse_arn(destination)
        self.pipe = pipe
        self.stream = pipe.rpartition("/")[2]
        self.group = arn.resource.removeprefix("log-group:").removesuffix(":*") if arn else ""
        self.level = _LEVELS[configuration.get("Level") or "OFF"] if self.group else 0
        self.data = "ALL" in (configuration.get("IncludeExecutionData") or ())


class ExecutionLog:
    """The records of one execution; they leave together at its end."""

    def __init__(self, settings: LogSettings, execution: str) -> None:
        self._settings = settings
        self._execution = execution
        self._records: list[tuple[int, str]] = []

    def tell(self, work: Work, level: str, step: str, payload: Any = None, error: AwsError | None = None) -> None:
        """``step`` is AWS's name of it, such as ``EXECUTION_STARTED``."""
        settings = self._settings
        if settings.level < _LEVELS[level]:
            return
        record: dict[str, Any] = {
            "resourceArn": settings.pipe,
            "timestamp": work.now,
            "executionId": self._execution,
            "messageType": step,
            "logLevel": level,
        }
        if settings.data and payload is not None:
            record["payload"] = orjson.dumps(payload).decode()
        if error is not None:
            record["error"] = {
                "httpStatusCode": error.status,
                "message": error.message,
                "details": "",
                "awsService": "",
            }
        self._records.append((work.now, orjson.dumps(record).decode()))

    async def write(self, work: Work) -> None:
        """A log that cannot be written holds up nothing."""
        if not self._records:
            return
        place = {"logGroupName": self._settings.group, "logStreamName": self._settings.stream}
        entries = [{"timestamp": at, "message": text} for at, text in self._records]
        try:
            await work.operation("logs", "PutLogEvents", {**place, "logEvents": entries})
        except AwsError:
            try:
                await work.operation("logs", "CreateLogStream", place)
                await work.operation("logs", "PutLogEvents", {**place, "logEvents": entries})
            except AwsError as error:
                work.span.note("log", str(error))
