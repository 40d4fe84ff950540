"""Packages become folders: with their links and modes, and never anything outside."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path

import pytest

from headwater.runtime.packages import _extract


def package(folder: Path, *entries: tuple[str, str, int]) -> Path:
    """A zip file of (name, content or what a link leads to, mode)."""
    path = folder / "package.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content, mode in entries:
            entry = zipfile.ZipInfo(name)
            entry.external_attr = mode << 16
            archive.writestr(entry, content)
    return path


LINK, FILE, PROGRAM = stat.S_IFLNK | 0o777, stat.S_IFREG | 0o644, stat.S_IFREG | 0o755


def test_links_and_modes_are_kept(tmp_path: Path) -> None:
    folder = tmp_path / "unpacked"
    _extract(
        package(tmp_path, ("lib/b.so", "b.so.1", LINK), ("lib/b.so.1", "code", FILE), ("run", "#!", PROGRAM)), folder
    )
    assert (folder / "lib/b.so").read_text() == "code"
    assert (folder / "lib/b.so").is_symlink()
    assert (folder / "run").stat().st_mode & 0o111


@pytest.mark.parametrize("name", ["../../outside", "/outside", "a/../../outside"])
def test_a_link_outside_is_refused(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "packages" / "unpacked"
    with pytest.raises(zipfile.BadZipFile, match="outside of the package"):
        _extract(package(tmp_path, (name, "/etc/passwd", LINK)), folder)
    assert not folder.exists()
    assert not (tmp_path / "outside").is_symlink()


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    entries = (("a", str(elsewhere), LINK), ("a/written", "by the package", FILE))
    with pytest.raises(OSError, match="exists"):
        _extract(package(tmp_path, *entries), tmp_path / "unpacked")
    assert not list(elsewhere.iterdir())
