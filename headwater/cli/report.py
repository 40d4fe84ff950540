"""``headwater report``: a run as one HTML file."""

from __future__ import annotations

from pathlib import Path

import click

from headwater.cli.asking import asking
from headwater.cli.options import endpoint_option
from headwater.languages.durations import parse_duration


@click.command("report")
@click.option("--since", metavar="DURATION", help="Only the last 10m, 2h, 1d … of the cloud's clock.")
@click.option("--trace", metavar="ID", help="One trace alone, by its id or anything that is part of it.")
@click.option("--title", default="Headwater report", show_default=True, help="What it is called.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), default=Path("report.html"), show_default=True,
    help="The file to write.",
)  # fmt: skip
@endpoint_option
def command(since: str | None, trace: str | None, title: str, output: Path, endpoint: str) -> None:
    """Write what happened as one HTML file that needs nothing else: figures, errors, dead letters, what nobody took,
    every trace as a waterfall, the architecture."""
    if since and trace:
        raise click.UsageError("Say since when, or which trace, not both.")
    with asking(endpoint) as headwater:
        start = 0
        if since:
            try:
                start = headwater.time()["now"] - parse_duration(since)
            except ValueError as error:
                raise click.BadParameter(str(error), param_hint="--since") from error
        html = headwater.report(max(start, 0), trace, title)
    try:
        output.write_text(html, encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"{output}: {error.strerror}") from error
    click.echo(f"{output}: {len(html) // 1024 + 1} KiB")
