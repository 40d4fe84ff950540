"""``headwater mocks``: what Step Functions' tasks answer in place of what they would call."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from headwater.cli.asking import asking
from headwater.cli.options import endpoint_option
from headwater.cli.terminal import terminal


@click.command("mocks")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--clear", is_flag=True, help="No mocks any more; what runs with some goes on so.")
@click.option("--json", "as_json", is_flag=True, help="The cases as JSON.")
@endpoint_option
def command(file: Path | None, clear: bool, as_json: bool, endpoint: str) -> None:
    """Mock state machines as a FILE of Step Functions Local says, and show the cases that there are.

    Start an execution with mocks by STATE-MACHINE-ARN#CASE.
    """
    if file is not None and clear:
        raise click.UsageError("Name a file, or say --clear.")
    with asking(endpoint) as headwater:
        if clear:
            headwater.clear_mocks()
        if file is not None:
            headwater.put_mocks(_read(file))
        cases = headwater.mocks()
    if as_json:
        click.echo(json.dumps(cases))
        return
    if not cases:
        click.echo("Nothing is mocked.")
        return
    table = Table(box=None, header_style="dim")
    for column in ("state machine", "case", "mocked states", "account"):
        table.add_column(column)
    for case in cases:
        table.add_row(case["machine"], case["case"], ", ".join(case["states"]), case["account"] or "all")
    terminal().print(table)


def _read(file: Path) -> Any:
    try:
        return json.loads(file.read_text())
    except ValueError as error:
        raise click.ClickException(f"{file} is not JSON: {error}") from error
