"""A Headwater for a test session, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from headwater.client import Headwater

_LOG_SHOWN = 2000
_SECONDS_TO_STOP = 10


class CloudDied(Exception):
    """It did not come up; the text has the end of its log."""


class RunningCloud:
    """Starts on entering, stops on leaving, keeps nothing; it ends with this process, even if that is killed.
    ``log`` is the file that it writes to."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "headwater.log"
        self.endpoint = ""

    def __enter__(self) -> RunningCloud:
        options = ["--json", "--until-eof", "--ephemeral", "--port", "0", "--mqtt-port", "0"]
        command = [sys.executable, "-m", "headwater", "start", *options]
        with self.log.open("wb") as log:
            # nothing is written to its input: it is there to be closed
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._stop()
            raise CloudDied(f"Headwater did not start:\n{self.log.read_text()[-_LOG_SHOWN:]}")
        self.endpoint = json.loads(line)["endpoint"]
        self.headwater = Headwater(self.endpoint)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def _stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(_SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()

    @property
    def environment(self) -> dict[str, str]:
        """What any AWS SDK or tool needs to find it."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
