"""``headwater execution``: what a workflow did, two side by side, and whether a change would have done the same."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from rich.table import Column, Table
from rich.text import Text

from headwater.cli.asking import asking
from headwater.cli.options import endpoint_option
from headwater.cli.terminal import terminal
from headwater.client import Children, Replayed, Replays, ShownExecution, Visit
from headwater.languages.durations import parse_duration, show_duration

_MARKS = {"done": ("✓", "green"), "failed": ("✗", "red"), "caught": ("!", "yellow"), "aborted": ("–", "dim")}
_OPEN = ("…", "blue")
_LEFT, _PROBLEM = 3, 1


@click.group("execution")
def command() -> None:
    """Executions of Step Functions: show one, compare two, replay them on a changed definition.

    An execution is named by its ARN, its name, or anything in its trace.
    """


@command.command("show")
@click.argument("execution")
@click.option("--data", "--io", is_flag=True, help="Inputs and outputs of every state.")
@click.option("--svg", type=click.Path(dir_okay=False, path_type=Path), help="Write the picture to a file.")
@click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
@endpoint_option
def show(execution: str, data: bool, svg: Path | None, as_json: bool, endpoint: str) -> None:
    """The history as a picture: states in their order, branches and iterations within, attempts, times, failures.

    With --svg it is drawn over the graph of the machine: states coloured by their outcome; point at one for its times,
    inputs and outputs.
    """
    with asking(endpoint) as headwater:
        shown = headwater.execution(execution, svg=svg is not None)
    if svg is not None:
        svg.write_text(shown["svg"])
    if as_json:
        click.echo(json.dumps(shown))
    elif svg is None:
        _print(shown, data)
    else:
        click.echo(f"{svg} shows {shown['execution']['name']}: {shown['execution']['status']}")


@command.command("diff")
@click.argument("first")
@click.argument("second")
@click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
@endpoint_option
def diff(first: str, second: str, as_json: bool, endpoint: str) -> None:
    """Two executions side by side, the first difference marked. Exit code 3 where they differ."""
    with asking(endpoint) as headwater:
        compared = headwater.compare_executions(first, second)
    if as_json:
        click.echo(json.dumps(compared))
    else:
        headings = ("state", compared["first"]["name"], compared["second"]["name"], "")
        table = Table(*(Column(heading, overflow="fold") for heading in headings))  # nothing is cut
        differs = False
        for row in compared["rows"]:
            marked = bool(row["why"]) and not differs
            style = "bold red" if marked else "dim" if differs else None
            table.add_row(
                Text(row["path"]), _cell(row.get("first")), _cell(row.get("second")), Text(row["why"]), style=style
            )
            differs = differs or marked
        terminal().print(table)
    sys.exit(0 if compared["same"] else _LEFT)


@command.command("replay")
@click.argument("execution", required=False)
@click.option("--all", "all_", is_flag=True, help="All recorded executions.")
@click.option("--state-machine", "machine", metavar="ARN", help="With --all: of this state machine.")
@click.option("--since", metavar="7d", help="With --all: those that began so long ago at most, by the cloud's clock.")
@click.option("--last", type=click.IntRange(1, 10_000), help="The newest so many of a machine.")
@click.option(
    "--definition", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="In place of the present one."
)
@click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
@endpoint_option
def replay_command(
    execution: str | None, all_: bool, machine: str | None, since: str | None, last: int | None,
    definition: Path | None, as_json: bool, endpoint: str,
) -> None:  # fmt: skip
    """Whether a definition would go the recorded way, without calling anything.

    The recorded answers of tasks and timers drive the present definition of the machine, or that of a file. Exit code
    3 where an execution would leave its path: the state and the difference are told; 1 where one cannot be replayed, or
    not wholly.
    """
    if execution is not None and ":stateMachine:" in execution:
        execution, machine, all_ = None, execution, True
    if (execution is None) == (not all_) or (machine and not all_):
        raise click.UsageError("Say which execution, or --all, with --state-machine where it is of one alone.")
    text = None if definition is None else definition.read_text()
    with asking(endpoint) as headwater:
        began = 0 if since is None else headwater.time()["now"] - _duration(since)
        replays = headwater.replay(execution, machine=machine, definition=text, since=began, last=last)
    if as_json:
        click.echo(json.dumps(replays))
    else:
        _print_replays(replays, alone=execution is not None)
    sys.exit(_LEFT if replays["left"] else _PROBLEM if replays["problems"] or replays["undecided"] else 0)


def _duration(text: str) -> int:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--since") from None


def _print_replays(replays: Replays, *, alone: bool) -> None:
    for each in replays["executions"]:
        click.echo(f"{each.get('name') or each['execution']}: {_told(each)}")
    count = len(replays["executions"])
    if not alone:
        click.echo(f"{replays['same']} of {count} go the recorded way.")


def _told(each: Replayed) -> str:
    if "problem" in each:
        return f"cannot be replayed: {each['problem']}"
    if "undecided" in each:
        unknown = "; ".join(f"{state}: {why}" for state, why in each["undecided"].items())
        return f"the recorded way, but what a changed state makes of it cannot be told. {unknown}"
    departure = each.get("departure")
    if departure is None:
        return "the recorded way"
    recorded = departure["recorded"]
    at = f" (event {recorded['id']})" if recorded is not None else ""
    return f"leaves the path in {departure['state'] or 'the execution'}{at}: {departure['why']}"


def _print(shown: ShownExecution, data: bool) -> None:
    described = shown["execution"]
    console = terminal()
    console.print(_headline(described))
    for name in ("input", "output"):
        if data and described.get(name) is not None:
            console.print(Text(f"  {name:<7}{described[name]}", style="dim"), soft_wrap=True)
    for line in _lines(shown["visits"], "", described["startDate"], data):
        console.print(line, soft_wrap=True)
    if shown["not_reached"]:
        console.print(Text(f"not reached: {', '.join(shown['not_reached'])}", style="dim"))


def _headline(described: dict[str, Any]) -> Text:
    style = {"SUCCEEDED": "green", "RUNNING": "blue"}.get(described["status"], "red")
    line = Text(f"{described['name']} ", style="bold").append(described["status"], style=style)
    if described.get("stopDate") is not None:
        line.append(f" in {show_duration(described['stopDate'] - described['startDate'])}", style="dim")
    if described.get("redriveCount"):
        line.append(f", redriven {described['redriveCount']}×", style="yellow")
    if described.get("error"):
        line.append(f"  {described['error']}: {_readable(described.get('cause'))}", style="red")
    return line


def _readable(cause: str | None) -> str:
    """A cause as one reads it: of what a function raised, its message."""
    try:
        message = json.loads(cause or "").get("errorMessage")
    except (ValueError, AttributeError):
        message = None
    return str(message or cause or "")


def _lines(shown: list[Visit], indent: str, began: int, data: bool) -> Iterator[Text]:
    for each in shown:
        last = each is shown[-1]
        mark, style = _MARKS.get(each["outcome"], _OPEN)
        took = "" if "exited" not in each else show_duration(each["exited"] - each["entered"])
        line = Text(f"{'+' + show_duration(each['entered'] - began):>9} {took:>9}  ", style="dim")
        line.append(indent + ("└ " if last else "├ "))
        number = f"[{each['iteration']}] " if "iteration" in each else ""
        line.append(f"{mark} {number}{each['state']}", style=style).append(f"  {each['kind']}", style="dim")
        if (retries := each["attempts"] - 1) > 0:
            line.append(f"  {retries} retries" if retries > 1 else "  1 retry", style="yellow")
        if each.get("error"):
            line.append(f"  {each['error']}: {_readable(each.get('cause'))}", style="red")
        yield line
        deeper = indent + ("  " if last else "│ ")
        if children := each.get("children"):
            yield Text(f"{'':>21}{deeper}  ").append(*_of_children(children))
        if data:
            sent = None if each.get("sent") == each.get("given") else each.get("sent")
            for name, text in (("in  ", each.get("given")), ("sent", sent), ("out ", each.get("gave"))):
                if text is not None:
                    yield Text(f"{'':>21}{deeper}  {name} {text}", style="dim")
        yield from _lines(each.get("inner", []), deeper, began, data)


def _of_children(children: Children) -> tuple[str, str]:
    """What became of a distributed Map's children, and the colour of it."""
    told = f"{children['total']} {'child' if children['total'] == 1 else 'children'}"
    if not children["failed"]:
        return told, "dim"
    told += f", {children['failed']} failed"
    if "execution" in children:
        name = children["execution"].split(":")[-1]
        told += f", such as {name}: {children.get('error') or 'FAILED'}: {_readable(children.get('cause'))}"
    return told, "red"


def _cell(side: Visit | None) -> Text:
    if side is None:
        return Text("–", style="dim")
    mark, style = _MARKS.get(side["outcome"], _OPEN)
    return Text(f"{mark} {side.get('error') or side['outcome']}", style=style)
