"""Templates deployed once a session, and a universe with what was deployed for each test that asks."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from headwater.client import Headwater, Span
from headwater.testing.story import is_look

_Wanted = tuple[Path, tuple[tuple[str, str], ...]]
_BY_USERS = "operation"


class StackFailed(Exception):
    """A template could not be deployed; the text says why."""


class NoSuchName(KeyError):
    """A stack has no such output or resource; the text says which it has."""

    def __init__(self, stack: str, kind: str, name: str, known: Iterable[str]) -> None:
        alike = get_close_matches(name, known, 1)
        hint = f"is it {alike[0]}?" if alike else f"there are {', '.join(sorted(known)) or 'none'}."
        super().__init__(f"{stack} has no {kind} {name}; {hint}")

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass
class Stack:
    """A stack that is up. ``stack["Name"]`` is an output."""

    name: str
    outputs: dict[str, str]
    _cloudformation: Any = field(repr=False)
    _resources: dict[str, str] = field(default_factory=dict, repr=False)

    def __getitem__(self, output: str) -> str:
        __tracebackhide__ = True
        if output not in self.outputs:
            raise NoSuchName(self.name, "output", output, self.outputs)
        return self.outputs[output]

    def resource(self, logical_id: str) -> str:
        """The physical id of a resource: a name, an ARN or a URL, as its type has it."""
        __tracebackhide__ = True
        if not self._resources:
            pages = self._cloudformation.get_paginator("list_stack_resources").paginate(StackName=self.name)
            for page in pages:
                for each in page["StackResourceSummaries"]:
                    self._resources[each["LogicalResourceId"]] = each.get("PhysicalResourceId", "")
        if logical_id not in self._resources:
            raise NoSuchName(self.name, "resource", logical_id, self._resources)
        return self._resources[logical_id]


class Stacks:
    """Those of one server: by template and parameters, deployed once; by what a test asks for, saved once.

    Each test says :meth:`begin`; from its first :meth:`empty` or :meth:`deploy` on it has the server as a
    universe of its own.
    """

    def __init__(self, headwater: Headwater) -> None:
        self._headwater = headwater
        self._stacks: dict[_Wanted, Stack] = {}
        self._saved: dict[tuple[_Wanted, ...], str] = {}
        # what the server holds, as long as no test had a hand in it
        self._untouched: tuple[_Wanted, ...] | None = None
        self._asked: tuple[_Wanted, ...] | None = None
        self._last_span = ""
        self.fresh = False

    def begin(self, fresh: bool = False) -> None:
        """Another test: what it asks for it gets as it was deployed; ``fresh``: functions started anew, too."""
        self._untouched = self._asked = None
        self.fresh = fresh

    def empty(self) -> None:
        """A universe in which there is nothing."""
        if self._asked is None:
            self._give(())

    def deploy(self, template: Path, parameters: Mapping[str, str]) -> Stack:
        """The stack of a template, beside those that this test has asked for already. Raises StackFailed."""
        wanted = (template.resolve(), tuple(sorted(parameters.items())))
        asked = self._asked or ()
        if wanted not in asked:
            if asked and any(map(_is_deed, self._headwater.spans(self._last_span))):
                raise StackFailed("Ask for all stacks of a test before anything is done with one of them.")
            self._give((*asked, wanted))
        return self._stacks[wanted]

    def _give(self, asked: tuple[_Wanted, ...]) -> None:
        self._enter(asked)
        self._asked = asked
        self._untouched = None
        self._last_span = self._headwater.last_span()

    def _enter(self, asked: tuple[_Wanted, ...]) -> None:
        """Make the server what is asked for: as it was saved, or made now and saved."""
        if asked in self._saved:
            if self._untouched != asked:
                self._headwater.restore(self._saved[asked], self.fresh)
        else:
            if asked:
                self._enter(asked[:-1])
                self._untouched = None
                self._stacks[asked[-1]] = self._up(*asked[-1])
                self._headwater.settle()
            else:
                self._headwater.real()
                self._headwater.reset()
            name = f"test-{hashlib.sha256(repr(asked).encode()).hexdigest()[:16]}"
            self._headwater.save(name)
            self._saved[asked] = name
        self._untouched = asked

    def _up(self, template: Path, parameters: tuple[tuple[str, str], ...]) -> Stack:
        # here, for the plugin is loaded for every test session and botocore takes a quarter of a second
        import boto3

        from headwater.deploy import DeploymentError, up

        endpoint = self._headwater.endpoint
        name = _name(template, parameters)
        problems: list[str] = []
        try:
            deployed = up(
                template, name, dict(parameters), endpoint,
                lambda progress: problems.append(f"{progress.name} ({progress.type}): {progress.reason}")
                if progress.status.endswith("_FAILED") else None,
            )  # fmt: skip
        except DeploymentError as error:
            told = str(error)
            raise StackFailed("\n".join([told, *(each for each in problems if each not in told)])) from None
        return Stack(name, deployed.outputs, boto3.client("cloudformation", endpoint_url=endpoint))


def _is_deed(span: Span) -> bool:
    """Whether somebody changed something, or tried to."""
    return span["kind"] == _BY_USERS and span["parent"] is None and not is_look(span)


def _name(template: Path, parameters: tuple[tuple[str, str], ...]) -> str:
    """Told by the template's folder; another for other parameters."""
    folder = re.sub("[^A-Za-z0-9]+", "-", template.parent.name).strip("-")
    digest = hashlib.sha256(repr((str(template), list(parameters))).encode()).hexdigest()[:8]
    return f"test-{folder}-{digest}"
