"""Packages of PyPI in the place of layers that AWS publishes: each installed once for an interpreter, then kept."""

from __future__ import annotations

import asyncio
import hashlib
import importlib.util
import os
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from headwater.runtime.guest.preloaded import PRELOADED
from headwater.spine.functions import FunctionVersion

_LONGEST = 120.0  # seconds; whoever invokes the function waits
_REST = 60.0  # seconds until what has failed is tried again


def of_this_user() -> Path:
    """Where packages are kept for whichever data folder needs them: they take long to install, and are the same."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "headwater" / "layers"


class PythonLayers:
    """``folder`` keeps what was installed; ``pip`` is the command before its arguments, found where none is given."""

    def __init__(self, folder: Path, pip: tuple[str, ...] | None = None) -> None:
        self._folder = folder
        self._pip = pip
        self._installing = asyncio.Lock()
        self._failed: dict[Path, tuple[float, str]] = {}  # until when in the loop's time, and why

    async def provide(self, function: FunctionVersion, interpreter: str) -> tuple[FunctionVersion, str | None]:
        """The function with the packages as further layers; why one is not there, if it is not."""
        layers = []
        for requirement in function.requirements:
            key = hashlib.sha256(f"{interpreter}\0{requirement}".encode()).hexdigest()[:32]
            layer = self._folder / key
            async with self._installing:
                trouble = None if layer.is_dir() else await self._install(interpreter, requirement, layer)
            if trouble is not None:
                return function, trouble
            layers.append(layer)
        return replace(function, layers=(*function.layers, *layers)), None

    async def _install(self, interpreter: str, requirement: str, layer: Path) -> str | None:
        now = asyncio.get_running_loop().time()
        until, why = self._failed.get(layer, (0.0, ""))
        if until > now:
            return why
        trouble = await self._run(interpreter, requirement, layer)
        if trouble is None:
            return None
        why = f"pip could not install {requirement}, which stands for a layer of AWS's: {trouble}"
        self._failed[layer] = (now + _REST, why)
        return why

    async def _run(self, interpreter: str, requirement: str, layer: Path) -> str | None:
        """What pip complains of; the layer appears under its name when it is whole."""
        pip = self._pip or _pip_for(interpreter)
        if pip is None:
            return "neither pip nor uv is here"
        partial = _beside(layer)
        nowhere, piped = asyncio.subprocess.DEVNULL, asyncio.subprocess.PIPE
        command = (*pip, "install", "--quiet", "--no-compile", "--target", str(partial / "python"), requirement)
        process = await asyncio.create_subprocess_exec(*command, stdin=nowhere, stdout=nowhere, stderr=piped)
        try:
            async with asyncio.timeout(_LONGEST):
                _, said = await process.communicate()
            if process.returncode:
                lines = said.decode(errors="replace").strip().splitlines()
                return lines[-1] if lines else "it does not say why"
            _keep(partial, layer)
        except TimeoutError:
            return f"it took longer than {_LONGEST:g} s"
        finally:
            if process.returncode is None:
                process.kill()
            shutil.rmtree(partial, ignore_errors=True)
        return None


def _beside(layer: Path) -> Path:
    layer.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(dir=layer.parent))
    partial.chmod(0o755)
    return partial


def _keep(partial: Path, layer: Path) -> None:
    for name in PRELOADED:  # the runtime has it, as on AWS, where the layer lacks it
        shutil.rmtree(partial / "python" / name, ignore_errors=True)
    try:
        partial.rename(layer)
    except OSError:
        if not layer.is_dir():  # else another process was faster
            raise


def _pip_for(interpreter: str) -> tuple[str, ...] | None:
    if importlib.util.find_spec("pip") is not None:
        return (sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", interpreter)
    uv = shutil.which("uv")
    return (uv, "pip", "--python", interpreter) if uv is not None else None
