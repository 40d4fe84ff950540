"""Options that several commands share."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from headwater.cli import known_variables
from headwater.cloud import DEFAULT_PORT, Settings
from headwater.spine.keeping import Keep, parse_keep
from headwater.spine.quotas import BadQuota, check_value

CommandT = TypeVar("CommandT", bound=Callable[..., Any])
DEFAULT_DATA = Path(".headwater")
_LOOPBACK = "127.0.0.1"
# what of the options is handed to ``Settings`` as it stands
_SETTINGS = (
    "host",
    "port",
    "mqtt_port",
    "https_port",
    "mqtts_port",
    "durability",
    "keep",
    "allow_kill",
    "otlp",
    "mocks",
    "quotas",
    "enforce_policies",
    "verify_signatures",
)


def server_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options of a server of one's own, which the command gets as one ``settings``."""

    @wraps(command)
    def wrapped(*, data: Path, ephemeral: bool, **values: Any) -> None:
        given = {name: values.pop(name) for name in _SETTINGS}
        source = click.get_current_context().get_parameter_source("data")
        if source is ParameterSource.DEFAULT and known_variables.keeps_nothing(os.environ):
            ephemeral = True
        command(settings=Settings(data=None if ephemeral else data, **given), **values)

    for option in (
        click.option("--verify-signatures", is_flag=True, envvar="HEADWATER_VERIFY_SIGNATURES", show_envvar=True,
                     help="Refuse, as AWS does, unknown access keys and requests that are not signed as they say."),
        click.option("--enforce-policies", is_flag=True, show_envvar=True,
                     envvar=["HEADWATER_ENFORCE_POLICIES", "ENFORCE_IAM"],
                     help="Refuse, as AWS does, what the policies of roles and resources do not allow."),
        click.option("--sfn-mocks", "mocks", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
                     envvar=["SFN_MOCK_CONFIG", "LOCALSTACK_SFN_MOCK_CONFIG"], show_envvar=True,
                     help="Mocks of state machines, as a file of Step Functions Local has them."),
        click.option("--quota", "quotas", multiple=True, callback=_quotas, metavar="NAME=VALUE",
                     help="Change a quota, or set a rate: events:rules-per-bus=500, events:PutEvents=100."),
        click.option("--otlp", metavar="URL", help="Export spans over OTLP/HTTP, such as to http://127.0.0.1:4318."),
        click.option("--allow-kill", is_flag=True, help="Allow faults that kill this server (see docs/faults.md)."),
        click.option("--keep", multiple=True, callback=_keep, metavar="7d|1GiB", show_default="7d and 1GiB",
                     help="How much of the past is kept for explanations: by age, by size, or one of each."),
        click.option("--durability", type=click.Choice(["process", "power"]), default="process", show_default=True,
                     help="What an acknowledged change survives: the end of the process, or a power failure."),
        click.option("--ephemeral", is_flag=True, help="Keep nothing when it ends."),
        click.option("--data", type=click.Path(path_type=Path, file_okay=False), default=DEFAULT_DATA,
                     show_default=True, help="The folder that everything is kept in."),
        click.option("--mqtts-port", type=click.IntRange(0, 65535),
                     help="A port of MQTT over TLS with client certificates, such as 8883 (see docs/projects.md)."),
        click.option("--https-port", type=click.IntRange(0, 65535),
                     help="A port of HTTPS and WSS, besides the plain one."),
        click.option("--mqtt-port", type=click.IntRange(0, 65535), default=1883, show_default=True,
                     help="The port of MQTT over TCP."),
        click.option("--port", type=click.IntRange(0, 65535), default=_port, show_default=str(DEFAULT_PORT),
                     help="The main port: AWS APIs, console, everything but MQTT over TCP."),
        click.option("--host", default=_host, show_default=_LOOPBACK, help="The address to listen on."),
    ):  # fmt: skip
        wrapped = option(wrapped)
    return wrapped


def _host() -> str:
    return known_variables.address(os.environ).host or _LOOPBACK


def _port() -> int:
    port = known_variables.address(os.environ).port
    return DEFAULT_PORT if port is None else port


def _keep(context: click.Context, parameter: click.Parameter, value: tuple[str, ...]) -> Keep:
    try:
        return parse_keep(*value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def _quotas(context: click.Context, parameter: click.Parameter, value: tuple[str, ...]) -> dict[str, str]:
    try:
        return read_quotas(value)
    except BadQuota as error:
        raise click.BadParameter(str(error)) from error


def read_quotas(given: Iterable[str]) -> dict[str, str]:
    """``NAME=VALUE`` each; BadQuota where one cannot be."""
    quotas = {}
    for each in given:
        name, equals, text = each.partition("=")
        if not equals:
            raise BadQuota(f"{each!r} has no value; say such as events:rules-per-bus=500.")
        check_value(name, text)
        quotas[name] = text
    return quotas


def endpoint_option(command: CommandT) -> CommandT:
    """``--endpoint``, or ``--port`` for one on this machine: the server to talk to."""
    by_port = click.option(
        "--port",
        type=click.IntRange(1, 65535),
        expose_value=False,
        is_eager=True,
        callback=_name_by_port,
        help="Its port on this machine, instead of --endpoint.",
    )
    by_address = click.option(
        "--endpoint",
        default=_endpoint,
        show_default=f"AWS_ENDPOINT_URL, or http://127.0.0.1:{DEFAULT_PORT}",
        help="The address of the running Headwater.",
    )
    return by_address(by_port(command))


def _name_by_port(context: click.Context, parameter: click.Parameter, port: int | None) -> None:
    if port is not None:
        context.default_map = {**(context.default_map or {}), "endpoint": f"http://127.0.0.1:{port}"}


def _endpoint() -> str:
    return os.environ.get("AWS_ENDPOINT_URL") or f"http://127.0.0.1:{DEFAULT_PORT}"


def hand_down(context: click.Context, **options: Any) -> None:
    """What is said to a group before one of its commands holds for that command, too."""
    assert isinstance(context.command, click.Group)
    context.default_map = dict.fromkeys(context.command.commands, options)
