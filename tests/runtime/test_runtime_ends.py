"""How functions and their processes end: crashes, timeouts, updates, a server that is killed."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import psutil
import pytest

from headwater.runtime.launchers import Launcher
from headwater.spine.functions import InvocationResult

if TYPE_CHECKING:
    from runtime_lab import Lab

PID = "import os\ndef handler(event, context):\n    return os.getpid()\n"


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("os._exit(3)", "Runtime exited with error: exit status 3"),
        ("sys.exit(2)", "Runtime exited with error: exit status 2"),
        ("sys.exit()", "Runtime exited without providing a reason"),
        ("os.kill(os.getpid(), 9)", "Runtime exited with error: signal: killed"),
        ("os.kill(os.getpid(), 11)", "Runtime exited with error: signal: segmentation fault"),
    ],
)
def test_a_process_that_ends_itself(lab: Lab, statement: str, reason: str) -> None:
    f = lab.function(f"import os, sys\ndef handler(event, context):\n    if event: {statement}\n    return 'up'\n")
    result = lab.invoke(f, True)
    assert result.error_type == "Runtime.ExitError"
    assert result.payload.decode() == (
        f'{{"errorType":"Runtime.ExitError","errorMessage":"RequestId: r-1 Error: {reason}"}}'
    )
    assert b"\tStatus: error\tError Type: Runtime.ExitError" in result.log_tail
    assert lab.answer(f, False) == "up"


def test_a_process_that_ends_during_init(lab: Lab) -> None:
    error = lab.error(lab.function("import sys\nsys.exit(4)\n"))
    assert error["errorMessage"] == "RequestId: r-1 Error: Runtime exited with error: exit status 4"


def test_the_timeout_kills_with_all_children(lab: Lab) -> None:
    source = """
import os, subprocess, time
def handler(event, context):
    child = subprocess.Popen(["sleep", "60"])
    print(child.pid, os.getpid(), flush=True)
    time.sleep(60)
"""
    lab.lines.clear()
    result = lab.invoke(lab.function(source, timeout=1))
    assert result.error_type == "Sandbox.Timedout"
    assert result.payload == (
        b'{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: r-1 Error: Task timed out after 1.00 seconds"}'
    )
    assert 1000 <= result.duration < 60_000  # the handler's own time
    assert result.log_tail.endswith(b"Status: timeout\n")
    pids = [int(pid) for line in lab.lines if line[0].isdigit() for pid in line.split() if pid.isdigit()]
    assert len(pids) == 2
    lab.run(gone(pids))


async def gone(pids: list[int]) -> None:
    """Returns once none of these processes lives, of which the system tells."""
    async with asyncio.timeout(60):
        for pid in pids:
            await ended(pid)


async def ended(pid: int) -> None:
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    told = asyncio.Event()
    asyncio.get_running_loop().add_reader(process, told.set)
    try:
        await told.wait()
    finally:
        asyncio.get_running_loop().remove_reader(process)
        os.close(process)


def test_memory_is_limited(lab: Lab) -> None:
    source = "def handler(event, context):\n    return len([bytearray(1 << 20) for _ in range(event)])\n"
    f = lab.function(source + "def hog(event, context):\n    x = []\n    while True: x.append(bytearray(1 << 20))\n")
    assert lab.answer(f, 20) == 20
    result = lab.invoke(replace(f, handler="app.hog", revision="2", timeout=20))
    # either the watch sees it, or the process runs into its limit first
    assert result.error_type in ("Runtime.OutOfMemory", "MemoryError")


def test_many_at_once_each_get_their_own_answer(lab: Lab, together: Callable[..., list[InvocationResult]]) -> None:
    f = lab.function("import time\ndef handler(event, context):\n    time.sleep(0.01)\n    return event\n")
    assert [result.payload for result in together(f, 60)] == [str(n).encode() for n in range(60)]


def test_short_events_are_served_by_few_processes(lab: Lab, together: Callable[..., list[InvocationResult]]) -> None:
    f = lab.function(PID)
    assert len({result.payload for result in together(f, 200)}) <= 16


def test_a_new_revision_replaces_the_environments(lab: Lab) -> None:
    f = lab.function(PID)
    old = lab.answer(f)
    assert lab.answer(f) == old
    new = lab.answer(replace(f, revision="2", environment={"A": "1"}))
    assert new != old
    lab.run(gone([old]))


def test_a_retired_version_lets_go(lab: Lab) -> None:
    f = lab.function(PID)
    pid = lab.answer(f)
    lab.runtime.retire(f.arn)
    lab.run(gone([pid]))


def test_temporary_files_go_with_the_environment(lab: Lab) -> None:
    f = lab.function(
        "import os, tempfile\ndef handler(event, context):\n    return [tempfile.mkstemp()[1], os.getpid()]\n"
    )
    path, pid = lab.answer(f)
    assert Path(path).exists() and Path(path).is_relative_to(lab.folder)
    (environment,) = lab.runtime._pools[f.arn].environments
    lab.runtime.retire(f.arn)
    lab.run(environment.end())  # that of its process
    lab.run(gone([pid]))
    assert not Path(path).parent.exists()


SERVER = """
import asyncio, sys, time
from pathlib import Path
from headwater.runtime.runtime import Runtime
from headwater.spine.clock import Clock
from headwater.spine.functions import FunctionVersion, Invocation

async def main():
    runtime = Runtime(Path(sys.argv[1]) / "runtime", Clock(0))
    arn = "arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST"
    f = FunctionVersion(arn, "1", Path(sys.argv[1]), "python3.11", "app.handler", "http://127.0.0.1:9")
    result = await runtime.invoke(f, Invocation("r", b"1", arn))
    print(result.payload.decode(), flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


def test_no_process_outlives_a_server_that_is_killed(tmp_path: Path) -> None:
    source = """
import os, subprocess
def handler(event, context):
    return [os.getpid(), os.getppid(), subprocess.Popen(["sleep", "60"]).pid]
"""
    (tmp_path / "app.py").write_text(source)
    with subprocess.Popen([sys.executable, "-c", SERVER, str(tmp_path)], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        pids = [int(pid) for pid in server.stdout.readline().strip("[]\n").split(",")]
        assert all(psutil.pid_exists(pid) for pid in pids)
        os.kill(server.pid, signal.SIGKILL)
    asyncio.run(gone(pids))


def test_closing_takes_every_process_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from runtime_lab import Lab

    monkeypatch.setattr("headwater.runtime.launchers._PATIENCE", 60)  # seconds until a launcher is killed
    lab = Lab(tmp_path)
    pids = [lab.answer(lab.function(PID)) for _ in range(2)]
    (launcher,) = (each._process for each in lab.runtime._launchers.values())
    lab.run(lab.runtime.close())
    lab.run(gone(pids))
    assert launcher is not None
    assert launcher.returncode == 0  # it has ended by itself
    lab.run(lab.loop.shutdown_default_executor())
    lab.loop.close()


def test_closing_while_a_process_starts_closes_each_descriptor_once(tmp_path: Path) -> None:
    """The number of one that is closed is soon that of another server's."""
    from runtime_lab import Lab

    lab, launch, problems = Lab(tmp_path), Launcher.launch, list[object]()
    lab.loop.set_exception_handler(lambda _, context: problems.append(context))

    async def close_meanwhile() -> None:
        begun = asyncio.Event()

        async def told(launcher: Launcher, *arguments: Any) -> int:
            begun.set()
            return await launch(launcher, *arguments)

        with mock.patch.object(Launcher, "launch", told):
            run = asyncio.ensure_future(lab.invocation(lab.function(PID)))
            await begun.wait()
            await lab.runtime.close()
            await asyncio.gather(run, return_exceptions=True)

    lab.run(close_meanwhile())
    assert problems == []
    lab.run(lab.loop.shutdown_default_executor())
    lab.loop.close()
