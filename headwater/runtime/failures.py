"""What callers get when a function did not answer for itself: it crashed, hung or never started.

https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html
"""

from __future__ import annotations

import signal
from typing import NamedTuple

import orjson


class Failure(NamedTuple):
    """``type`` and ``reason`` as AWS words them; ``status`` is the REPORT line's."""

    type: str
    reason: str
    status: str = "error"

    def payload(self, request_id: str) -> bytes:
        message = f"RequestId: {request_id} Error: {self.reason}"
        return orjson.dumps({"errorType": self.type, "errorMessage": message})


def explained(payload: bytes, why: str) -> bytes:
    """An error that a function told of itself, with what we know of its reason."""
    told = orjson.loads(payload)
    return orjson.dumps({**told, "errorMessage": f"{told['errorMessage']} (Headwater: {why}.)"})


def exited(status: int) -> Failure:
    """A process that ended of itself; ``status`` is its exit code, or minus the signal."""
    if status < 0:
        name = (signal.strsignal(-status) or f"signal {-status}").lower()
        return Failure("Runtime.ExitError", f"Runtime exited with error: signal: {name}")
    if status == 0:
        return Failure("Runtime.ExitError", "Runtime exited without providing a reason")
    return Failure("Runtime.ExitError", f"Runtime exited with error: exit status {status}")


def out_of_memory() -> Failure:
    return Failure("Runtime.OutOfMemory", "Runtime exited with error: signal: killed")


def timed_out(seconds: float) -> Failure:
    return Failure("Sandbox.Timedout", f"Task timed out after {seconds:.2f} seconds", "timeout")


def invalid_entrypoint(reason: str) -> Failure:
    return Failure("Runtime.InvalidEntrypoint", reason)


def too_large(size: int, limit: int) -> Failure:
    reason = f"Response payload size ({size} bytes) exceeded maximum allowed payload size ({limit} bytes)."
    return Failure("Function.ResponseSizeTooLarge", reason)
