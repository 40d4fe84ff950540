"""A runtime, and a way to run a function from its source."""

from __future__ import annotations

import itertools
import json
import sys
from pathlib import Path
from typing import Any

import uvloop

from headwater.runtime.runtime import Runtime
from headwater.spine.clock import Clock
from headwater.spine.functions import FunctionVersion, Invocation, InvocationResult, LogEvents

OWN = f"python{sys.version_info[0]}.{sys.version_info[1]}"


class Lab:
    """A runtime on an event loop of its own, with whatever its functions logged."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.loop = uvloop.new_event_loop()
        self.runtime = Runtime(folder / "runtime", Clock())
        self.runtime.listen(self._log)
        self.lines: list[str] = []
        self._numbers = itertools.count(1)

    def _log(self, function: FunctionVersion, stream: str, events: LogEvents) -> None:
        self.lines += [line for _, line in events]

    def function(self, source: str, handler: str = "app.handler", runtime: str = OWN, **more: Any) -> FunctionVersion:
        """A function of one file: ``app.py``, ``app.mjs`` or an executable ``bootstrap``."""
        number = next(self._numbers)
        code = self.folder / f"code{number}"
        code.mkdir()
        name = {"p": "app.py", "n": "app.mjs"}[runtime[0]] if runtime[:4] != "prov" else "bootstrap"
        (code / more.pop("file", name)).write_text(source)
        (code / name).touch(mode=0o755)
        (code / name).chmod(0o755)
        arn = f"arn:aws:lambda:eu-west-1:123456789012:function:f{number}:$LATEST"
        return FunctionVersion(
            arn, "1", code, runtime, handler, "http://127.0.0.1:9", log_group=f"/aws/lambda/f{number}", **more
        )

    def run(self, work: Any) -> Any:
        return self.loop.run_until_complete(work)

    def invoke(self, function: FunctionVersion, event: object = None, **more: Any) -> InvocationResult:
        return self.run(self.invocation(function, event, **more))

    async def invocation(
        self, function: FunctionVersion, event: object = None, request_id: str = "r-1", **more: Any
    ) -> InvocationResult:
        call = Invocation(request_id, json.dumps(event).encode(), function.arn, **more)
        return await self.runtime.invoke(function, call)

    def answer(self, function: FunctionVersion, event: object = None, **more: Any) -> Any:
        """What the function answered, which must not be an error."""
        result = self.invoke(function, event, **more)
        assert result.error_type is None, result
        return json.loads(result.payload)

    def error(self, function: FunctionVersion, event: object = None) -> dict[str, Any]:
        result = self.invoke(function, event)
        error: dict[str, Any] = json.loads(result.payload)
        assert result.error_type == error["errorType"]
        return error
