"""``headwater``: the commands, each in a module that is loaded when it is called."""

from __future__ import annotations

import importlib
import sys

import click

from headwater import __version__

# of these the server is a part, which forks and is signalled; the others ask one over HTTP, in WSL too
_SERVING = ("start", "up")
_WINDOWS = (
    "Headwater's server does not run on Windows itself. Install and start it in WSL 2 (`wsl --install`): programs on "
    "Windows reach it at the same address, http://127.0.0.1:4566."
)
_COMMANDS = {
    "deliveries": "List deliveries: waiting, running, retrying, given up.",
    "execution": "Show what an execution of Step Functions did; compare two; replay on a changed definition.",
    "explain": "Explain what became of an event, and why; or try a pattern on recorded events.",
    "faults": "Make things go wrong, repeatably; find what breaks.",
    "follow": "Show operations and deliveries as they happen.",
    "mocks": "Mock the tasks of Step Functions, as Step Functions Local does.",
    "outbox": "Show e-mails and text messages that would have been sent.",
    "permissions": "List what roles did that their policies do not allow.",
    "quotas": "Show and change quotas and rates.",
    "redeliver": "Retry deliveries now that failed or were given up.",
    "report": "Write everything that happened into one HTML file.",
    "run": "Run a command with its AWS environment pointing at Headwater.",
    "settle": "Wait until nothing is in flight.",
    "snapshot": "Save the whole state under a name, and go back to it.",
    "start": "Start an empty cloud.",
    "tail": "Show events and their deliveries as they happen.",
    "time": "Show, freeze and move the clock.",
    "trace": "Show what came of a request, as a causal tree.",
    "up": "Deploy a SAM or CloudFormation template; start a cloud where none runs.",
}


class _Lazy(click.Group):
    """Start-up pays for the one command that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        if cmd_name in _SERVING and _is_windows():
            raise click.ClickException(_WINDOWS)
        command: click.Command = importlib.import_module(f"headwater.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


def _is_windows() -> bool:
    return sys.platform == "win32"


@click.command(cls=_Lazy)
@click.version_option(__version__, prog_name="headwater")
def main() -> None:
    """A whole event-driven AWS architecture on your own machine.

    Begin with `headwater start`, or with `headwater up TEMPLATE`. In a second terminal `headwater run PROGRAM` points
    any program at it: aws, sam, cdk, python. `headwater COMMAND --help` has each command's options.
    """
