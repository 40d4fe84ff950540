"""Ports for servers that are killed and come back."""

from __future__ import annotations

import os
import socket

# below those that Linux gives to whoever asks for any: else somebody might have it while its server is down
_FIRST, _END = 15_000, 31_000
_SHARE = 16


def lasting_port() -> int:
    """One that nobody has now; each process of tests begins to look at another place."""
    first = _FIRST + os.getpid() * _SHARE % (_END - _FIRST)
    for port in range(first, _END + _SHARE):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("every port is taken")
