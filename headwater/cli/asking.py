"""Talking to a running Headwater: what it refuses, and that none is there, told in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from headwater.client import Headwater, HeadwaterError


@contextmanager
def asking(endpoint: str) -> Iterator[Headwater]:
    """A client whose errors end the command (exit code 1)."""
    try:
        yield Headwater(endpoint)
    except HeadwaterError as error:
        hint = " Start one with `headwater start`, or name it with --endpoint." if error.status is None else ""
        raise click.ClickException(f"{error}{hint}") from error
