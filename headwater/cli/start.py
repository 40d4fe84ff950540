"""``headwater start``: an empty cloud."""

from __future__ import annotations

from pathlib import Path

import click

from headwater.cli.options import server_options, settings_of
from headwater.cli.serving import serve
from headwater.cloud import Cloud


@click.command("start")
@server_options
def command(host: str, port: int, mqtt_port: int, data: Path, ephemeral: bool, durability: str) -> None:
    """Start an empty cloud, or the one that a data folder keeps."""
    serve(settings_of(host, port, mqtt_port, data, ephemeral, durability), _announce)


async def _announce(cloud: Cloud) -> None:
    kept = "nothing is kept" if cloud.settings.data is None else f"data in {cloud.settings.data}"
    click.echo(f"Headwater is ready at {cloud.endpoint} ({kept}).", err=True)
