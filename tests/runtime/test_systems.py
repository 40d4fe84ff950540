"""What differs between systems: macOS, as far as it can be imitated elsewhere."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from runtime_lab import Lab

from headwater.runtime import processes
from headwater.spine.store import syncing
from headwater.spine.store.sqlite import SqliteStore

# macOS's urllib asks the system for proxies by this module, which ends a process that was forked after it was used
FORKED_ON_MACOS = """
import asyncio, ctypes, selectors, socket, subprocess, sys, types
def used(): raise SystemExit("the system was asked for proxies")
sys.modules["_scproxy"] = types.SimpleNamespace(_get_proxy_settings=used, _get_proxies=used)
sys.platform = "darwin"
from headwater.runtime.guest import launcher, systems
systems.prepare_to_fork()
for _ in launcher.preload(sys.argv[1]):
    pass
import urllib.request
import boto3
assert urllib.request.getproxies() == {}
assert not urllib.request.proxy_bypass("example.com")
boto3.client("sqs", "us-east-1", endpoint_url="http://127.0.0.1:9")
system = systems.System()
system.die_with_parent()
system.limit(128 << 20)
print("prepared")
"""


def test_a_launcher_on_macos_uses_nothing_that_a_fork_must_not_use(tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "s"}
    command = [sys.executable, "-c", FORKED_ON_MACOS, str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert (ended.stdout, ended.stderr) == ("prepared\n", "")


def test_a_function_has_as_many_files_as_on_lambda(lab: Lab) -> None:
    source = "import resource\ndef handler(event, context): return resource.getrlimit(resource.RLIMIT_NOFILE)"
    assert lab.answer(lab.function(source)) == [1024, 1024]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="compares with /proc")
def test_psutil_tells_of_a_process_what_proc_does() -> None:
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"up\n")
        process.stdin.flush()
        process.stdout.readline()
        found, asked = processes._look_into_proc(process.pid), processes._ask_psutil(process.pid)
    assert found.memory > 0
    assert abs(asked.memory - found.memory) <= 1
    assert asked.threads == found.threads == 1
    nobody = processes.Process(0, 0, 0)
    assert processes._look_into_proc(process.pid) == processes._ask_psutil(process.pid) == nobody


@pytest.mark.parametrize(("durability", "each_commit"), [("process", 0), ("power", 1)])
def test_what_sqlite_syncs_goes_through_the_drive(tmp_path: Path, durability: str, each_commit: int) -> None:
    store = SqliteStore(tmp_path / "headwater.db", durability)
    assert store.one("PRAGMA checkpoint_fullfsync") == (1,)
    assert store.one("PRAGMA fullfsync") == (each_commit,)
    store.close()


def test_a_drive_that_cannot_be_asked_is_synced_as_any_other(tmp_path: Path) -> None:
    code = """
import errno, fcntl, os, sys
def refused(descriptor, command): raise OSError(errno.ENOTSUP, "not supported")
fcntl.F_FULLFSYNC, fcntl.fcntl = 51, refused
from headwater.spine.store.syncing import sync
synced = []
os.fsync = synced.append
sync(7)
fcntl_calls = []
import headwater.spine.store.syncing as room
room.fcntl = lambda *given: fcntl_calls.append(given)
sync(8)
print(synced, fcntl_calls)
"""
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told == "[7] [(8, 51)]\n"
    with (tmp_path / "file").open("wb") as file:
        syncing.sync(file.fileno())
