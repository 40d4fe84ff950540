"""``headwater run COMMAND…``: a command whose AWS is Headwater."""

from __future__ import annotations

import os
from pathlib import Path

import click

from headwater.cli.options import endpoint_option
from headwater.cli.surroundings import surroundings


@click.command("run", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@endpoint_option
@click.argument("arguments", nargs=-1, required=True, type=click.UNPROCESSED, metavar="COMMAND...")
def command(endpoint: str, arguments: tuple[str, ...]) -> None:
    """Run a command with AWS_ENDPOINT_URL, credentials and region set."""
    try:
        os.execvpe(arguments[0], _pointed(arguments, endpoint), surroundings(endpoint, os.environ))
    except OSError as error:
        raise click.ClickException(f"{arguments[0]}: {error.strerror}") from error


def _pointed(arguments: tuple[str, ...], endpoint: str) -> list[str]:
    """AWS CLI 1 sends sqs to AWS whatever AWS_ENDPOINT_URL says; only an argument helps (aws-cli issue 8737)."""
    program, *rest = arguments
    return [program, "--endpoint-url", endpoint, *rest] if Path(program).name == "aws" else [program, *rest]
