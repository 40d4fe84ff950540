"""`headwater run aws …`: the program itself, as a person starts it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def run(endpoint: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A person's environment without anything of AWS, but with the test's AWS CLI."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    environment["AWS_PAGER"] = ""
    command = [sys.executable, "-m", "headwater", "run", "--endpoint", endpoint, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=500)


def test_sqs_comes_to_us(endpoint: str) -> None:
    made = run(endpoint, "aws", "sqs", "create-queue", "--queue-name", "from-run", "--output", "text")
    assert (made.stdout.strip(), made.returncode) == (f"{endpoint}/000000000000/from-run", 0), made.stderr


def test_errors_and_exit_codes_are_the_programs(endpoint: str) -> None:
    failed = run(endpoint, "aws", "ssm", "get-parameter", "--name", "none")
    assert failed.returncode == 255
    assert "An error occurred (ParameterNotFound) when calling the GetParameter operation" in failed.stderr


def test_other_programs_have_the_environment(endpoint: str) -> None:
    told = run(endpoint, "sh", "-c", "echo $AWS_ENDPOINT_URL $AWS_REGION")
    assert told.stdout.split() == [endpoint, "us-east-1"]


def test_a_program_that_is_not_there(endpoint: str) -> None:
    failed = run(endpoint, "no-such-program")
    assert (failed.returncode, failed.stderr) == (1, "Error: no-such-program: No such file or directory\n")
