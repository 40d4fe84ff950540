"""Scripts that make a project's resources as soon as the server is there: ``headwater start --ready``.

What a project has in LocalStack's ``ready.d`` runs as it is: ``.sh`` and ``.py``, one after the other.
https://docs.localstack.cloud/aws/configuration/config/initialization-hooks/
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

import click

from headwater.cli.surroundings import surroundings
from headwater.cloud import Cloud
from headwater.insight.guests import Script

_SUFFIXES = (".sh", ".py")
_STANDARD_ERROR = 2


def scripts_in(places: Iterable[Path]) -> list[Path]:
    """The scripts that are named, and those of folders by their names, folders below them too. UsageError where one
    is of another kind, or a folder has none."""
    found: list[Path] = []
    for place in places:
        inside = [place] if place.is_file() else sorted(each for each in place.rglob("*") if each.suffix in _SUFFIXES)
        if not inside:
            raise click.UsageError(f"There is no script (*.sh, *.py) in {place}.")
        found += inside
    for path in found:
        if path.suffix not in _SUFFIXES:
            raise click.UsageError(f"{path} is no script that can be run: there are *.sh and *.py.")
    return found


async def run_scripts(cloud: Cloud, paths: list[Path]) -> None:
    """One after the other, with their output on standard error; one that fails is told and does not stop the next."""
    startup = cloud.startup
    startup.ready = False
    startup.scripts = [Script("READY", path.name) for path in paths]
    environment = surroundings(cloud.endpoint, os.environ)
    for path, script in zip(paths, startup.scripts, strict=True):
        script.state = "RUNNING"
        code = await _run(path, environment)
        script.state = "SUCCESSFUL" if code == 0 else "ERROR"
        if code:
            click.secho(f"{path} failed: {_told(code)}", fg="red", err=True)
    startup.ready = True


async def _run(path: Path, environment: dict[str, str]) -> int | str:
    """Its exit code, or why it could not be run."""
    try:
        process = await asyncio.create_subprocess_exec(
            *_command(path), stdin=asyncio.subprocess.DEVNULL, stdout=_STANDARD_ERROR, env=environment
        )
    except OSError as error:
        return error.strerror or "it could not be run"
    try:
        return await process.wait()
    except asyncio.CancelledError:
        process.terminate()
        raise


def _command(path: Path) -> list[str]:
    """A program as its first line says; what may not be executed, by bash, or by a Python that has boto3."""
    if path.suffix == ".py":
        found = shutil.which("python3")
        return [sys.executable if found is None or find_spec("boto3") is not None else found, str(path)]
    return [str(path.resolve())] if os.access(path, os.X_OK) else [shutil.which("bash") or "sh", str(path)]


def _told(code: int | str) -> str:
    return code if isinstance(code, str) else f"exit code {code}"
