"""``headwater tail``: events and their deliveries, as they happen."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from headwater.cli.asking import asking
from headwater.cli.follow import show
from headwater.cli.options import endpoint_option
from headwater.cli.spans import short
from headwater.cli.terminal import terminal

_MOST_SHOWN = 60


@click.command("tail")
@click.option("--bus", metavar="BUS", help="Only what comes on it: a bus's name, or the ARN of a bus or topic.")
@click.option("--pattern", metavar="JSON|FILE", help="Only events that this pattern matches.")
@click.option(
    "--service", metavar="NAME", help="Only what is published to, and delivered by, this service: events, sns."
)
@click.option("--json", "as_json", is_flag=True, help="Each event and delivery as a line of JSON.")
@endpoint_option
def command(bus: str | None, pattern: str | None, service: str | None, as_json: bool, endpoint: str) -> None:
    """Show events as they are published, and each attempt to deliver them, until interrupted."""
    chosen = {"kind": "delivery", "events": "1"}
    chosen |= {"bus": bus} if bus else {}
    chosen |= {"pattern": json_of(pattern)} if pattern else {}
    chosen |= {"service": service} if service else {}
    console = terminal()
    try:
        with asking(endpoint) as headwater:
            for line in headwater.follow(**chosen):
                if as_json:
                    click.echo(json.dumps(line))
                elif line["kind"] == "event":
                    _show_event(console, line)
                else:
                    show(console, line)
    except KeyboardInterrupt:
        return


def json_of(text: str) -> str:
    """JSON given as such, or in a file."""
    if not text.lstrip().startswith("{"):
        try:
            text = Path(text).read_text()
        except OSError as error:
            raise click.UsageError(f"{text}: {error.strerror}") from error
    try:
        json.loads(text)
    except ValueError as error:
        raise click.UsageError(f"That is no JSON: {error}") from error
    return text


def _show_event(console: Console, line: dict[str, Any]) -> None:
    at = time.strftime("%H:%M:%S", time.localtime(line["started"] / 1000))
    shown = Text(f"{at}.{line['started'] % 1000:03d} ", style="dim")
    shown.append(title(line["event"]), style="bold")
    shown.append(f" on {short(line['channel'])}", style="cyan")
    count = len(line["deliveries"])
    shown.append(f"  {count} deliveries" if count != 1 else "  1 delivery", style="" if count else "yellow")
    shown.append(f"  {line['id']}", style="dim")
    console.print(shown, no_wrap=True, overflow="ellipsis", crop=True)


def title(event: Any) -> str:
    """An event in a few words: source and type, or the beginning of a message."""
    if isinstance(event, dict) and "detail-type" in event:
        return f"{event.get('source')}: {event['detail-type']}"
    if not isinstance(event, dict) or not isinstance(event.get("Message"), str):
        return json.dumps(event, ensure_ascii=False)[:_MOST_SHOWN]
    try:
        inner = json.loads(event["Message"])
    except ValueError:
        return str(event["Message"])[:_MOST_SHOWN]
    return title(inner) if isinstance(inner, dict) and "Message" not in inner else str(event["Message"])[:_MOST_SHOWN]
