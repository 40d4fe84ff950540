"""The server's side of the launcher process (see guest/launcher.py)."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import headwater
from headwater.runtime.guest.preloaded import FORK_SAFETY

_LENGTH = struct.Struct("!I")
_PATIENCE = 5.0  # seconds that a launcher has to end by itself
_START = (
    "import sys; sys.path.insert(0, sys.argv[1]); from headwater.runtime.guest import launcher; "
    "del sys.path[0]; launcher.main(int(sys.argv[2]), sys.argv[3])"
)
_HOME = str(Path(headwater.__file__).parent.parent)


class LauncherFailed(Exception):
    """The interpreter could not be started."""


class Launcher:
    """One launcher process, and whom to tell when its children end."""

    def __init__(self, python: str, preinstalled: Path) -> None:
        self.python = python
        self._preinstalled = preinstalled
        self._socket: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._buffer = b""
        self._on_exit: dict[str, Callable[[int], None]] = {}
        self._launched: dict[str, asyncio.Future[int]] = {}
        self._ready: asyncio.Future[None] | None = None

    async def start(self) -> None:
        """Start it, or wait until it is up. Raises LauncherFailed."""
        if self._ready is None:
            self._ready = asyncio.get_running_loop().create_future()
            self._spawn()
        await asyncio.shield(self._ready)

    def _spawn(self) -> None:
        ours, theirs = socket.socketpair()
        self._socket = ours
        command = [self.python, "-I", "-S", "-X", "utf8", "-c", _START]
        with theirs:
            self._process = subprocess.Popen(
                [*command, _HOME, str(theirs.fileno()), str(self._preinstalled)],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                # an interpreter of the PATH may turn out to be a shim that only complains
                stderr=None if self.python == sys.executable else subprocess.DEVNULL,
                start_new_session=True,
                env={"PATH": os.environ.get("PATH", os.defpath), **FORK_SAFETY},
            )
        asyncio.get_running_loop().add_reader(ours.fileno(), self._read)

    async def launch(
        self, identity: str, request: dict[str, Any], descriptors: list[int], on_exit: Callable[[int], None]
    ) -> int:
        """Start a child with these descriptors (log, then Runtime API); gives its process id.

        ``on_exit`` is called once with its exit code, or minus the signal that ended it.
        """
        launched: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._launched[identity] = launched
        self._on_exit[identity] = on_exit
        self._send({"launch": identity, **request}, descriptors)
        return await launched

    def has(self, identity: str) -> bool:
        """Whether that child was started and has not ended."""
        return identity in self._on_exit

    def kill(self, identity: str) -> bool:
        """Kill a child; False where there is none of that name."""
        if identity not in self._on_exit:
            return False
        self._send({"kill": identity}, [])
        return True

    def _send(self, request: dict[str, Any], descriptors: list[int]) -> None:
        if self._socket is None:
            raise LauncherFailed(self.python)
        data = json.dumps(request).encode()
        socket.send_fds(self._socket, [_LENGTH.pack(len(data))], descriptors)
        self._socket.sendall(data)

    def _read(self) -> None:
        assert self._socket is not None
        try:
            chunk = self._socket.recv(1 << 16, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        except ConnectionResetError:
            chunk = b""
        if not chunk:
            self._gone()
            return
        self._buffer += chunk
        while len(self._buffer) >= _LENGTH.size:
            end = _LENGTH.size + _LENGTH.unpack_from(self._buffer)[0]
            if len(self._buffer) < end:
                break
            message = json.loads(self._buffer[_LENGTH.size : end])
            self._buffer = self._buffer[end:]
            self._handle(message)

    def _handle(self, message: dict[str, Any]) -> None:
        match message:
            case {"launched": identity, "pid": pid}:
                launched = self._launched.pop(identity)
                if not launched.done():  # nobody waits for it where the runtime closes
                    launched.set_result(pid)
            case {"exited": identity, "status": status}:
                self._on_exit.pop(identity)(status)
            case {"ready": _} if self._ready is not None:
                self._ready.set_result(None)

    def _gone(self) -> None:
        """It has ended, and its children with it; the next start begins anew."""
        self._close_socket()
        if self._process is not None:
            self._process.wait()  # it has closed its socket: it is ending
            self._process = None
        ready, self._ready = self._ready, None
        failure = LauncherFailed(self.python)
        for future in [ready, *self._launched.values()]:
            if future is not None and not future.done():
                future.set_exception(failure)
                future.exception()  # nobody may be waiting
        callbacks = list(self._on_exit.values())
        self._launched.clear()
        self._on_exit.clear()
        for callback in callbacks:
            callback(-9)

    def _close_socket(self) -> None:
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket.fileno())
            self._socket.close()
            self._socket = None
        self._buffer = b""

    async def close(self) -> None:
        """End it and every child; returns once they are gone."""
        self._close_socket()
        if self._process is not None:
            await asyncio.to_thread(_end, self._process)
            self._process = None


def _end(process: subprocess.Popen[bytes]) -> None:
    """Wait for the end that a closed socket means; one that does not come is brought about."""
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
