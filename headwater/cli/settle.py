"""``headwater settle``: wait until everything that was caused is done."""

from __future__ import annotations

import json

import click

from headwater.cli.asking import asking
from headwater.cli.options import endpoint_option
from headwater.cli.spans import short
from headwater.cli.terminal import terminal
from headwater.client import Settlement
from headwater.languages.durations import show_duration

NOT_SETTLED = 3
_TIMERS_SHOWN = 5


@click.command("settle")
@click.option("--trace", "trace", metavar="ID", help="Only what came of this: a trace id, an ARN, or an id in it.")
@click.option("--timeout", type=click.FloatRange(0, 3600), default=30, show_default=True, metavar="SECONDS",
              help="How long to wait.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="What the server answers, as JSON.")
@endpoint_option
def command(trace: str | None, timeout: float, as_json: bool, endpoint: str) -> None:
    """Wait until nothing is in flight: no request, delivery, execution or function run that could still
    cause something now.

    Exit code 0: settled; 3: not within the timeout, and what holds it up is named; 1: nobody to ask.
    """
    with asking(endpoint) as headwater:
        settlement = headwater.settle(trace, timeout)
    if as_json:
        click.echo(json.dumps(settlement))
    else:
        _show(settlement)
    if not settlement["settled"]:
        raise click.exceptions.Exit(NOT_SETTLED)


def _show(settlement: Settlement) -> None:
    console = terminal()
    now = settlement["now"]
    if settlement["settled"]:
        console.print("settled", style="green")
    else:
        console.print("not settled; still in flight:", style="red")
    for held in settlement["holding"]:
        since = show_duration(max(0, now - held["since"]))
        console.print(f"  {held['name']} {short(held['subject'] or '')} [dim]for {since}[/]", soft_wrap=True)
    timers = settlement["timers"]
    for timer in timers[:_TIMERS_SHOWN]:
        due = show_duration(timer["due"] - now)
        console.print(f"  [dim]in {due}:[/] {timer['name']} {short(timer.get('subject') or '')}", soft_wrap=True)
    if len(timers) > _TIMERS_SHOWN:
        console.print(f"  [dim]and {len(timers) - _TIMERS_SHOWN} more timers[/]")
