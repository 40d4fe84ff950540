"""On Windows there is no server, and whoever asks for one is told where it runs; what asks a server is there."""

from __future__ import annotations

import subprocess
import sys

import pytest

# The standard library and click stay those of this system; what Headwater itself would miss there is taken away.
WINDOWS = """
import asyncio, ctypes, os, selectors, signal, socket, ssl, subprocess, sys, urllib.request, webbrowser
import click.testing, pytest, rich.console, rich.live
for name in ("fcntl", "grp", "pwd", "resource", "termios", "tty", "uvloop"):
    sys.modules[name] = None
for name in ("fork", "getuid", "killpg", "pread", "setsid"):
    delattr(os, name)
del signal.SIGKILL, signal.SIGCHLD
sys.platform = "win32"
from headwater.cli.main import main
"""


def on_windows(code: str) -> str:
    ended = subprocess.run([sys.executable, "-c", WINDOWS + code], capture_output=True, text=True, check=False)
    assert "Traceback" not in ended.stderr
    return ended.stdout + ended.stderr


@pytest.mark.parametrize("command", ["['start']", "['up', 'template.yaml']"])
def test_who_wants_a_server_is_told_where_it_runs(command: str) -> None:
    assert on_windows(f"main({command})") == (
        "Error: Headwater's server does not run on Windows itself. Install and start it in WSL 2 (`wsl --install`): "
        "programs on Windows reach it at the same address, http://127.0.0.1:4566.\n"
    )


def test_what_asks_a_server_loads_and_so_does_the_plugin() -> None:
    told = on_windows("""
import headwater.testing, headwater.testing.plugin
from headwater.cli import main as commands
for name in commands._COMMANDS.keys() - set(commands._SERVING):
    asked = click.testing.CliRunner().invoke(main, [name, "--help"])
    if asked.exit_code or not asked.output.startswith("Usage:"):
        print(name, asked.output, asked.exception)
print("all")
""")
    assert told == "all\n"
