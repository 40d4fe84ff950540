"""A server of one's own, to be measured."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.request

import psutil

PORT = 4695


def launch(folder: str) -> psutil.Popen:
    """Start one on a data folder, and wait until it answers."""
    command = [sys.executable, "-m", "headwater", "start", "--port", str(PORT), "--mqtt-port", "0", "--data", folder]
    process = psutil.Popen(command, stderr=subprocess.DEVNULL)
    await_answer()
    return process


def await_answer() -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{PORT}/_headwater/health", timeout=5).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.005)
