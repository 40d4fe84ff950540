"""``headwater outbox``: what would have left for people: e-mails, text messages, pushes."""

from __future__ import annotations

import json

import click
from rich.console import Console
from rich.text import Text

from headwater.cli.asking import asking
from headwater.cli.options import endpoint_option
from headwater.cli.terminal import terminal
from headwater.client import Sent
from headwater.spine.timestamps import iso8601_milliseconds


@click.command("outbox")
@click.option("--to", "to", metavar="ADDRESS", help="Only what went to this address, number or endpoint.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many at most.")
@click.option("--json", "as_json", is_flag=True, help="One message a line, as JSON.")
@endpoint_option
def command(to: str | None, limit: int, as_json: bool, endpoint: str) -> None:
    """Show e-mails, text messages and pushes that SNS would have sent, the newest last.

    Nothing leaves this machine: here are the links that confirm subscriptions by e-mail.
    """
    with asking(endpoint) as headwater:
        messages = headwater.outbox(limit=1000 if to else limit)
    chosen = [message for message in messages if to in (None, message["to"])][:limit]
    console = terminal()
    if not (chosen or as_json):
        console.print("nothing", style="dim")
    for message in reversed(chosen):
        if as_json:
            click.echo(json.dumps(message))
        else:
            _show(console, message)


def _show(console: Console, message: Sent) -> None:
    head = Text.assemble(
        (f"{iso8601_milliseconds(message['at'])} ", "dim"), (message["kind"], "cyan"), " to ", (message["to"], "bold")
    )
    if message["from"]:
        head.append(f" from {message['from']}")
    console.print(head, soft_wrap=True)
    if message["subject"]:
        console.print(Text(f"  {message['subject']}", "bold"), soft_wrap=True)
    for line in message["body"].splitlines():
        console.print(Text(f"  {line}"), soft_wrap=True)
