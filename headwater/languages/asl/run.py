"""The stepper: advances an execution as far as it goes without the outside, and says what it needs from there.

Pure: the time, ids and random numbers come in by argument; events and commands come out. One call is one Run.
Work is a queue of runnable frames, never recursion, so branches may be many and deep.
"""

from collections import deque
from collections.abc import Callable
from typing import Any

from headwater.languages.asl import execution as frames
from headwater.languages.asl.branches import drop_children, unfinished_children
from headwater.languages.asl.commands import (
    Command,
    Finish,
    GoneOn,
    GoOn,
    Input,
    StartTimer,
    Stopped,
    TimedOut,
    TimerFired,
)
from headwater.languages.asl.errors import DATA_LIMIT, QUERY_EVALUATION, RUNTIME, TIMEOUT, StateFailed, told
from headwater.languages.asl.execution import ROOT, Execution, Frame, context_object
from headwater.languages.asl.history import MAXIMUM_EVENTS, MAXIMUM_EVENTS_CAUSE, Event
from headwater.languages.asl.machine import Machine, State
from headwater.languages.asl.payload import is_too_large
from headwater.languages.asl.queries import dump
from headwater.languages.asl.retry import next_retry, takes
from headwater.languages.intrinsics_functions import Randomness

# Transitions in one step, before others get their turn.
STEP_BUDGET = 250


# From a resource and its arguments to whatever the service wants back in the command. ArgumentsRefused stops the task
# before it is scheduled.
Prepare = Callable[[str, Any], Any]


def unprepared(resource: str, arguments: Any) -> Any:
    return None


_ENDLESS = 1 << 62
_READY = (frames.RUNNING, frames.REVIVED)
# What a frame of an execution that ended badly keeps; whatever waited is aborted.
_KEPT = (frames.RUNNING, frames.DONE, frames.FAILED, frames.JOIN, frames.ITEMS)


class Over(Exception):
    """The execution has ended in the middle of a step."""


class Run:
    """One step of one execution; `resume` may be called again with what a command brought at once.

    events      noted history, in order
    commands    what the service is to do
    changed     frames whose rows must be written; removed: stored frames whose rows must go
    released    handles of what frames waited for and no longer do
    """

    __slots__ = (
        "_budget",
        "_last_number",
        "_may_enter",
        "_paused",
        "_ready",
        "_told",
        "changed",
        "commands",
        "events",
        "execution",
        "ids",
        "now",
        "prepare",
        "released",
        "removed",
    )

    def __init__(self, execution: Execution, now: int, ids: Randomness, prepare: Prepare = unprepared) -> None:
        self.execution = execution
        self.prepare = prepare
        self.now = now
        self.ids = ids
        self.events: list[Event] = []
        self.commands: list[Command] = []
        self.changed: set[int] = set()
        self.removed: set[int] = set()
        self.released: list[int] = []
        self._ready: deque[Frame] = deque()
        self._budget = STEP_BUDGET
        # whether anybody wants the events; the number that only an execution's end may have
        self._told = not execution.express or execution.logging is not None
        self._last_number = _ENDLESS if execution.express else MAXIMUM_EVENTS
        self._may_enter: Callable[[], bool] | None = None
        self._paused = False

    # -- driving

    def slow_down(self, may_enter: Callable[[], bool]) -> None:
        """Ask before each state that is entered; where it may not be now, the step is over, as if its budget was."""
        self._budget = 0
        self._may_enter = may_enter

    def begin(self, machine: Machine) -> None:
        execution = self.execution
        root = Frame(ROOT, 0, 0, machine.workflow, execution.input_value, execution.input_text)
        execution.last_frame = ROOT
        execution.frames[ROOT] = root
        details = {"input": execution.input_text, "roleArn": execution.role_arn}
        if execution.qualifiers:
            details |= execution.qualifiers
        self._note("ExecutionStarted", details)
        self._ready.append(root)
        self._drive()

    def resume(self, event: Input) -> None:
        """Take in what happened outside; what is stale changes nothing."""
        try:
            if isinstance(event, Stopped):
                finish = Finish("ABORTED", error=event.error, cause=event.cause)
                self._stop("ExecutionAborted", event.error, event.cause, finish)
            elif isinstance(event, TimedOut):
                # the error is in the history alone
                self._stop("ExecutionTimedOut", TIMEOUT, None, Finish("TIMED_OUT"))
            elif isinstance(event, GoneOn):
                waiting = [frame for frame in self.execution.frames.values() if frame.status in _READY]
                self._ready.extend(waiting)
            else:
                self._wake(event)
        except Over:
            return
        self._drive()

    def redrive(self) -> None:
        """Go on with an execution that ended badly: what failed or was aborted does its state again.

        https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html
        """
        execution = self.execution
        execution.begin_redrive(self.now)
        details = {"redriveCount": execution.redrives}
        try:
            number = self._note("ExecutionRedriven", details, execution.last_event)
            self._revive(execution.frames[ROOT], number)
        except Over:
            return
        self._drive()

    def _revive(self, frame: Frame, previous: int) -> None:
        frame.previous = previous
        frame.retries = None
        self.changed.add(frame.id)
        join = frame.join
        children = [] if join is None else unfinished_children(self, frame)
        if join is not None and children:
            frame.status = frames.JOIN
            join.failed = 0
            join.pending = join.total - join.started + len(children)
            for child in children:
                self._revive(child, previous)
            return
        drop_children(self, frame)
        if frame.status != frames.RUNNING:
            frame.status = frames.REVIVED
        self._ready.append(frame)

    def _wake(self, event: Any) -> None:
        frame = self.execution.frames.get(event.frame)
        if frame is None or frame.ticket != event.ticket:
            return
        state = frame.workflow.states[frame.name]
        retrying = frame.status == frames.RETRYING
        if isinstance(event, TimerFired):
            act = state.again if retrying else state.timer
            goes_on = self._guarded(frame, state, act, self, frame)
        else:
            goes_on = self._guarded(frame, state, state.task, self, frame, event)
        if goes_on:
            self._ready.append(frame)

    def _drive(self) -> None:
        try:
            while self._ready:
                frame = self._ready.popleft()
                # a frame may have been dropped since it became ready
                if self.execution.frames.get(frame.id) is not frame:
                    continue
                if frame.status == frames.REVIVED and not self._again(frame):
                    continue
                if self._advance(frame):
                    return
        except Over:
            return

    def _again(self, frame: Frame) -> bool:
        frame.status = frames.RUNNING
        state = frame.workflow.states[frame.name]
        return self._guarded(frame, state, state.revive, self, frame)

    def _advance(self, frame: Frame) -> bool:
        """Run a frame until it waits or ends; True when the budget ran out."""
        while True:
            if not self._budget and not self._may_go_on():
                self._ready.append(frame)
                self.changed.add(frame.id)
                self._pause()
                return True
            self._budget -= 1
            state = frame.workflow.states[frame.name]
            frame.before = frame.previous
            frame.entered_at = self.now
            frame.entered = self.note(frame, state.entered_kind, {"name": state.name, "input": frame.text})
            try:
                if not state.enter(self, frame):
                    return False
            except StateFailed as error:
                if not self._caught(frame, state, error):
                    return False

    def _may_go_on(self) -> bool:
        """Whether a slowed step, which has a budget of one state at a time, may enter another."""
        if self._may_enter is None or not self._may_enter():
            return False
        self._budget = 1
        return True

    def _guarded(self, frame: Frame, state: State, act: Callable[..., bool], *arguments: Any) -> bool:
        """`act(*arguments)`; whatever fails in it, and then in a catcher too, is the state's failure."""
        try:
            return act(*arguments)
        except StateFailed as error:
            return self._caught(frame, state, error)

    def _caught(self, frame: Frame, state: State, error: StateFailed) -> bool:
        try:
            return self._failed(frame, state, _without_frames(error))
        except StateFailed as again:
            return self._failed_for_good(frame, state, _without_frames(again))

    def _pause(self) -> None:
        """Keep what is runnable for a later step."""
        for frame in self._ready:
            if frame.status not in _READY:
                frame.status = frames.RUNNING
                self.changed.add(frame.id)
        self._ready.clear()
        if not self._paused:
            self._paused = True
            self.commands.append(GoOn())

    # -- events

    def _note(self, kind: str, details: dict[str, Any] | None, previous: int = 0) -> int:
        execution = self.execution
        number = execution.last_event + 1
        if number >= self._last_number:
            self._end_history()
        execution.last_event = number
        if self._told:
            self.events.append((number, previous, kind, details))
        return number

    def _end_history(self) -> None:
        self.execution.last_event = MAXIMUM_EVENTS
        failure = {"error": RUNTIME, "cause": MAXIMUM_EVENTS_CAUSE}
        self.events.append((MAXIMUM_EVENTS, MAXIMUM_EVENTS - 1, "ExecutionFailed", failure))
        self._finish(Finish("FAILED", error=RUNTIME, cause=MAXIMUM_EVENTS_CAUSE))

    def note(self, frame: Frame, kind: str, details: dict[str, Any] | None = None) -> int:
        """Record an event that follows the frame's last one, and make it the last."""
        # as `_note` does, which is called for rarer events: two of a state's hundred bytecodes were calls of each other
        execution = self.execution
        number = execution.last_event + 1
        if number >= self._last_number:
            self._end_history()
        execution.last_event = number
        if self._told:
            self.events.append((number, frame.previous, kind, details))
        frame.previous = number
        return number

    def note_aside(self, frame: Frame, kind: str, details: dict[str, Any] | None = None) -> int:
        """Record an event that follows the frame's last one without becoming it, as AWS chains …Succeeded events."""
        return self._note(kind, details, frame.previous)

    # -- moving on

    def exit(
        self,
        frame: Frame,
        state: State,
        value: Any,
        text: str,
        assigned: dict[str, Any] | None,
        next_: str | None,
    ) -> bool:
        """Leave the state for `next_`, or end the frame where that is None."""
        if is_too_large(text):
            raise self.too_large(state)
        details: dict[str, Any] = {"name": state.name, "output": text}
        if assigned:
            details["assignedVariables"] = self.variable_texts(state, assigned)
            frame.variables = {**frame.variables, **assigned}
        self.note(frame, state.exited_kind, details)
        frame.value = value
        frame.text = text
        frame.retries = None
        if next_ is None:
            self._end(frame)
            return False
        frame.name = next_
        return True

    def variable_texts(self, state: State, assigned: dict[str, Any]) -> dict[str, str]:
        """Their JSON; together they may be no larger than any other payload. The words are ours."""
        texts = {name: dump(variable) for name, variable in assigned.items()}
        if is_too_large("".join(texts.values())):
            cause = f"The variables of state '{state.name}' have a size exceeding the maximum number of bytes"
            raise StateFailed(DATA_LIMIT, f"{cause} service limit.")
        return texts

    def too_large(self, state: State) -> StateFailed:
        cause = (
            f"The state/task '{state.told_as}' returned a result with a size exceeding the "
            "maximum number of bytes service limit."
        )
        return StateFailed(DATA_LIMIT, cause)

    def _end(self, frame: Frame) -> None:
        if frame.id == ROOT:
            self._note("ExecutionSucceeded", {"output": frame.text}, frame.previous)
            self._close(Finish("SUCCEEDED", frame.text))
            return
        frame.status = frames.DONE
        self.changed.add(frame.id)
        parent, state = self.parent(frame)
        if self._guarded(parent, state, state.child_ended, self, parent, frame):
            self._ready.append(parent)

    def parent(self, frame: Frame) -> tuple[Frame, State]:
        parent = self.execution.frames[frame.parent]
        return parent, parent.workflow.states[parent.name]

    def _finish(self, finish: Finish) -> None:
        """The execution ends where something else was about to follow."""
        if finish.status == "SUCCEEDED" or self.execution.express:
            self._close(finish)
        else:
            self._end_badly(finish)
        raise Over

    def _close(self, finish: Finish) -> None:
        """Nothing is left: no frame is ready, and none is kept."""
        self.commands.append(finish)
        self._ready.clear()
        self.changed.clear()
        for frame in self.execution.frames.values():
            if frame.handles:
                self.released += frame.handles
            if frame.stored:
                self.removed.add(frame.id)
        self.execution.frames.clear()

    def _end_badly(self, finish: Finish) -> None:
        """What there is stays for a redrive."""
        self.commands.append(finish)
        self._ready.clear()
        execution = self.execution
        for frame in execution.frames.values():
            self.release(frame)
            frame.ticket = 0
            frame.token = ""
            if frame.status not in _KEPT:
                frame.status = frames.ABORTED
            self.changed.add(frame.id)

    # -- failing

    def fail(self, frame: Frame, error: str | None, cause: str | None) -> bool:
        """A Fail state: its error goes straight to what is around the frame."""
        return self._propagate(frame, StateFailed(error, cause))

    def _failed(self, frame: Frame, state: State, failed: StateFailed) -> bool:
        """Give the failure to a retrier, a catcher, or what is around the frame. True: the frame goes on."""
        if frame.ticket:
            self.wake(frame)
        failed = self._explained(frame, state, failed)
        if failed.error == RUNTIME:
            return self._end_failed(frame, failed)
        delay = next_retry(state.retriers, frame, failed, self.ids)
        if delay is not None:
            drop_children(self, frame)
            self.sleep(frame, frames.RETRYING, self.now + delay)
            return False
        stood = frame.previous
        state.note_failure(self, frame)
        for catcher in state.catchers:
            if takes(catcher.errors, failed):
                try:
                    output, text, assigned = catcher.leave(self, frame, failed)
                except StateFailed:
                    frame.previous = stood  # so AWS was measured
                    raise
                drop_children(self, frame)
                return self.exit(frame, state, output, text, assigned, catcher.next)
        state.note_given_up(self, frame)
        return self._propagate(frame, failed)

    def _failed_for_good(self, frame: Frame, state: State, failed: StateFailed) -> bool:
        """A catcher has failed: no other is asked."""
        failed = self._explained(frame, state, failed)
        if failed.error == RUNTIME:
            return self._end_failed(frame, failed)
        state.note_failure(self, frame)
        state.note_given_up(self, frame)
        return self._propagate(frame, failed)

    def _explained(self, frame: Frame, state: State, failed: StateFailed) -> StateFailed:
        """The failure with AWS's opening sentence, where its cause is the interpreter's."""
        if not failed.interpreter:
            return failed
        cause = told(state.name, frame.entered, failed.cause)
        failed = StateFailed(failed.error, cause, location=failed.location)
        self._note_evaluation(frame, state, failed)
        return failed

    def _note_evaluation(self, frame: Frame, state: State, failed: StateFailed) -> None:
        if failed.error != QUERY_EVALUATION:
            return
        details = {
            "error": failed.error,
            "cause": failed.cause,
            "location": failed.location,
            "state": state.name,
        }
        if not failed.location:
            del details["location"]
        if frame.previous == frame.entered:
            # AWS hangs this event on what came before the state, if nothing has happened in it yet.
            frame.previous = frame.before
        self.note(frame, "EvaluationFailed", details)

    def _propagate(self, frame: Frame, failed: StateFailed) -> bool:
        if frame.id == ROOT:
            return self._end_failed(frame, failed)
        frame.status = frames.FAILED
        self.changed.add(frame.id)
        parent, state = self.parent(frame)
        if self._guarded(parent, state, state.child_failed, self, parent, frame, failed):
            self._ready.append(parent)
        return False

    def _end_failed(self, frame: Frame, failed: StateFailed) -> bool:
        """The whole execution fails."""
        frame.status = frames.FAILED
        details = {name: text for name, text in (("error", failed.error), ("cause", failed.cause)) if text is not None}
        self._note("ExecutionFailed", details, frame.previous)
        self._finish(Finish("FAILED", error=failed.error, cause=failed.cause))
        return False

    def _stop(self, kind: str, error: str | None, cause: str | None, finish: Finish) -> None:
        """From outside: no event but the execution's end tells of it, and it follows none. So AWS was measured."""
        self._note(kind, {name: text for name, text in (("error", error), ("cause", cause)) if text is not None})
        self._finish(finish)

    # -- waiting

    def ticket(self, frame: Frame, status: str) -> int:
        """Park the frame: it now waits for what carries this ticket."""
        self.execution.last_ticket += 1
        frame.ticket = self.execution.last_ticket
        frame.status = status
        self.changed.add(frame.id)
        return frame.ticket

    def sleep(self, frame: Frame, status: str, until: int) -> None:
        self.commands.append(StartTimer(frame.id, self.ticket(frame, status), until))

    def wake(self, frame: Frame) -> None:
        """The frame no longer waits."""
        self.release(frame)
        frame.ticket = 0
        frame.token = ""
        frame.status = frames.RUNNING
        self.changed.add(frame.id)

    def release(self, frame: Frame) -> None:
        if frame.handles:
            self.released += frame.handles
            frame.handles = []

    def ready(self, frame: Frame) -> None:
        self._ready.append(frame)

    def context(self, frame: Frame) -> dict[str, Any]:
        """The context object as the frame's present state sees it."""
        return context_object(self.execution, frame)


def _without_frames(failed: StateFailed) -> StateFailed:
    """Without what it came by, which would hold this very frame, and so keep the state alive in a cycle."""
    failed.__context__ = None
    return failed.with_traceback(None)


def start(machine: Machine, execution: Execution, now: int, ids: Randomness) -> Run:
    """Begin an execution. `now` in ms since the epoch."""
    run = Run(execution, now, ids)
    run.begin(machine)
    return run


def resume(execution: Execution, event: Input, now: int, ids: Randomness) -> Run:
    """Take one input in and advance as far as possible."""
    run = Run(execution, now, ids)
    run.resume(event)
    return run
