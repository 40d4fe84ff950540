"""``headwater start``: an empty cloud."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from headwater.cli.known_variables import eager_services, without_effect
from headwater.cli.options import server_options
from headwater.cli.ready import run_scripts, scripts_in
from headwater.cli.serving import serve
from headwater.cli.tls import addresses, told_of_tls
from headwater.cloud import Cloud, Settings
from headwater.insight import guests


@click.command("start")
@click.option(
    "--ready",
    "places",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    metavar="PATH",
    help="A script that runs as soon as requests are answered, or a folder of them (*.sh, *.py): what makes a "
    "project's resources. It finds the endpoint, and awslocal. May be repeated.",
)
@click.option("--json", "as_json", is_flag=True, help="Once ready, the endpoint as one line of JSON.")
@click.option("--until-eof", is_flag=True, help="End when standard input does: as soon as whoever holds it is gone.")
@server_options
def command(places: tuple[Path, ...], as_json: bool, until_eof: bool, settings: Settings) -> None:
    """Start an empty cloud, or the one that a data folder keeps."""
    scripts = scripts_in(places)

    async def ready(cloud: Cloud) -> None:
        for line in without_effect(os.environ):
            click.echo(line, err=True)
        await _load(cloud, eager_services(os.environ))
        if scripts:
            await run_scripts(cloud, scripts)
        await (_tell if as_json else _announce)(cloud)

    serve(settings, ready, until_eof)


async def _load(cloud: Cloud, services: list[str] | None) -> None:
    """Load what would else be loaded when it is first asked for."""
    if services is None:
        return
    houses = cloud.engine.catalogue.houses
    known = {guests.our_name(name) for name in services} & {*houses} if services else {*houses}

    def load(call: object) -> None:
        for name in sorted(known):
            cloud.engine.load(name)

    await cloud.engine.transact_system(load)


async def _tell(cloud: Cloud) -> None:
    click.echo(json.dumps({"endpoint": cloud.endpoint, **addresses(cloud)}))


async def _announce(cloud: Cloud) -> None:
    kept = "nothing is kept" if cloud.settings.data is None else f"data in {cloud.settings.data}"
    click.echo(f"Headwater is ready at {cloud.endpoint} ({kept}). Its console: {cloud.endpoint}/_headwater/", err=True)
    for line in told_of_tls(cloud):
        click.echo(line, err=True)
