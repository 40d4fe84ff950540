"""``headwater faults``: what shall go wrong, and what has."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from typing import Any

import click
from rich.text import Text

from headwater.cli import explorer
from headwater.cli.asking import asking
from headwater.cli.options import endpoint_option, hand_down
from headwater.cli.terminal import terminal
from headwater.client import FaultBooks, FiredFault
from headwater.languages.durations import parse_duration, show_duration
from headwater.spine.faults import KINDS
from headwater.spine.timestamps import iso8601_milliseconds

FOUND = 1
_COUNTERS = ("index", "matched", "fired", "kind")
_json_option = click.option("--json", "as_json", is_flag=True, help="What the server answers, as JSON.")


@click.group("faults", invoke_without_command=True)
@_json_option
@endpoint_option
@click.pass_context
def command(context: click.Context, as_json: bool, endpoint: str) -> None:
    """Make things go wrong, repeatably. Without a command: show."""
    if context.invoked_subcommand is None:
        context.invoke(show, as_json=as_json, endpoint=endpoint)
    hand_down(context, as_json=as_json, endpoint=endpoint)


@command.command("show")
@_json_option
@endpoint_option
def show(as_json: bool, endpoint: str) -> None:
    """The faults that were asked for, and those that fired."""
    with asking(endpoint) as headwater:
        _show(headwater.faults(), as_json)


@command.command("add")
@click.argument("kind", type=click.Choice(KINDS))
@click.option("--service", metavar="PATTERN", help="Such as dynamodb; of a delivery, the service that sends.")
@click.option("--operation", metavar="PATTERN", help="Such as PutItem or 'Put*'.")
@click.option("--resource", "--to", "resource", metavar="PATTERN", help="An ARN or a name; of a delivery, its target.")
@click.option("--client-only", "by", flag_value="client", help="Only what is asked over the wire.")
@click.option("--service-only", "by", flag_value="service", help="Only what our services ask of each other.")
@click.option("--at", type=click.Choice(["operation", "delivery"]), help="Where to kill.")
@click.option("--nth", type=click.IntRange(1), help="The n-th match only.")
@click.option("--every", type=click.IntRange(1), help="Each n-th match.")
@click.option("--probability", type=click.FloatRange(0, 1, min_open=True), help="By chance.")
@click.option("--times", type=click.IntRange(1), help="How often at most.")
@click.option("--by", "duration", metavar="DURATION", help="How late (200ms, 5s); how long an answer is held.")
@click.option("--code", help="Of an error.")
@click.option("--status", type=click.IntRange(400, 599), help="Of an error.")
@click.option("--message", help="Of an error.")
@_json_option
@endpoint_option
def add(endpoint: str, as_json: bool, duration: str | None, **rule: Any) -> None:
    """Ask for one more.

    \b
    throttle              the service's own throttling error
    error                 its internal error, or the one that you name
    latency               the operation happens so much later
    timeout-after-commit  it is done, the client gets no answer
    duplicate             what is delivered comes twice
    reorder               messages of a standard queue, the newest first
    delay                 what is delivered comes so much later
    crash-after-send      the target took it, nobody learns of that: it happens again
    kill                  the server ends by SIGKILL (it was started with --allow-kill)
    """
    if duration is not None:
        try:
            rule["milliseconds"] = parse_duration(duration)
        except ValueError as error:
            raise click.UsageError(str(error)) from error
    said: Any = {name: value for name, value in rule.items() if value is not None}
    with asking(endpoint) as headwater:
        _show(headwater.add_faults(said), as_json)


@command.command("clear")
@endpoint_option
def clear(endpoint: str) -> None:
    """No fault any more; what fired is forgotten."""
    with asking(endpoint) as headwater:
        headwater.clear_faults()


@command.command("seed")
@click.argument("number", type=int)
@_json_option
@endpoint_option
def seed(number: int, as_json: bool, endpoint: str) -> None:
    """Have what comes by chance follow a seed; counting begins anew."""
    with asking(endpoint) as headwater:
        _show(headwater.add_faults(seed=number), as_json)


@command.command("explore", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.option("--seeds", type=click.IntRange(1), default=20, show_default=True, help="How many to try.")
@click.option("--first", type=int, default=1, show_default=True, help="The first of them.")
@click.option("--kinds", metavar="KIND,…", help="Which faults; else those that AWS may bring at any time.")
@click.argument("arguments", nargs=-1, required=True, type=click.UNPROCESSED, metavar="-- pytest…")
def explore(seeds: int, first: int, kinds: str | None, arguments: tuple[str, ...]) -> None:
    """Run tests under faults by chance, find a failure, and the fewest faults that bring it.

    Which tests is for pytest to say: headwater faults explore --seeds 50 -- pytest tests -k orders

    Exit code 0: nothing found; 1: found; 2: the tests fail by themselves, or cannot be run.
    """
    try:
        explored = explorer.explore(arguments, range(first, first + seeds), _known(kinds))
    except OSError as error:
        raise click.UsageError(f"{arguments[0]}: {error.strerror}") from error
    for finding in explored.findings:
        _tell(finding, arguments)
    if explored.findings:
        raise click.exceptions.Exit(FOUND)
    if explored.code:
        raise click.UsageError("The tests fail without any fault; that comes first.")
    if not explored.reports:
        raise click.UsageError("There is no test that uses Headwater's fixtures, or they are not pytest's.")
    click.echo(f"{len(explored.reports)} tests, {seeds} seeds, {explored.faults} faults: nothing found.")


def _known(kinds: str | None) -> str | None:
    for kind in kinds.split(",") if kinds is not None else ():
        if kind not in KINDS:
            raise click.UsageError(f"{kind} is no kind of fault: {', '.join(KINDS)}.")
    return kinds


def _tell(finding: dict[str, Any], arguments: Sequence[str]) -> None:
    test, schedule, seed = finding["test"], finding["schedule"], finding["seed"]
    click.echo(f"\n{finding['failure']}\n")
    if not finding["steady"]:
        click.echo(f"{test} fails when it is run a second time, without any fault: it finds what it left.")
        return
    count = f"{len(schedule)} fault{'s' if len(schedule) > 1 else ''}"
    if finding["certain"]:
        click.echo(f"{test} fails with {count}; none can be spared:\n")
    else:
        click.echo(f"{test} failed with {count}, but not when the same came again:\n")
    for rule in schedule:
        click.echo(f"    {explorer.as_call(rule)}")
    click.echo("\nThe same on a server that runs:\n")
    for rule in schedule:
        click.echo(f"    {explorer.as_command(rule)}")
    click.echo(f"\nThe run that found it:\n\n    HEADWATER_FAULT_SEED={seed} {shlex.join(arguments)}")


def _show(books: FaultBooks, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(books))
        return
    console = terminal()
    if not books["rules"]:
        console.print("no faults")
    for rule in books["rules"]:
        line = Text(f"{rule['index']:3}  ", style="dim")
        line.append(rule["kind"], style="bold")
        line.append("".join(f"  {name} {value}" for name, value in rule.items() if name not in _COUNTERS))
        line.append(f"  matched {rule['matched']}, fired {rule['fired']}", style="dim")
        console.print(line, soft_wrap=True)
    for fired in books["fired"]:
        console.print(_line(fired), soft_wrap=True)


def _line(fired: FiredFault) -> Text:
    line = Text(f"{iso8601_milliseconds(fired['at'])}  ", style="dim")
    line.append(f"{fired['kind']}  ", style="red")
    line.append(f"{fired['service']}:{fired['operation']} {fired['resource']}", style="cyan")
    late = f", {show_duration(fired['milliseconds'])}" if fired["milliseconds"] else ""
    line.append(f"  the {fired['nth']}. there{late}, rule {fired['rule']}", style="dim")
    return line
