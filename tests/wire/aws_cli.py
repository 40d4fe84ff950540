"""The AWS CLI as tests use it: commands as the user guides print them, their JSON as values."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

A_WHILE_AGO = time.time() - 60  # `s3 sync` takes a file of this very second for newer than its copy
PROCESS = [sys.executable, "-m", "tests.wire.aws_cli_process"]


class CliProcess:
    """One process of the CLI, for many commands."""

    def __init__(self) -> None:
        root = Path(__file__).parents[2]
        self._process = subprocess.Popen(PROCESS, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, arguments: list[str], folder: Path, environment: dict[str, str]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        command = {"arguments": arguments, "folder": str(folder), "environment": environment}
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def close(self) -> None:
        self._process.communicate(timeout=500)


class Cli:
    """``cli("sqs create-queue --queue-name a")`` gives the JSON that the command printed, or its text."""

    def __init__(self, process: CliProcess, endpoint: str, account: str, folder: Path) -> None:
        self._process = process
        self.endpoint = endpoint
        self.account = account
        self.folder = folder

    def __call__(self, command: str, *more: str, region: str = "us-east-1") -> Any:
        """``more``: arguments that no shell is to split. AssertionError with what it wrote where it fails."""
        answer = self._run(command, more, region)
        assert answer["code"] == 0, f"aws {command}\n{answer['out']}{answer['err']}"
        out = answer["out"].strip()
        return json.loads(out) if out[:1] in ("{", "[", '"') else out

    def fails(self, command: str, *more: str, code: int = 255, region: str = "us-east-1") -> str:
        """What a command that fails tells people, on one line."""
        answer = self._run(command, more, region)
        assert answer["code"] == code, f"aws {command}: {answer}"
        return " ".join((answer["err"] + answer["out"]).split())

    def write(self, name: str, content: str | bytes | dict[str, Any]) -> str:
        """A file beside the commands; gives its name."""
        text = json.dumps(content) if isinstance(content, dict) else content
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        os.utime(path, (A_WHILE_AGO, A_WHILE_AGO))
        return name

    def _run(self, command: str, more: tuple[str, ...], region: str) -> dict[str, Any]:
        # version 1 sends sqs to AWS unless the endpoint is an argument: https://github.com/aws/aws-cli/issues/8737
        arguments = ["--endpoint-url", self.endpoint] if command.startswith("sqs ") else []
        environment = {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.account,
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_DEFAULT_REGION": region,
            "AWS_REGION": region,
            "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",  # as `headwater run` has it
            "AWS_PAGER": "",
            "AWS_CONFIG_FILE": str(self.folder / "no-config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(self.folder / "no-credentials"),
        }
        return self._process.run([*arguments, *shlex.split(command), *more], self.folder, environment)
