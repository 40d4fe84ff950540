"""Fixtures: one ephemeral server a session, an account of its own for each test."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from hypothesis import HealthCheck, settings

from headwater.spine.clock import Clock
from tests.server import ServerThread

Client = Callable[..., Any]
# A busy machine is no reason to fail, and what has passed once passes again: the examples are the same ones each time.
# `pytest --hypothesis-profile=exploring` draws others.
_UNHURRIED = (HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large)
settings.register_profile(
    "headwater",
    deadline=None,
    derandomize=True,
    suppress_health_check=[*_UNHURRIED, HealthCheck.function_scoped_fixture],
)
settings.register_profile("exploring", settings.get_profile("headwater"), derandomize=False)
settings.load_profile("headwater")
_accounts = itertools.count(100_000_000_000 + os.getpid() * 10_000)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fuzz-rounds", type=int, default=1, help="how often tests/fuzz asks everything")
    parser.addoption("--fuzz-seed", type=int, default=1)


@pytest.fixture(scope="session")
def server() -> Iterator[ServerThread]:
    """One server for the whole session; tests keep apart by their accounts."""
    with ServerThread() as running:
        yield running


@pytest.fixture(scope="session")
def endpoint(server: ServerThread) -> str:
    return server.endpoint


@pytest.fixture
def account() -> str:
    """An account that no other test uses."""
    return str(next(_accounts))


@pytest.fixture
def aws(endpoint: str, account: str) -> Client:
    """``aws("sqs")``: a boto3 client of the test's own account; keywords go to its Config."""
    return client_factory(endpoint, account)


@pytest.fixture(scope="session")
def strict() -> Iterator[str]:
    """The address of a server that enforces policies."""
    with ServerThread(enforce_policies=True) as running:
        yield running.endpoint


@pytest.fixture(scope="session")
def verifying() -> Iterator[str]:
    """The address of a server that verifies signatures."""
    with ServerThread(verify_signatures=True) as running:
        yield running.endpoint


@pytest.fixture
def strictly(strict: str, account: str) -> Client:
    """As ``aws``, where policies are enforced."""
    return client_factory(strict, account)


def client_factory(
    endpoint: str, account: str, region: str = "us-east-1", token: str | None = None, secret: str = "secret"
) -> Client:
    made: dict[str, Any] = {}

    def client(service: str, **config: Any) -> Any:
        if service not in made or config:
            settings = {"retries": {"max_attempts": 1, "mode": "standard"}, "read_timeout": 60} | config
            made[service] = boto3.client(
                service,
                endpoint_url=endpoint,
                region_name=region,
                aws_access_key_id=account,
                aws_secret_access_key=secret,
                aws_session_token=token,
                config=Config(**settings),
            )
        return made[service]

    return client


@pytest.fixture
def timed() -> Iterator[ServerThread]:
    """A server of the test's own whose clock stands still until ``timed.advance`` moves it."""
    clock = Clock(1_795_000_000_000)
    with ServerThread(clock=clock) as running:
        yield running
