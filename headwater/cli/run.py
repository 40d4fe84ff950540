"""``headwater run COMMAND…``: a command whose AWS is Headwater."""

from __future__ import annotations

import os
from pathlib import Path

import click

from headwater.cli.options import endpoint_option
from headwater.runtime import guest

_CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
}
_HOST_PREFIXES = Path(guest.__file__).parent / "host_prefixes.cjs"


@click.command("run", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@endpoint_option
@click.argument("arguments", nargs=-1, required=True, type=click.UNPROCESSED, metavar="COMMAND...")
def command(endpoint: str, arguments: tuple[str, ...]) -> None:
    """Run a command with AWS_ENDPOINT_URL, credentials and region set."""
    environment = {**_CREDENTIALS, **os.environ, **_without_host_prefixes(), "AWS_ENDPOINT_URL": endpoint}
    # a profile would bring the credentials of a real account
    environment.pop("AWS_PROFILE", None)
    try:
        os.execvpe(arguments[0], _pointed(arguments, endpoint), environment)
    except OSError as error:
        raise click.ClickException(f"{arguments[0]}: {error.strerror}") from error


def _pointed(arguments: tuple[str, ...], endpoint: str) -> list[str]:
    """AWS CLI 1 sends sqs to AWS whatever AWS_ENDPOINT_URL says; only an argument helps (aws-cli issue 8737)."""
    program, *rest = arguments
    return [program, "--endpoint-url", endpoint, *rest] if Path(program).name == "aws" else [program, *rest]


def _without_host_prefixes() -> dict[str, str]:
    """SDKs put ``sync-`` and the like in front of an endpoint's host, which makes a name that exists nowhere.

    The SDK for JavaScript has no variable against it, so Node.js loads a few lines of ours first.
    https://docs.aws.amazon.com/sdkref/latest/guide/feature-host-prefix.html
    """
    node = f'{os.environ.get("NODE_OPTIONS", "")} --require "{_HOST_PREFIXES}"'
    return {"AWS_DISABLE_HOST_PREFIX_INJECTION": "true", "NODE_OPTIONS": node.strip()}
