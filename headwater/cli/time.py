"""``headwater time``: the clock, shown and moved."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import click
from rich.text import Text

from headwater.cli.asking import asking
from headwater.cli.options import endpoint_option
from headwater.cli.spans import short
from headwater.cli.terminal import terminal
from headwater.client import Happened
from headwater.languages.durations import parse_duration, show_duration
from headwater.spine.timestamps import iso8601_milliseconds

_MODES = {"real": "goes on with the machine's", "frozen": "stands still", "auto": "jumps to the next timer"}
_NEAR = 1000  # milliseconds that are no distance from the machine's time


@click.command("time")
@click.argument("action", type=click.Choice(["show", "freeze", "advance", "auto", "real"]), default="show")
@click.argument("duration", required=False)
@click.option("--json", "as_json", is_flag=True, help="What the server answers, as JSON.")
@endpoint_option
def command(action: str, duration: str | None, as_json: bool, endpoint: str) -> None:
    """Show the clock, or move it.

    \b
    show              the time, and when the next timer rings
    freeze            time moves only when told
    advance DURATION  move on by 7d, 12h, 1h30m or 90s: all that comes due runs, in order
    auto              time jumps to the next timer whenever nothing is running
    real              time goes on by itself, from where it stands
    """
    if (action == "advance") != (duration is not None):
        raise click.UsageError("Say by how much to advance: headwater time advance 7d")
    if duration is not None:
        try:
            parse_duration(duration)
        except ValueError as error:
            raise click.UsageError(str(error)) from error
    with asking(endpoint) as headwater:
        answer: Mapping[str, Any]
        match action:
            case "show":
                answer = headwater.time()
            case "freeze":
                answer = headwater.freeze()
            case "auto":
                answer = headwater.auto()
            case "real":
                answer = headwater.real()
            case _:
                answer = headwater.advance(duration or "")
    if as_json:
        click.echo(json.dumps(answer))
    else:
        _show(answer)


def _show(answer: Mapping[str, Any]) -> None:
    console = terminal()
    for happened in answer.get("happened", ()):
        console.print(_line(happened), no_wrap=True, overflow="ellipsis", crop=True)
    left = answer.get("count", 0) - len(answer.get("happened", ()))
    if left > 0:
        console.print(f"… and {left} more", style="dim")
    line = Text(answer["at"], style="bold")
    line.append(f"  {answer['mode']}: {_MODES[answer['mode']]}", style="")
    if abs(answer["ahead"]) > _NEAR:
        line.append(f", {show_duration(answer['ahead'])} ahead of the machine's", style="dim")
    if answer["next"] is not None:
        line.append(f"; next timer in {show_duration(answer['next'] - answer['now'])}", style="dim")
    console.print(line, soft_wrap=True)


def _line(happened: Happened) -> Text:
    good = happened["outcome"] in ("ok", "again")
    line = Text(f"{iso8601_milliseconds(happened['at'])}  ", style="dim")
    line.append("✓ " if good else "✗ ", style="green" if good else "red")
    line.append(f"{happened['name']} {short(happened['subject'] or '')}", style="cyan")
    if not good:
        line.append(f"  {happened['outcome']}", style="red")
    return line
