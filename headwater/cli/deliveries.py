"""``headwater deliveries``: the ledger."""

from __future__ import annotations

import json

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from headwater.cli.asking import asking
from headwater.cli.options import endpoint_option
from headwater.cli.spans import short
from headwater.client import Pending
from headwater.languages.durations import show_duration

_STYLES = {"dead": "red", "retrying": "yellow", "running": "cyan"}


@click.command("deliveries")
@click.option("--state", type=click.Choice(["waiting", "running", "retrying", "dead"]),
              help="Only these; dead are those that were given up.")  # fmt: skip
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True, help="How many at most.")
@click.option("--json", "as_json", is_flag=True, help="Each delivery as a line of JSON.")
@endpoint_option
def command(state: str | None, limit: int, as_json: bool, endpoint: str) -> None:
    """List deliveries: those to be done or in hand, or of one state. `headwater redeliver ID` does one now."""
    with asking(endpoint) as headwater:
        found = headwater.deliveries(limit, state)
        now = headwater.time()["now"]
    if as_json:
        for each in found:
            click.echo(json.dumps(each))
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("id", "state", "delivery", "target", "attempt", "when", "error"):
        table.add_column(column, overflow="fold" if column in ("id", "error") else "ellipsis")
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
    Console(highlight=False).print(table if found else "none")


def _when(each: Pending, now: int) -> str:
    if each["state"] == "running":
        return "now"
    away = show_duration(abs(each["due"] - now))
    return f"{away} ago" if each["due"] <= now else f"in {away}"


def _error(each: Pending) -> str:
    letter = each.get("dead_letter")
    error = each["error"] or ""
    return f"{error} (dead letter in {short(letter)})" if letter else error
