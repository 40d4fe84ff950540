"""Folders and files as zip archives whose bytes depend on nothing but their content."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

SKIPPED_FOLDERS = frozenset((".aws-sam", ".git", ".headwater", ".mypy_cache", ".pytest_cache", ".venv", "__pycache__"))
SKIPPED_SUFFIXES = frozenset((".pyc", ".pyo"))
SKIPPED_NAMES = frozenset((".DS_Store",))
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip archive can hold
FAST = 1  # deflate level: these archives travel within one machine

Files = Mapping[str, Path]
"""Path inside an archive to the file that it comes from."""


def files_of(source: Path, prefix: str = "", skipped: frozenset[str] = frozenset()) -> dict[str, Path]:
    """What belongs into an archive of a folder, or of one file. ``skipped`` names further folders to leave out."""
    if source.is_file():
        return {prefix + source.name: source}
    return {prefix + path.relative_to(source).as_posix(): path for path in _walk(source, SKIPPED_FOLDERS | skipped)}


def _walk(folder: Path, skipped: frozenset[str]) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in skipped)
        for name in sorted(names):
            path = Path(root, name)
            if path.suffix not in SKIPPED_SUFFIXES and name not in SKIPPED_NAMES and path.is_file():
                yield path


def digest_of(files: Files) -> str:
    """What identifies an archive: names, permissions and contents."""
    digest = hashlib.sha256()
    for name in sorted(files):
        path = files[name]
        digest.update(f"{name}\0{_is_program(path)}\0{path.stat().st_size}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:32]


def write_archive(files: Files, target: Path) -> None:
    """Write the archive; it appears under its name only when it is whole."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{target.name}.{os.getpid()}.part")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=FAST) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o100755 if _is_program(files[name]) else 0o100644) << 16
            archive.writestr(entry, files[name].read_bytes())
    partial.replace(target)


def _is_program(path: Path) -> bool:
    return bool(path.stat().st_mode & 0o100)
