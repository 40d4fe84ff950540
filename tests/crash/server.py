"""A server in a process of its own, to be killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

from tests.ports import lasting_port
from tests.settling import settle


class Server:
    """`headwater start` on a data folder, always at the same port."""

    def __init__(self, data: Path) -> None:
        self.port = lasting_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self.data = data
        self.up = threading.Event()
        self.start()

    def start(self) -> None:
        """Returns once it says that it is ready."""
        headwater = Path(sys.executable).with_name("headwater")
        options = ("--json", "--port", str(self.port), "--mqtt-port", "0", "--data", str(self.data))
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        self.process = subprocess.Popen([str(headwater), "start", *options], env=environment, stdout=subprocess.PIPE)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "it does not come up"
        assert json.loads(line)["endpoint"] == self.endpoint
        self.up.set()

    def kill(self) -> None:
        """No goodbye: SIGKILL, as a power cut would. Returns once nothing answers any more."""
        self.up.clear()
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def settle(self, seconds: float = 60) -> None:
        """Until nothing is in flight that could still cause something now."""
        settle(self.endpoint, seconds)


class Progress:
    """How much was acknowledged to clients, by which the moment of a kill is chosen."""

    def __init__(self) -> None:
        self._moved = threading.Condition()
        self._count = 0

    def add(self) -> None:
        with self._moved:
            self._count += 1
            self._moved.notify_all()

    def wait_for(self, count: int, seconds: float = 300) -> None:
        """Returns once so much was acknowledged."""
        with self._moved:
            assert self._moved.wait_for(lambda: self._count >= count, seconds), f"only {self._count} of {count}"
