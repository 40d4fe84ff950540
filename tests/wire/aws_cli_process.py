"""The AWS CLI, command after command in one process: each has a driver of its own; modules and models stay loaded.

Reads commands from standard input as lines of JSON ``{"arguments", "folder", "environment"}`` and answers each with
``{"code", "out", "err"}``, what the command wrote to its file descriptors.
"""

from __future__ import annotations

import functools
import json
import os
import sys
import tempfile
import time
from typing import BinaryIO

from awscli import clidriver
from awscli.customizations.cloudformation import deployer


class Seconds:
    """``cloudformation deploy`` names change sets by the second: here each look at the clock is in another one."""

    def __init__(self) -> None:
        self._last = 0

    def time(self) -> int:
        self._last = max(int(time.time()), self._last + 1)
        return self._last


def main() -> None:
    deployer.time = Seconds()
    # half of a command's time is reading models
    session = clidriver.botocore.session
    session.create_loader = functools.lru_cache(session.create_loader)
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    for line in sys.stdin:
        command = json.loads(line)
        os.chdir(command["folder"])
        os.environ.update(command["environment"])
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            os.dup2(out.fileno(), 1)
            os.dup2(err.fileno(), 2)
            code = run(command["arguments"])
            sys.stdout.flush()
            sys.stderr.flush()
            answers.write(json.dumps({"code": code, "out": written(out), "err": written(err)}) + "\n")


def run(arguments: list[str]) -> int:
    try:
        return int(clidriver.create_clidriver().main(arguments))
    except SystemExit as ended:  # argparse, where arguments are wrong
        return int(ended.code or 0)


def written(file: BinaryIO) -> str:
    file.seek(0)
    return file.read().decode()


if __name__ == "__main__":
    main()
