"""Opening a data folder: what keeps it shut, in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw


class CannotOpen(Exception):
    """The data folder cannot be used; the text says why."""


@contextmanager
def opening(folder: Path) -> Iterator[None]:
    """Whatever the file system or SQLite have against a folder is CannotOpen."""
    try:
        yield
    except apsw.BusyError as error:
        raise CannotOpen(f"The data folder {folder} is in use by another Headwater.") from error
    except (apsw.NotADBError, apsw.CorruptError) as error:
        raise CannotOpen(f"The data folder {folder} is damaged: {error}.") from error
    except apsw.Error as error:
        raise CannotOpen(f"The data folder {folder} cannot be opened: {error}.") from error
    except OSError as error:
        raise CannotOpen(f"The data folder {folder} cannot be used: {error.strerror}.") from error
