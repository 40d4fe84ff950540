"""Running a cloud in the foreground until it is told to end."""

from __future__ import annotations

import asyncio
import errno
import gc
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import click
import uvloop

from headwater.cli.open_files import allow_many
from headwater.cloud import Cloud, Settings
from headwater.gateway.tls import CannotListen
from headwater.insight.mock_file import MocksRefused
from headwater.insight.otlp import NoSuchExtra
from headwater.spine.quotas import BadQuota
from headwater.spine.store.migrations import FolderTooNew
from headwater.spine.store.opening import CannotOpen


def serve(settings: Settings, ready: Callable[[Cloud], Coroutine[Any, Any, None]], until_eof: bool = False) -> None:
    """Start, do what ``ready`` does, and stay until SIGINT or SIGTERM; what it raises ends it too. ``until_eof``: or
    until standard input, a pipe, ends."""
    allow_many()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(settings, ready, until_eof))
    except (NoSuchExtra, MocksRefused, BadQuota, CannotListen) as error:
        raise click.ClickException(str(error)) from error
    except (CannotOpen, FolderTooNew) as error:
        raise click.ClickException(
            f"{error} Name another one with --data, or keep nothing with --ephemeral."
        ) from error
    except OSError as error:
        raise click.ClickException(_cannot_listen(settings, error)) from error


def _cannot_listen(settings: Settings, error: OSError) -> str:
    told = f"Cannot listen on {settings.host}:{settings.port}: {os.strerror(error.errno or 0)}."
    return f"{told} Choose another port with --port." if error.errno == errno.EADDRINUSE else told


async def _serve(settings: Settings, ready: Callable[[Cloud], Coroutine[Any, Any, None]], until_eof: bool) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    if until_eof:
        _end_with_input(loop, ended)
    cloud = Cloud(settings)
    await cloud.start()
    # what is here now stays: the collector need not look at it again; and requests make little garbage in cycles
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    work, end = asyncio.ensure_future(ready(cloud)), asyncio.ensure_future(ended.wait())
    try:
        await asyncio.wait((work, end), return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            work.result()
            await end
        else:
            work.cancel()
    finally:
        await cloud.stop()


def _end_with_input(loop: asyncio.AbstractEventLoop, ended: asyncio.Event) -> None:
    """The kernel closes a pipe whose other end's process is gone, however it went, on every system alike."""
    descriptor = sys.stdin.fileno()

    def read() -> None:
        if not os.read(descriptor, 4096):
            loop.remove_reader(descriptor)
            ended.set()

    loop.add_reader(descriptor, read)
