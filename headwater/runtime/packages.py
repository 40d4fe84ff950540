"""Unpacked code: each package once, in a folder named after its file, which is named by its content."""

from __future__ import annotations

import asyncio
import os
import shutil
import stat
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path

from headwater.spine.functions import FunctionVersion


class Packages:
    """Turns zip files into folders. What is there already is used again, by any process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._unpacking: dict[Path, asyncio.Task[None]] = {}

    async def unpack(self, function: FunctionVersion) -> FunctionVersion:
        """The function with folders in place of packages. BadZipFile, OSError where that fails."""
        code, *layers = [await self._folder_of(path) for path in (function.code, *function.layers)]
        return replace(function, code=code, layers=tuple(layers))

    async def _folder_of(self, path: Path) -> Path:
        folder = self._folder / path.name
        if _is_folder(path):
            return path
        if not _is_folder(folder):
            task = self._unpacking.get(folder)
            if task is None:
                task = asyncio.create_task(asyncio.to_thread(_extract, path, folder))
                self._unpacking[folder] = task
                task.add_done_callback(lambda _: self._unpacking.pop(folder))
            await asyncio.shield(task)
        return folder


def _is_folder(path: Path) -> bool:
    return path.is_dir()


def _extract(package: Path, folder: Path) -> None:
    """All or nothing: the folder appears under its name when it is whole."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=folder.parent))
    temporary.chmod(0o755)
    try:
        with zipfile.ZipFile(package) as archive:
            # links come last, so that nothing is written through them
            for entry in sorted(archive.infolist(), key=_is_link):
                _extract_entry(archive, entry, temporary)
        temporary.rename(folder)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        if not folder.is_dir():  # else another process was faster
            raise


def _is_link(entry: zipfile.ZipInfo) -> bool:
    return stat.S_ISLNK(entry.external_attr >> 16)


def _extract_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path) -> None:
    mode = entry.external_attr >> 16
    if _is_link(entry):
        link = folder / entry.filename
        if not link.resolve().is_relative_to(folder.resolve()):
            raise zipfile.BadZipFile(f"{entry.filename} is outside of the package")
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(os.fsdecode(archive.read(entry)))
        return
    path = Path(archive.extract(entry, folder))
    if not entry.is_dir():
        path.chmod(0o644 | stat.S_IMODE(mode))
