"""``headwater snapshot``: everything saved under a name, and the running cloud made that again."""

from __future__ import annotations

import json

import click

from headwater.cli.asking import asking
from headwater.cli.options import endpoint_option
from headwater.cli.terminal import terminal
from headwater.client import Snapshot
from headwater.spine.timestamps import iso8601_milliseconds


@click.command("snapshot")
@click.argument("action", type=click.Choice(["save", "restore", "list", "delete"]), default="list")
@click.argument("name", required=False)
@click.option("--fresh", is_flag=True, help="With restore: start the environments of all functions anew.")
@click.option("--json", "as_json", is_flag=True, help="Those that it is about, as JSON.")
@endpoint_option
def command(action: str, name: str | None, fresh: bool, as_json: bool, endpoint: str) -> None:
    """Save everything under a name, or go back to it.

    \b
    save NAME      what is committed by now: all services, the time, identifiers
    restore NAME   make the running cloud that again; what runs is cancelled
    list           the snapshots that there are
    delete NAME
    """
    if (action == "list") != (name is None):
        raise click.UsageError("Say which one: headwater snapshot restore NAME. (Only list takes no name.)")
    if fresh and action != "restore":
        raise click.UsageError("--fresh goes with restore.")
    with asking(endpoint) as headwater:
        answer: list[Snapshot] = []
        match action:
            case "save":
                answer = [headwater.save(name or "")]
            case "restore":
                answer = [headwater.restore(name or "", fresh)]
            case "delete":
                headwater.delete_snapshot(name or "")
            case _:
                answer = headwater.snapshots()
    if as_json:
        click.echo(json.dumps(answer))
        return
    console = terminal()
    if action == "list" and not answer:
        console.print("no snapshots", style="dim")
    for each in answer:
        taken = iso8601_milliseconds(each["taken"])
        console.print(f"{each['name']}  [dim]{taken}  {each['size'] // 1024:,} KiB[/]", soft_wrap=True)
