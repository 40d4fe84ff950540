"""``headwater execution``: what a workflow did, two side by side, and whether a change would have done the same."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from headwater.cli.asking import asking
from headwater.cli.options import endpoint_option
from headwater.client import Headwater
from headwater.languages.asl import Execution, InvalidDefinition, parse
from headwater.languages.asl.replay import Departure, replay
from headwater.languages.asl.visits import CAUGHT, DONE, FAILED, Visit, visits
from headwater.spine.ids import Ids

_MARKS = {DONE: ("✓", "green"), FAILED: ("✗", "red"), CAUGHT: ("!", "yellow")}
_LEFT, _UNKNOWN = 3, 1
_PAGE = 1000


@click.group("execution")
def command() -> None:
    """Executions of Step Functions: show one, compare two, replay them on a changed definition."""


@command.command("show")
@click.argument("arn")
@click.option("--io", is_flag=True, help="Inputs and outputs of every state.")
@click.option("--json", "as_json", is_flag=True, help="The history as JSON.")
@endpoint_option
def show(arn: str, io: bool, as_json: bool, endpoint: str) -> None:
    """The history as a picture: states in their order, branches and iterations within, attempts, times, failures."""
    with asking(endpoint) as headwater:
        described, history = _execution(headwater, arn)
    if as_json:
        click.echo(json.dumps({**described, "history": history}))
        return
    console = Console(highlight=False)
    console.print(_headline(described))
    for line in _lines(visits(history), "", history[0]["timestamp"], io):
        console.print(line, soft_wrap=io, no_wrap=not io, overflow="ellipsis", crop=not io)


@command.command("diff")
@click.argument("first")
@click.argument("second")
@endpoint_option
def diff(first: str, second: str, endpoint: str) -> None:
    """Two executions side by side, the first difference marked. Exit code 3 where they differ."""
    with asking(endpoint) as headwater:
        both = [_execution(headwater, arn) for arn in (first, second)]
    sides = [[each for root in visits(history) for each in root.walk()] for _, history in both]
    table = Table("state", first.rpartition(":")[2], second.rpartition(":")[2], "")
    differs = False
    for number in range(max(map(len, sides))):
        left, right = (side[number] if number < len(side) else None for side in sides)
        why = _difference(left, right)
        path = (left or right or ("", None))[0]
        marked = bool(why) and not differs
        table.add_row(path, _cell(left), _cell(right), why, style="bold red" if marked else "dim" if differs else None)
        differs = differs or bool(why)
    Console(highlight=False).print(table)
    sys.exit(_LEFT if differs else 0)


@command.command("replay")
@click.argument("arn")
@click.option(
    "--definition", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="In place of the present one."
)
@click.option(
    "--last", type=click.IntRange(1, _PAGE), help="ARN is a state machine's: so many of its newest executions."
)
@endpoint_option
def replay_command(arn: str, definition: Path | None, last: int | None, endpoint: str) -> None:
    """Whether a definition would go the recorded way, without calling anything.

    The recorded answers of tasks and timers drive the present definition of the machine, or that of a file. Exit code
    3 where an execution would leave its path: the state and the difference are told.
    """
    left = 0
    with asking(endpoint) as headwater:
        arns = _newest(headwater, arn, last) if last is not None else [arn]
        for each in arns:
            departure = _replayed(headwater, each, definition)
            left += departure is not None
            click.echo(f"{each.rpartition(':')[2]}: {_told(departure)}")
    if last is not None:
        click.echo(f"{len(arns) - left} of {len(arns)} go the recorded way.")
    sys.exit(_LEFT if left else 0)


def _newest(headwater: Headwater, machine: str, last: int) -> list[str]:
    request = {"stateMachineArn": machine, "maxResults": min(last, _PAGE)}
    found = headwater.operation("states", "ListExecutions", request)["executions"]
    return [each["executionArn"] for each in found[:last]]


def _replayed(headwater: Headwater, arn: str, definition: Path | None) -> Departure | None:
    described, history = _execution(headwater, arn)
    if any(event["type"] == "ExecutionRedriven" for event in history):
        raise click.ClickException(f"{described['name']} was redriven; such a history cannot be replayed yet.")
    machine_arn = described["stateMachineArn"]
    if definition is not None:
        text = definition.read_text()
    else:
        text = headwater.operation("states", "DescribeStateMachine", {"stateMachineArn": machine_arn})["definition"]
    try:
        machine = parse(text)
    except InvalidDefinition as refused:
        raise click.ClickException(str(refused)) from None
    role = history[0]["executionStartedEventDetails"]["roleArn"]
    execution = Execution(
        arn,
        described["name"],
        role,
        machine_arn,
        machine_arn.rpartition(":")[2],
        described["startDate"],
        described["input"],
    )
    return replay(machine, execution, history, Ids(0))


def _told(departure: Departure | None) -> str:
    if departure is None:
        return "the recorded way"
    at = f" (event {departure.recorded['id']})" if departure.recorded is not None else ""
    return f"leaves the path in {departure.state or 'the execution'}{at}: {departure.why}"


def _execution(headwater: Headwater, arn: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What is described of it, and its whole history."""
    described = headwater.operation("states", "DescribeExecution", {"executionArn": arn})
    history: list[dict[str, Any]] = []
    request: dict[str, Any] = {"executionArn": arn, "maxResults": _PAGE, "includeExecutionData": True}
    while True:
        page = headwater.operation("states", "GetExecutionHistory", request)
        history += page["events"]
        if not page.get("nextToken"):
            return described, history
        request["nextToken"] = page["nextToken"]


def _headline(described: dict[str, Any]) -> Text:
    style = "green" if described["status"] == "SUCCEEDED" else "yellow" if described["status"] == "RUNNING" else "red"
    line = Text(f"{described['name']} ", style="bold").append(described["status"], style=style)
    if described.get("error"):
        line.append(f" {described['error']}: {described.get('cause') or ''}", style="red")
    return line


def _lines(shown: list[Visit], indent: str, began: int, io: bool) -> Iterator[Text]:
    for each in shown:
        last = each is shown[-1]
        mark, style = _MARKS.get(each.outcome, ("…", "yellow"))
        took = "" if each.exited is None else f"{each.exited - each.entered} ms"
        line = Text(f"{each.entered - began:>9} ms {took:>10}  ", style="dim").append(indent + ("└ " if last else "├ "))
        number = "" if each.iteration is None else f"[{each.iteration}] "
        line.append(f"{mark} {number}{each.state}", style=style).append(f"  {each.kind}", style="dim")
        if each.attempts > 1:
            line.append(f"  {each.attempts} attempts", style="yellow")
        if each.error:
            line.append(f"  {each.error}: {each.cause or ''}", style="red")
        yield line
        deeper = indent + ("  " if last else "│ ")
        if io:
            for name, text in (("in ", each.given), ("out", each.gave)):
                if text is not None:
                    yield Text(f"{'':>25}{deeper}  {name} {text}", style="dim")
        yield from _lines(each.inner, deeper, began, io)


def _cell(side: tuple[str, Visit] | None) -> Text:
    if side is None:
        return Text("–", style="dim")
    mark, style = _MARKS.get(side[1].outcome, ("…", "yellow"))
    return Text(f"{mark} {side[1].error or side[1].outcome}", style=style)


def _difference(left: tuple[str, Visit] | None, right: tuple[str, Visit] | None) -> str:
    if left is None or right is None:
        return "only one came here"
    if left[0] != right[0]:
        return f"the other is in {right[0]}"
    for name, ours, theirs in (
        ("input", left[1].given, right[1].given),
        ("outcome", left[1].outcome, right[1].outcome),
        ("error", left[1].error, right[1].error),
        ("output", left[1].gave, right[1].gave),
    ):
        if ours != theirs:
            return _field(name, ours, theirs)
    return ""


def _field(name: str, ours: str | None, theirs: str | None) -> str:
    """Which field of two JSON texts differs first."""
    try:
        left, right = json.loads(ours or "null"), json.loads(theirs or "null")
    except json.JSONDecodeError:
        return f"{name}: {ours} | {theirs}"
    if left == right:
        return f"{name}: {ours} | {theirs}"  # the same value, written otherwise
    while isinstance(left, dict) and isinstance(right, dict):
        key = next(key for key in sorted({*left, *right}) if left.get(key) != right.get(key))
        name, left, right = f"{name}.{key}", left.get(key), right.get(key)
    if isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        place = next(place for place in range(len(left)) if left[place] != right[place])
        name, left, right = f"{name}[{place}]", left[place], right[place]
    return f"{name}: {json.dumps(left)} | {json.dumps(right)}"
