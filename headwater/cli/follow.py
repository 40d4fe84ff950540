"""``headwater follow``: what happens, as it happens."""

from __future__ import annotations

import json
import threading
import time
import urllib.request
from collections.abc import Iterator

import click
from rich.console import Console
from rich.text import Text

from headwater.cli.options import endpoint_option
from headwater.cli.spans import describe
from headwater.cli.terminal import terminal
from headwater.client import Span

# Looking changes nothing: what only reads is left out unless asked for.
_LOOKS = ("Describe", "Get", "List", "Poll", "Query", "Receive", "Scan", "Head", "Filter")


@click.command("follow")
@click.option("--all", "everything", is_flag=True, help="Also operations that only look.")
@click.option("--json", "as_json", is_flag=True, help="Each span as a line of JSON.")
@endpoint_option
def command(everything: bool, as_json: bool, endpoint: str) -> None:
    """Show operations and deliveries as they happen, until interrupted."""
    console = terminal()
    try:
        for span in spans(endpoint):
            if as_json:
                click.echo(json.dumps(span))
            elif everything or is_news(span):
                show(console, span)
    except OSError as error:
        raise click.ClickException(f"No Headwater answers at {endpoint}.") from error
    except KeyboardInterrupt:
        return


def spans(endpoint: str) -> Iterator[Span]:
    """Spans from now on, until the server ends. OSError where none answers."""
    with urllib.request.urlopen(endpoint.rstrip("/") + "/_headwater/follow") as stream:
        for line in stream:
            yield json.loads(line)


def is_news(span: Span) -> bool:
    action = span["name"].rpartition(":")[2]
    return span["outcome"] != "ok" or not action.startswith(_LOOKS)


def show(console: Console, span: Span) -> None:
    at = time.strftime("%H:%M:%S", time.localtime(span["started"] / 1000))
    line = Text(f"{at}.{span['started'] % 1000:03d} {(span['duration'] or 0) / 1000:>8.1f} ms  ", style="dim")
    console.print(describe(line, [span], full=False), no_wrap=True, overflow="ellipsis", crop=True)


def follow_beside(endpoint: str, console: Console) -> None:
    """Show what happens while something else goes on; ends with the process or the server."""

    def run() -> None:
        try:
            for span in spans(endpoint):
                if is_news(span):
                    show(console, span)
        except OSError:
            return  # the server has ended

    threading.Thread(target=run, name="follow", daemon=True).start()
