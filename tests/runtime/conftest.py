"""One runtime for the tests of a module."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import pytest
from runtime_lab import Lab

from headwater.spine.functions import FunctionVersion, InvocationResult

LEFT_OPEN: list[Lab] = []


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lab = Lab(tmp_path_factory.mktemp("lab"))
    yield lab
    lab.run(lab.runtime.close())
    lab.run(lab.loop.shutdown_default_executor())
    # The loop is left open: uvloop's close was once seen to wait for ever, in C, for a handle of a process
    # that had ended, where no time limit of pytest's reaches it.
    LEFT_OPEN.append(lab)


@pytest.fixture
def together(lab: Lab) -> Callable[..., list[InvocationResult]]:
    """Invoke a function several times at once, with 0, 1, 2… as events."""

    def run(function: FunctionVersion, times: int) -> list[InvocationResult]:
        async def gather() -> list[InvocationResult]:
            return await asyncio.gather(*(lab.invocation(function, n, f"r-{n}") for n in range(times)))

        return lab.run(gather())  # type: ignore[no-any-return]

    return run
