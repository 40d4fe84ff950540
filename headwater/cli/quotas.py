"""``headwater quotas``: numbers that AWS lets an account have changed, and rates of operations."""

from __future__ import annotations

import json
from collections.abc import Mapping

import click
from rich.text import Text

from headwater.cli.asking import asking
from headwater.cli.options import endpoint_option, hand_down, read_quotas
from headwater.cli.terminal import terminal
from headwater.client import QuotaBooks
from headwater.spine.quotas import BadQuota

_json_option = click.option("--json", "as_json", is_flag=True, help="What the server answers, as JSON.")


@click.group("quotas", invoke_without_command=True)
@_json_option
@endpoint_option
@click.pass_context
def command(context: click.Context, as_json: bool, endpoint: str) -> None:
    """Show and change quotas and rates. Without a command: show."""
    if context.invoked_subcommand is None:
        context.invoke(show, service=None, as_json=as_json, endpoint=endpoint)
    hand_down(context, as_json=as_json, endpoint=endpoint)


@command.command("show")
@click.argument("service", required=False)
@_json_option
@endpoint_option
def show(service: str | None, as_json: bool, endpoint: str) -> None:
    """What holds, of all services or of one."""
    with asking(endpoint) as headwater:
        _show(headwater.quotas(service), as_json)


@command.command("set")
@click.argument("quotas", nargs=-1, required=True, metavar="NAME=VALUE…")
@_json_option
@endpoint_option
def change(quotas: tuple[str, ...], as_json: bool, endpoint: str) -> None:
    """Change numbers and rates.

    \b
    events:rules-per-bus=500    a number
    events:PutEvents=100        so many requests a second of each account in each region
    events:PutEvents=100/500    and as many at once
    """
    try:
        wanted: Mapping[str, str] = read_quotas(quotas)
    except BadQuota as error:
        raise click.UsageError(str(error)) from error
    with asking(endpoint) as headwater:
        _show(headwater.set_quotas(wanted), as_json)


@command.command("clear")
@click.argument("names", nargs=-1, metavar="[NAME…]")
@endpoint_option
def clear(names: tuple[str, ...], endpoint: str) -> None:
    """Have these, or all, as they were at the start."""
    with asking(endpoint) as headwater:
        if names:
            headwater.set_quotas(dict.fromkeys(names))
        else:
            headwater.clear_quotas()


def _show(books: QuotaBooks, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(books))
        return
    console = terminal()
    for quota in books["quotas"]:
        changed = quota["value"] != quota["default"]
        line = Text(f"{quota['name']:48}", style="cyan")
        line.append(f"{quota['value']:>12,}  ", style="bold" if changed else "")
        line.append(quota["counts"] + (f" (AWS: {quota['default']:,})" if changed else ""), style="dim")
        console.print(line, soft_wrap=True)
    for rate in books["rates"]:
        line = Text(f"{rate['name']:48}", style="cyan")
        line.append(f"{rate['per_second']:>12,g}  ", style="bold")
        line.append(f"requests a second, {rate['burst']:,} at once", style="dim")
        console.print(line, soft_wrap=True)
