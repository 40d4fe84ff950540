"""Fixtures for clients that are not boto3."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.wire.aws_cli import Cli, CliProcess


@pytest.fixture(scope="session")
def cli_process() -> Iterator[CliProcess]:
    process = CliProcess()
    yield process
    process.close()


@pytest.fixture
def cli(cli_process: CliProcess, endpoint: str, account: str, tmp_path: Path) -> Cli:
    """``cli("sqs list-queues")``: the AWS CLI with the test's own account and folder."""
    return Cli(cli_process, endpoint, account, tmp_path)
