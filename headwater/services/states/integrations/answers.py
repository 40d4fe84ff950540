"""What an operation's answer is to the task that called it."""

from __future__ import annotations

from headwater.languages.asl.commands import TaskInput, TaskSubmitted, TaskSucceeded
from headwater.services.states.integrations.catalogue import Target


def answered(target: Target, frame: int, ticket: int, output: str) -> TaskInput:
    """The operation has answered: the task's end, or only its submission where it waits for more."""
    return TaskSubmitted(frame, ticket, output) if target.pattern else TaskSucceeded(frame, ticket, output)
