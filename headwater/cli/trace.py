"""``headwater trace``: the causal tree of what happened."""

from __future__ import annotations

import json
from collections.abc import Iterator

import click
from rich.text import Text

from headwater.cli.asking import asking
from headwater.cli.options import endpoint_option
from headwater.cli.spans import describe
from headwater.cli.terminal import terminal
from headwater.client import Span


@click.command("trace")
@click.argument("identity", required=False, metavar="[ID]")
@click.option("--last", is_flag=True, help="The newest trace (the default).")
@click.option("--full", is_flag=True, help="Whole lines with everything that was noted, however long.")
@click.option("--json", "as_json", is_flag=True, help="The tree as JSON.")
@endpoint_option
def command(identity: str | None, last: bool, full: bool, as_json: bool, endpoint: str) -> None:
    """Show what came of a request: by trace id, ARN, or an id that is part of the trace.

    Each line: when it began after the first, how long it took, what it was. A delivery and the operation
    that it called share a line.
    """
    if identity and last:
        raise click.UsageError("Name a trace or ask for the last one, not both.")
    with asking(endpoint) as headwater:
        found = headwater.trace(identity)
    if as_json:
        click.echo(json.dumps(found))
        return
    console = terminal(soft_wrap=full)
    console.print(Text(f"trace {found['trace']}", style="bold"))
    first = min((span["started"] for span in found["spans"]), default=0)
    for line in _lines(found["spans"], "", first, full):
        console.print(line, no_wrap=not full, overflow="ellipsis", crop=not full)


def _lines(spans: list[Span], indent: str, first: int, full: bool) -> Iterator[Text]:
    for span in spans:
        last = span is spans[-1]
        chain = _chain(span)
        yield _line(chain, indent + ("└ " if last else "├ "), first, full)
        yield from _lines(chain[-1]["children"], indent + ("  " if last else "│ "), first, full)


def _chain(span: Span) -> list[Span]:
    """A delivery, and the one operation that it is about, as one."""
    chain = [span]
    while chain[-1]["kind"] == "delivery" and len(chain[-1]["children"]) == 1 and chain[-1]["outcome"] == "ok":
        chain.append(chain[-1]["children"][0])
    return chain


def _line(chain: list[Span], indent: str, first: int, full: bool) -> Text:
    head, tail = chain[0], chain[-1]
    took = sum(span["duration"] or 0 for span in (head, tail)[: len(chain)]) / 1000
    line = Text(f"{head['started'] - first:>7} ms {took:>8.1f} ms  ", style="dim")
    line.append(indent, style="dim")
    return describe(line, chain, full)
