"""``headwater trace``: the causal tree of what happened."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import click
from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from headwater.cli.options import endpoint_option
from headwater.cli.surface import ask

_MARKS = {"ok": ("✓", "green"), None: ("…", "yellow"), "again": ("↻", "yellow")}


@click.command("trace")
@click.argument("identity", required=False, metavar="[ID]")
@click.option("--last", is_flag=True, help="The newest trace (the default).")
@click.option("--json", "as_json", is_flag=True, help="The tree as JSON.")
@endpoint_option
def command(identity: str | None, last: bool, as_json: bool, endpoint: str) -> None:
    """Show what came of a request: by trace id, ARN, or an id that is part of the trace."""
    path = "/_headwater/trace" + (f"?id={quote(identity, safe='')}" if identity else "")
    found = ask(endpoint, path)
    if as_json:
        click.echo(json.dumps(found))
        return
    console = Console(highlight=False)
    first = min((span["started"] for span in found["spans"]), default=0)
    root = Tree(Text(f"trace {found['trace']}", style="bold"))
    for span in found["spans"]:
        _add(root, span, first)
    console.print(root)


def _add(branch: Tree, span: dict[str, Any], first: int) -> None:
    node = branch.add(_line(span, first))
    for child in span["children"]:
        _add(node, child, first)


def _line(span: dict[str, Any], first: int) -> Text:
    outcome = span["outcome"]
    mark, style = _MARKS.get(outcome, ("✗", "red"))
    line = Text()
    line.append(f"{mark} ", style=style)
    line.append(span["name"], style="bold" if span["kind"] == "operation" else "cyan")
    if span["subject"]:
        line.append(f" {_short(span['subject'])}")
    line.append(f"  +{span['started'] - first} ms", style="dim")
    if span["duration"] is not None:
        line.append(f"  {span['duration'] / 1000:.1f} ms", style="dim")
    if outcome not in _MARKS:
        line.append(f"  {outcome}", style="red")
    for key, value in span["notes"].items():
        line.append(f"  {key}: {value}", style="dim")
    return line


def _short(subject: str) -> str:
    """An ARN without what is the same everywhere."""
    parts = subject.split(":", 5)
    return f"{parts[2]}:{parts[5]}" if len(parts) == 6 and parts[0] == "arn" else subject
