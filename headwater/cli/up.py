"""``headwater up``: a template deployed on a cloud of its own, or on the one that runs."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
import threading
import time
import webbrowser
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import click
from rich.console import Console
from watchfiles import awatch

from headwater.cli.asking import asking
from headwater.cli.follow import follow_beside
from headwater.cli.options import server_options
from headwater.cli.serving import serve
from headwater.cli.terminal import terminal
from headwater.cli.tls import told_of_tls
from headwater.cloud import Cloud, Settings
from headwater.deploy import Deployed, DeploymentError, Progress, up, watched_paths
from headwater.languages.templates import TemplateError

T = TypeVar("T")
STYLES = {"COMPLETE": "green", "FAILED": "red", "PROGRESS": "dim", "SKIPPED": "yellow"}
STACK_TYPE = "AWS::CloudFormation::Stack"


@dataclass(frozen=True)
class Order:
    """What is to be brought up, and how it is to be told."""

    template: Path
    stack: str
    parameters: dict[str, str]
    as_json: bool
    watch: bool
    follow: bool
    open_output: str | None
    console: Console


def parse_parameter(_: click.Context, __: click.Parameter, values: Iterable[str]) -> dict[str, str]:
    pairs = {}
    for value in values:
        name, equals, text = value.partition("=")
        if not equals:
            raise click.BadParameter(f"{value}: write it as NAME=VALUE")
        pairs[name] = text
    return pairs


@click.command("up")
@click.argument("template", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--stack", help="The stack's name.  [default: the name of the template's folder]")
@click.option("--parameter", "parameters", multiple=True, callback=parse_parameter, metavar="NAME=VALUE",
              help="A parameter of the template; may be repeated.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="The outputs as one line of JSON on standard output.")
@click.option("--watch", is_flag=True, help="Deploy again whenever the template or its files change.")
@click.option("--follow", is_flag=True, help="Then show operations and deliveries as they happen.")
@click.option("--open", "open_output", metavar="OUTPUT", help="Open the address in an output in the browser.")
@server_options
def command(
    template: Path,
    stack: str | None,
    parameters: dict[str, str],
    as_json: bool,
    watch: bool,
    follow: bool,
    open_output: str | None,
    settings: Settings,
) -> None:
    """Deploy a SAM or CloudFormation TEMPLATE.

    On the Headwater that answers at the port; where none does, one is started and stays until Ctrl-C.
    """
    name = stack or default_stack_name(template)
    console = terminal(stderr=True)
    order = Order(template.resolve(), name, parameters, as_json, watch, follow, open_output, console)
    endpoint = f"http://{settings.host}:{settings.port}"
    if settings.port and answers(endpoint):
        order.console.print(f"[dim]using the Headwater at {endpoint}[/]")
        if settings.mocks is not None:
            put_mocks(endpoint, settings.mocks)
        asyncio.run(stay(endpoint, order))
    else:
        serve(settings, lambda cloud: ready(cloud, order))


def put_mocks(endpoint: str, file: Path) -> None:
    """Hand a server of someone else's the file that one of our own would have been started with."""
    with asking(endpoint) as headwater:
        try:
            headwater.put_mocks(json.loads(file.read_text()))
        except (OSError, ValueError) as error:
            raise click.ClickException(f"The mocks in {file} cannot be read: {error}") from error


def default_stack_name(template: Path) -> str:
    """The folder's name made to fit: letters, digits and hyphens, a letter first."""
    name = re.sub("[^A-Za-z0-9]+", "-", template.resolve().parent.name).strip("-")
    return name if name[:1].isalpha() else f"stack-{name}".strip("-")


def answers(endpoint: str) -> bool:
    try:
        with urlopen(f"{endpoint}/_headwater/health", timeout=10) as response:
            return bool(response.status == 200)
    except HTTPError as error:
        error.close()
        return False
    except (URLError, OSError, ValueError):
        return False


async def ready(cloud: Cloud, order: Order) -> None:
    order.console.print(f"[dim]Headwater is ready at {cloud.endpoint} ({kept(cloud.settings)})[/]")
    for line in told_of_tls(cloud):
        order.console.print(line, style="dim", markup=False, soft_wrap=True)
    await deploy(cloud.endpoint, order)


def kept(settings: Settings) -> str:
    return "nothing is kept" if settings.data is None else f"data in {settings.data}"


async def stay(endpoint: str, order: Order) -> None:
    """Deploy on a server of someone else's; what is watched or followed is so until told to end."""
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    deployment, end = asyncio.ensure_future(deploy(endpoint, order)), asyncio.ensure_future(ended.wait())
    await asyncio.wait((deployment, end), return_when=asyncio.FIRST_COMPLETED)
    if deployment.done():
        deployment.result()
        if order.follow:
            await end


async def deploy(endpoint: str, order: Order) -> None:
    """Deploy once, then on every change if asked to. Without ``--watch`` a failure ends the command."""
    if not order.watch:
        failure = await attempt(endpoint, order)
        if failure is not None:
            raise click.ClickException(failure)
        if order.follow:
            follow_beside(endpoint, order.console)
        return
    while True:
        change = asyncio.ensure_future(changed(order))  # watched from before the deployment reads the files
        failure = await attempt(endpoint, order)
        if failure is not None:
            order.console.print(failure, style="red", markup=False)
        order.console.print("[dim]watching for changes[/]")
        await change


async def attempt(endpoint: str, order: Order) -> str | None:
    """Why it failed, or None."""
    started = time.monotonic()
    try:
        deployed = await beside(
            lambda: up(order.template, order.stack, order.parameters, endpoint, lambda progress: show(order, progress))
        )
    except DeploymentError as error:
        return str(error)
    tell(endpoint, order, deployed, time.monotonic() - started)
    return None


async def beside(work: Callable[[], T]) -> T:
    """In a thread, as ``asyncio.to_thread`` does it; but who ends the command does not wait for the thread's end."""
    outcome = Future[T]()
    outcome.set_running_or_notify_cancel()

    def run() -> None:
        try:
            outcome.set_result(work())
        except Exception as error:  # noqa: BLE001 - for who waits
            outcome.set_exception(error)

    threading.Thread(target=run, name="deploy", daemon=True).start()
    return await asyncio.wrap_future(outcome)


async def changed(order: Order) -> None:
    """Wait until something that the template names is written."""
    try:
        paths = sorted(set(watched_paths(order.template)))
    except (TemplateError, DeploymentError):
        paths = [order.template]
    async for _ in awatch(*paths):
        return


def show(order: Order, progress: Progress) -> None:
    """One line for what ended, in the colour of how it did."""
    if progress.kind == "package":
        order.console.print(f"[dim]packaging {progress.name}[/]")
        return
    if progress.status.endswith("_IN_PROGRESS") and progress.type != STACK_TYPE:
        return
    style = STYLES.get(progress.status.rpartition("_")[2], "")
    line = f"[{style}]{progress.status:>20}[/] {progress.name} [dim]{progress.type}[/]"
    order.console.print(line, soft_wrap=True)
    if progress.reason and progress.status.endswith(("_FAILED", "CREATE_COMPLETE", "UPDATE_COMPLETE")):
        style = "" if progress.status.endswith("_FAILED") else "yellow"
        order.console.print(" " * 21 + progress.reason, style=style, markup=False, soft_wrap=True)


def tell(endpoint: str, order: Order, deployed: Deployed, seconds: float) -> None:
    word = "is up" if deployed.changed else "is up already, nothing has changed"
    order.console.print(f"[bold]{deployed.stack}[/] {word} [dim]({seconds:.1f} s)[/]")
    if order.as_json:
        click.echo(json.dumps({"stack": deployed.stack, "endpoint": endpoint, "outputs": deployed.outputs}))
        return
    width = max(map(len, deployed.outputs), default=0)
    for name, value in deployed.outputs.items():
        order.console.print(f"[bold]{name:<{width}}[/] {value}", soft_wrap=True)
    order.console.print(f"[dim]the console shows what happens: {endpoint}/_headwater/[/]", soft_wrap=True)
    if order.open_output is not None:
        show_page(order, deployed.outputs.get(order.open_output))


def show_page(order: Order, address: str | None) -> None:
    """Open an address where there is a screen; print it large where there is none."""
    if address is None:
        order.console.print(f"[red]There is no output {order.open_output} to open.[/]")
        return
    opened = bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or sys.platform == "darwin")
    opened = opened and webbrowser.open(address)
    order.console.print(f"\n[bold green]{'Opened' if opened else 'Open'} {address}[/]\n", soft_wrap=True)
