"""``headwater deliveries``: the ledger."""

from __future__ import annotations

import json
from typing import Any

import click
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from headwater.cli.asking import asking
from headwater.cli.options import endpoint_option
from headwater.cli.spans import short
from headwater.cli.terminal import terminal
from headwater.client import Pending
from headwater.languages.durations import show_duration
from headwater.spine.timestamps import iso8601_milliseconds

_STYLES = {"dead": "red", "retrying": "yellow", "running": "cyan"}


@click.command("deliveries")
@click.argument("identity", required=False, metavar="[ID]")
@click.option("--state", type=click.Choice(["waiting", "running", "retrying", "dead"]),
              help="Only these; dead are those that were given up.")  # fmt: skip
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True, help="How many at most.")
@click.option("--json", "as_json", is_flag=True, help="Each delivery as a line of JSON.")
@endpoint_option
def command(identity: str | None, state: str | None, limit: int, as_json: bool, endpoint: str) -> None:
    """List deliveries: those to be done or in hand, or of one state; of an ID, its attempts with what they were
    answered. `headwater redeliver ID` does one now."""
    with asking(endpoint) as headwater:
        if identity is not None:
            _show_one(headwater.delivery(identity), as_json)
            return
        found = headwater.deliveries(limit, state)
        now = headwater.time()["now"]
    if as_json:
        for each in found:
            click.echo(json.dumps(each))
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("id", "state", "delivery", "target", "attempt", "when", "error"):
        table.add_column(column, overflow="fold" if column == "error" else "ellipsis", no_wrap=column == "id")
    for each in found:
        style = _STYLES.get(each["state"], "")
        cells = (
            each["name"],
            short(each["subject"] or ""),
            str(each["attempt"]),
            _when(each, now),
            escape(_error(each)),
        )
        table.add_row(each["id"], f"[{style}]{each['state']}[/]" if style else each["state"], *cells)
    terminal().print(table if found else "none")


def _show_one(delivery: dict[str, Any], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(delivery))
        return
    console = terminal()
    style = _STYLES.get(delivery["state"], "")
    head = Text(delivery["state"], style=style)
    head.append(f"  {delivery.get('name', '')} → {short(delivery.get('subject') or '')}", style="bold")
    console.print(head, soft_wrap=True)
    for attempt in delivery["attempts"]:
        line = Text(f"{iso8601_milliseconds(attempt['at'])}  ", style="dim")
        line.append(f"{attempt['outcome'] or 'running'}", style="green" if attempt["outcome"] == "ok" else "red")
        line.append(f"  {attempt.get('error', '')}")
        console.print(line, soft_wrap=True)
        for name in ("input", "response"):
            if name in attempt:
                console.print(Text(f"    {name}: {attempt[name]}", style="dim"), soft_wrap=True)


def _when(each: Pending, now: int) -> str:
    if each["state"] == "running":
        return "now"
    away = show_duration(abs(each["due"] - now))
    return f"{away} ago" if each["due"] <= now else f"in {away}"


def _error(each: Pending) -> str:
    letter = each.get("dead_letter")
    error = each["error"] or ""
    return f"{error} (dead letter in {short(letter)})" if letter else error
