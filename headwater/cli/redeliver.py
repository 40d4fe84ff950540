"""``headwater redeliver``: what failed, once more."""

from __future__ import annotations

import json

import click

from headwater.cli.asking import asking
from headwater.cli.options import endpoint_option


@click.command("redeliver")
@click.argument("identities", nargs=-1, required=True, metavar="ID…")
@click.option("--json", "as_json", is_flag=True, help="What the server answers, as JSON.")
@endpoint_option
def command(identities: tuple[str, ...], as_json: bool, endpoint: str) -> None:
    """Do deliveries now: those that were given up anew, from the first attempt; those that wait for their next
    attempt at once. All of them, or none (exit code 1) where one is in no such state."""
    with asking(endpoint) as headwater:
        answer = headwater.redeliver(*identities)
    if as_json:
        click.echo(json.dumps(answer))
        return
    for each in answer:
        click.echo(f"{each['id']} was {each['was']}, is delivered {'anew' if each['was'] == 'dead' else 'now'}")
