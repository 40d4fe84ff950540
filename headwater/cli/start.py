"""``headwater start``: an empty cloud."""

from __future__ import annotations

import json

import click

from headwater.cli.options import server_options
from headwater.cli.serving import serve
from headwater.cli.tls import addresses, told_of_tls
from headwater.cloud import Cloud, Settings


@click.command("start")
@click.option("--json", "as_json", is_flag=True, help="Once ready, the endpoint as one line of JSON.")
@click.option("--until-eof", is_flag=True, help="End when standard input does: as soon as whoever holds it is gone.")
@server_options
def command(as_json: bool, until_eof: bool, settings: Settings) -> None:
    """Start an empty cloud, or the one that a data folder keeps."""
    serve(settings, _tell if as_json else _announce, until_eof)


async def _tell(cloud: Cloud) -> None:
    click.echo(json.dumps({"endpoint": cloud.endpoint, **addresses(cloud)}))


async def _announce(cloud: Cloud) -> None:
    kept = "nothing is kept" if cloud.settings.data is None else f"data in {cloud.settings.data}"
    click.echo(f"Headwater is ready at {cloud.endpoint} ({kept}). Its console: {cloud.endpoint}/_headwater/", err=True)
    for line in told_of_tls(cloud):
        click.echo(line, err=True)
