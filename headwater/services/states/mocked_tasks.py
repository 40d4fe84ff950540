"""Tasks of executions that run with mocks: what their resources would have answered, told as if they had.

A state that its case does not name calls its resource.
"""

from __future__ import annotations

import logging

import orjson

from headwater.languages.asl import Execution, Machine
from headwater.languages.asl.commands import Input, RunTask, TaskFailed, TaskSubmitted, TaskSucceeded, TaskTimedOut
from headwater.languages.asl.errors import HEARTBEAT_TIMEOUT, RUNTIME, TIMEOUT
from headwater.languages.asl.resources import SUBMITTING
from headwater.languages.asl.task_state import TaskState
from headwater.languages.asl.trial import find_state
from headwater.languages.mock_files import Answer, find_answer
from headwater.services.states import tables
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.spans import shortened

log = logging.getLogger(__name__)


def answer_mocked(call: Call, execution: Execution, command: RunTask) -> list[Input] | None:
    """What the mocked task comes to; None where the state is not mocked. Each invocation takes the next answer, and
    that it did is stored with the step."""
    row = call.store.one(tables.NEXT_ANSWER, (execution.mocks, command.state))
    if row is None:
        return None
    used, answers = row
    answer = find_answer([Answer(*each) for each in orjson.loads(answers)], used - 1)
    if answer is None:
        cause = f"The mocks of state '{command.state}' have no response for invocation {used - 1}, counted from 0."
        answer = Answer(0, None, None, RUNTIME, cause)
    frame, ticket = command.frame, command.ticket
    told = {
        "State": command.state,
        "Resource": command.resource,
        "Arguments": command.arguments,
        "Invocation": used - 1,
    }
    try:
        call.operation("states", "AnswerMocked", told | {"Error": answer.error, "Cause": answer.cause})
    except AwsError as thrown:
        error, cause = thrown.code, thrown.message
    else:
        output = orjson.dumps(answer.value).decode()
        return [*_submission(command, output), TaskSucceeded(frame, ticket, output)]
    submission = [] if error == RUNTIME else _submission(command, "{}")
    if error in (TIMEOUT, HEARTBEAT_TIMEOUT):
        return [*submission, TaskTimedOut(frame, ticket, heartbeat=error == HEARTBEAT_TIMEOUT, cause=cause)]
    return [*submission, TaskFailed(frame, ticket, error, cause)]


def _submission(command: RunTask, output: str) -> list[Input]:
    """A task that waits for more than its call's answer has been submitted first."""
    submitted = command.resource.endswith(SUBMITTING)
    return [TaskSubmitted(command.frame, command.ticket, output)] if submitted else []


@operation("states", "AnswerMocked", internal=True, reads=True)
def tell_of_mocked(call: Call, request: Request) -> Result:
    """Nothing is called: this is what the trace has in place of the call."""
    call.span.subject = request["Resource"]
    call.span.note("mocked", request["State"])
    call.span.note("invocation", request["Invocation"])
    call.span.note("input", shortened(orjson.dumps(request["Arguments"]).decode()))
    if request["Error"] is not None:
        raise AwsError(request["Error"], request["Cause"])
    return {}


def keep_mocks(call: Call, id_: int, case: str, machine: Machine) -> int:
    """Give an execution the answers of its case, as rows of its own that later changes of the case do not reach."""
    mocked = orjson.loads(case)
    nowhere = [state for state in mocked if not isinstance(find_state(machine.workflow, state), TaskState)]
    if nowhere:
        call.span.note("mocks of no Task state", nowhere)
        log.warning("the state machine has no Task state %s, of which there are mocks", ", ".join(nowhere))
    rows = [(id_, state, 0, orjson.dumps(answers).decode()) for state, answers in mocked.items()]
    call.store.many(tables.INSERT_MOCK, rows)
    return id_


def drop_mocks(call: Call, execution: Execution) -> None:
    """The answers of an execution that will never go on; those that its parent has lent it stay."""
    if execution.mocks is not None and str(execution.mocks) == execution.key:
        call.store.run(tables.DELETE_MOCKS, (execution.mocks,))
