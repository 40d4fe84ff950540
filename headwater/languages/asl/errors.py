"""Errors of the Amazon States Language: what a state fails with, and what a definition is refused with.

https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
"""

from dataclasses import dataclass

RUNTIME = "States.Runtime"
QUERY_EVALUATION = "States.QueryEvaluationError"
DATA_LIMIT = "States.DataLimitExceeded"
TIMEOUT = "States.Timeout"
HEARTBEAT_TIMEOUT = "States.HeartbeatTimeout"
INTRINSIC_FAILURE = "States.IntrinsicFailure"
# What AWS's documents call a ResultPath that cannot be applied, and what its executions fail with.
RESULT_PATH_MATCH_FAILURE = "States.ResultPathMatchFailure"
REFERENCE_PATH_CONFLICT = "States.ReferencePathConflict"
NULL_INPUT = "Unable to apply Path transformation to null or empty input."
TASK_FAILED = "States.TaskFailed"
ALL = "States.ALL"
TOLERATED_FAILURE_EXCEEDED = "States.ExceedToleratedFailureThreshold"


class StateFailed(Exception):
    """A state failed. `interpreter`: the cause is ours and gets AWS's opening sentence; `location`: a JSONata field;
    `alias`: a name that only retriers and catchers know the error by."""

    def __init__(
        self,
        error: str | None,
        cause: str | None,
        *,
        interpreter: bool = False,
        location: str = "",
        alias: str | None = None,
    ) -> None:
        super().__init__(error, cause)
        self.error = error
        self.cause = cause
        self.interpreter = interpreter
        self.location = location
        self.alias = alias

    @property
    def is_for_good(self) -> bool:
        """Whether it would come again however often the state is tried: what is lacking here, by a name of ours."""
        return self.error == "NotImplemented" and "Headwater" in (self.cause or "")


class ArgumentsRefused(Exception):
    """A task's arguments do not fit its resource; the message says why."""


def told(state: str, entered: int, cause: str | None) -> str:
    """An interpreter's cause with AWS's opening sentence. `entered`: id of the state's Entered event."""
    return f"An error occurred while executing the state '{state}' (entered at the event id #{entered}). {cause}"


def runtime(cause: str) -> StateFailed:
    return StateFailed(RUNTIME, cause, interpreter=True)


def evaluation(cause: str, location: str = "") -> StateFailed:
    return StateFailed(QUERY_EVALUATION, cause, interpreter=True, location=location)


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding of validation, as ValidateStateMachineDefinition lists it. `location`: a JSON pointer or ""."""

    code: str
    message: str
    location: str = ""
    severity: str = "ERROR"

    def __str__(self) -> str:
        """As CreateStateMachine tells it: AWS, too, has null for no location."""
        return f"{self.code}: {self.message} at {self.location or 'null'}"


class InvalidDefinition(Exception):
    """The definition is refused; the message is CreateStateMachine's."""

    def __init__(self, diagnostics: list[Diagnostic]) -> None:
        self.diagnostics = diagnostics
        findings = ", ".join(str(diagnostic) for diagnostic in diagnostics)
        super().__init__(f"Invalid State Machine Definition: '{findings}'")
