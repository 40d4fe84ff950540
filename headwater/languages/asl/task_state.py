"""Task: calls a resource and waits for its result.

Every family of resources has its own events, alike in order: Scheduled, Started, (Submitted,) and an end.
"""

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from headwater.languages.asl import execution as frames
from headwater.languages.asl.commands import (
    RunTask,
    TaskFailed,
    TaskInput,
    TaskStarted,
    TaskSubmitted,
    TaskSucceeded,
    TaskTimedOut,
)
from headwater.languages.asl.errors import (
    DATA_LIMIT,
    HEARTBEAT_TIMEOUT,
    TIMEOUT,
    ArgumentsRefused,
    StateFailed,
    runtime,
)
from headwater.languages.asl.flow import Flow
from headwater.languages.asl.machine import State
from headwater.languages.asl.payload import is_too_large
from headwater.languages.asl.queries import Scope, dump
from headwater.languages.asl.resources import Resource
from headwater.languages.asl.templates import Constant, JsonataScope, Template, expect, unusable

if TYPE_CHECKING:
    from headwater.languages.asl.execution import Frame
    from headwater.languages.asl.run import Run


@dataclass(frozen=True, slots=True)
class Seconds:
    """TimeoutSeconds or HeartbeatSeconds: fixed, by path or by expression. `path`: the text of a …Path field."""

    field: str
    value: Template
    path: str = ""

    def evaluate(self, run: "Run", frame: "Frame", effective: Any, *, jsonata: bool) -> int:
        if isinstance(self.value, Constant):
            return int(self.value.value)
        if jsonata:
            value = expect(self.value, self.value.evaluate(JsonataScope(run, frame)), "number")
            if type(value) is not int or value <= 0:
                raise unusable(self.value, value, "a positive integer")
        else:
            value = self.value.evaluate(Scope(run, frame, effective))
        if type(value) is not int:
            raise runtime(
                f'The {self.field} field refers to value "{_shown(value)}" which is not a valid integer: {self.path}'
            )
        if value <= 0:
            raise runtime(f"The {self.field} parameter references a non-positive value: {self.path} == {value}")
        return value


def _shown(value: Any) -> str:
    return value if type(value) is str else dump(value)


def make_token(run: "Run", frame: "Frame") -> str:
    """A task token: opaque to everybody but `split_token`, and not to be guessed."""
    parts = f"{run.execution.key}.{frame.id}.{frame.ticket}.{run.ids.uuid()}"
    return base64.urlsafe_b64encode(parts.encode()).decode()


def split_token(token: str) -> tuple[str, int, int] | None:
    """The execution's key, frame and ticket of a token, None where it is none of ours."""
    try:
        key, frame, ticket, _ = base64.urlsafe_b64decode(token).decode().split(".")
        return key, int(frame), int(ticket)
    except (ValueError, UnicodeDecodeError):
        return None


class TaskState(State):
    kind = "Task"
    retriable = True

    def __init__(
        self,
        name: str,
        next_: str | None,
        flow: Flow,
        resource: Resource,
        *,
        timeout: Seconds | None = None,
        heartbeat: Seconds | None = None,
        credentials: Template | None = None,
    ) -> None:
        super().__init__(name, next_, flow)
        self.target = resource
        self.resource = resource.arn
        self.told_as = resource.kind or resource.arn
        self.timeout = timeout
        self.heartbeat = heartbeat
        self.credentials = credentials
        family = resource.family
        self._scheduled = f"{family}Scheduled"
        self._started = f"{family}Started"
        self._succeeded = f"{family}Succeeded"
        self._failed = f"{family}Failed"
        self._timed_out = f"{family}TimedOut"

    def enter(self, run: "Run", frame: "Frame") -> bool:
        ticket = run.ticket(frame, frames.TASK)
        frame.token = make_token(run, frame) if self.target.has_token else ""
        frame.started = False
        effective = frame.value if self.jsonata else self.flow.effective(run, frame)
        timeout = self._seconds(self.timeout, run, frame, effective)
        heartbeat = self._seconds(self.heartbeat, run, frame, effective)
        arguments = self.flow.arguments(run, frame)
        credentials = self._credentials(run, frame, effective)
        text = frame.text if arguments is frame.value else self._fitting(dump(arguments))
        try:
            prepared = run.prepare(self.resource, arguments)
        except ArgumentsRefused as refused:
            field = "Arguments" if self.jsonata else "Parameters"
            raise runtime(f"The {field} '{text}' could not be used to start the Task: [{refused}]") from None
        run.note(frame, self._scheduled, self._scheduled_details(run, text, timeout, heartbeat, credentials))
        role = credentials.get("roleArn") if credentials else None
        run.commands.append(
            RunTask(
                frame.id, ticket, self.name, self.resource, arguments, timeout, heartbeat, frame.token, role, prepared
            )
        )
        return False

    def _fitting(self, text: str) -> str:
        """The arguments' text, which may not be longer than any other state's input."""
        if is_too_large(text):
            limit = "the maximum number of bytes service limit."
            raise StateFailed(DATA_LIMIT, f"The state/task '{self.told_as}' has an input with a size exceeding {limit}")
        return text

    def _seconds(self, seconds: Seconds | None, run: "Run", frame: "Frame", effective: Any) -> int | None:
        return None if seconds is None else seconds.evaluate(run, frame, effective, jsonata=self.jsonata)

    def _credentials(self, run: "Run", frame: "Frame", effective: Any) -> dict[str, Any] | None:
        if self.credentials is None:
            return None
        scope = JsonataScope(run, frame) if self.jsonata else Scope(run, frame, effective)
        given = self.credentials.evaluate(scope)
        return {"roleArn": given.get("RoleArn")} if type(given) is dict else None

    def _scheduled_details(
        self,
        run: "Run",
        text: str,
        timeout: int | None,
        heartbeat: int | None,
        credentials: dict[str, Any] | None,
    ) -> dict[str, Any]:
        details = self.target.details()
        if self.target.family == "Task":
            details |= {"region": run.execution.region, "parameters": text}
        else:
            details |= {"resource": self.resource, "input": text}
        if timeout is not None:
            details["timeoutInSeconds"] = timeout
        if heartbeat is not None and self.target.family != "LambdaFunction":
            details["heartbeatInSeconds"] = heartbeat
        if credentials is not None:
            details["taskCredentials"] = credentials
        return details

    def task(self, run: "Run", frame: "Frame", event: TaskInput) -> bool:
        if isinstance(event, TaskStarted):
            self._start(run, frame, event.worker)
            return False
        if isinstance(event, TaskSubmitted):
            self._start(run, frame, None)
            run.changed.add(frame.id)
            run.note(frame, "TaskSubmitted", {**self.target.details(), "output": event.output})
            return False
        if isinstance(event, TaskSucceeded):
            return self._succeed(run, frame, event.output)
        if isinstance(event, TaskFailed):
            kind = self._failed
            if event.calling and self.target.submits:
                kind = "TaskSubmitFailed"
            elif event.calling and self.target.family == "Activity":
                kind = "ActivityScheduleFailed"  # there is no worker that could have started it
            if kind != "ActivityScheduleFailed":
                self._start(run, frame, None)
            self._end(run, frame, kind, event.error, event.cause)
            raise StateFailed(event.error, event.cause)
        assert isinstance(event, TaskTimedOut)
        # AWS's histories tell of one kind of timeout; what only a missing heartbeat is, retriers and catchers can tell
        self._end(run, frame, self._timed_out, TIMEOUT, event.cause)
        raise StateFailed(TIMEOUT, event.cause, alias=HEARTBEAT_TIMEOUT if event.heartbeat else None)

    def note_given_up(self, run: "Run", frame: "Frame") -> None:
        if frame.parent:
            run.note_aside(frame, self.aborted_kind)

    def _start(self, run: "Run", frame: "Frame", worker: str | None) -> None:
        if frame.started:
            return
        frame.started = True
        run.changed.add(frame.id)
        details = self.target.details()
        if worker is not None:
            details["workerName"] = worker
        run.note(frame, self._started, details or None)

    def _succeed(self, run: "Run", frame: "Frame", output: str) -> bool:
        self._start(run, frame, None)
        run.wake(frame)
        if is_too_large(output):
            failed = run.too_large(self)
            self._end(run, frame, self._failed, failed.error, failed.cause)
            raise failed
        run.note(frame, self._succeeded, {**self.target.details(), "output": output})
        return self.leave(run, frame, orjson.loads(output), output)

    def _end(self, run: "Run", frame: "Frame", kind: str, error: str | None, cause: str | None) -> None:
        run.wake(frame)
        details = self.target.details()
        if error is not None:
            details["error"] = error
        if cause is not None:
            details["cause"] = cause
        run.note(frame, kind, details)
