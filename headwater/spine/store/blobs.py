"""Large bodies: files that are written once, before the row that names them."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from headwater.spine.errors import AwsError
from headwater.spine.store.syncing import sync

_PIECE = 262_144


class Blob:
    """A stored body, or a slice of one, which a reply streams from its file.

    The file is open from the start: it can be read to its end though it is deleted meanwhile.
    """

    __slots__ = ("_descriptor", "length", "offset", "path")

    def __init__(self, path: Path, offset: int, length: int) -> None:
        self._descriptor = -1
        self.path, self.offset, self.length = path, offset, length
        self._descriptor = os.open(path, os.O_RDONLY)

    def read(self) -> bytes:
        return self.part(0, self.length)

    def part(self, start: int, size: int) -> bytes:
        """Some bytes, counted from the slice's own beginning."""
        return os.pread(self._descriptor, size, self.offset + start)

    def __del__(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)


def pieces_of(body: Blob | bytes) -> Iterator[bytes]:
    """A body a piece at a time."""
    if not isinstance(body, Blob):
        yield bytes(body)
        return
    for start in range(0, body.length, _PIECE):
        yield body.part(start, min(_PIECE, body.length - start))


class BlobStore:
    """A folder of files. A handler that is run again from the start may write again: the same content has the same
    name, and a file that no row names is collected by its owner."""

    def __init__(self, folder: Path, sync: bool = False) -> None:
        self._folder = folder
        self._sync = sync
        self._kept: dict[str, frozenset[str]] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def write(self, data: bytes, owner: str = "") -> str:
        """Store a body; its digest is its name, after that of an owner who deletes by its own rows alone."""
        digest = hashlib.sha256(data).hexdigest() + owner
        path = self.path(digest)
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=self._folder)
            self._fill(os.fdopen(handle, "wb"), Path(temporary), (data,))
            Path(temporary).replace(path)
        return digest

    def add(self, data: bytes, name: Callable[[], str]) -> str:
        """Store a body under the first name that no file has yet; each is to begin with random hexadecimal digits."""
        chosen, file = self._create(name)
        self._fill(file, self.path(chosen), (data,))
        return chosen

    def begin(self, name: Callable[[], str]) -> str:
        """An empty body under such a name, for :meth:`fill`. Nothing but a keeper keeps it until a row names it."""
        chosen, file = self._create(name)
        file.close()
        return chosen

    def fill(self, digest: str, pieces: Iterable[bytes]) -> None:
        """Write what was begun; may run in a thread."""
        path = self.path(digest)
        self._fill(path.open("wb"), path, pieces)

    def _create(self, name: Callable[[], str]) -> tuple[str, BinaryIO]:
        while True:
            chosen = name()
            path = self.path(chosen)
            path.parent.mkdir(exist_ok=True)
            try:
                return chosen, path.open("xb")
            except FileExistsError:
                continue

    def _fill(self, file: BinaryIO, path: Path, pieces: Iterable[bytes]) -> None:
        """All of it, or no file: on a full disk the room that a part has taken is given back."""
        try:
            with file:
                file.writelines(pieces)
                if self._sync:
                    file.flush()
                    sync(file.fileno())
        except OSError as error:
            path.unlink()
            raise AwsError("ServiceUnavailable", f"The store did not keep a body: {error.strerror}", 503) from error

    def path(self, digest: str) -> Path:
        """Where the file of a digest lies."""
        return self._folder / digest[:2] / digest

    def open(self, digest: str, offset: int = 0, length: int | None = None) -> Blob:
        """A body or a slice of it, to be read or streamed."""
        path = self.path(digest)
        return Blob(path, offset, path.stat().st_size - offset if length is None else length)

    def read(self, digest: str) -> bytes:
        return self.path(digest).read_bytes()

    def delete(self, digest: str) -> None:
        """Delete a body, unless something else than rows still keeps it; its owner collects it later."""
        if not any(digest in kept for kept in self._kept.values()):
            self.path(digest).unlink(missing_ok=True)

    def keep(self, keeper: str, digests: Iterable[str]) -> None:
        """Have bodies stay though no row should name them, until their keeper releases them."""
        self._kept[keeper] = frozenset(digests)

    def release(self, keeper: str) -> None:
        self._kept.pop(keeper, None)

    def digests(self) -> list[str]:
        """All that is stored, for the collection of files without a row."""
        with os.scandir(self._folder) as entries:
            folders = [entry.path for entry in entries if len(entry.name) == 2]
        return [name for folder in folders for name in os.listdir(folder)]  # noqa: PTH208
