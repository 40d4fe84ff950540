"""The log of one environment: what its process writes, between the platform's own lines.

https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

import orjson

from headwater.spine.functions import FunctionVersion, LogEvents

TAIL = 4096  # bytes of log that Invoke gives back
_CHUNK = 1 << 16
_MOST_CHUNKS = 16  # taken at once
_LONGEST_LINE = 1 << 18  # as CloudWatch Logs has it: 256 KB
_GOES_ON = b"\0"  # before a newline: the record goes on (see guest/logs.py)


class LogPipe:
    """Turns what comes out of a pipe into log events, in the order of writing.

    The reader drains the pipe when an invocation ends, so that whatever the function wrote before
    it answered stands before the END line.
    """

    def __init__(self, descriptor: int, now: Callable[[], int], emit: Callable[[LogEvents], None]) -> None:
        os.set_blocking(descriptor, False)
        self._descriptor = descriptor
        self._now = now
        self._emit = emit
        self._partial = b""  # of a line
        self._record = b""  # lines of a record that goes on
        self._events: LogEvents = []
        self._tail: list[str] = []
        self._tail_size = 0

    def begin(self, line: str) -> None:
        """A new invocation: its tail starts with this line."""
        self._tail.clear()
        self._tail_size = 0
        self.add(line)

    def add(self, line: str) -> None:
        self._events.append((self._now(), line))
        self._tail.append(line)
        self._tail_size += len(line)
        if self._tail_size > 4 * TAIL:
            self._tail = [self.tail()[:-1].decode("utf-8", "replace")]
            self._tail_size = TAIL

    def read(self) -> bool:
        """Take what is in the pipe; False once every writer has closed it. A process that writes faster
        than we read does not hold us for ever."""
        for _ in range(_MOST_CHUNKS):
            try:
                chunk = os.read(self._descriptor, _CHUNK)
            except BlockingIOError:
                return True
            if not chunk:
                return False
            self._feed(chunk)
            if len(chunk) < _CHUNK:
                break  # there is no more: another read would only say so
        return True

    def _feed(self, chunk: bytes) -> None:
        *lines, self._partial = (self._partial + chunk).split(b"\n")
        for line in lines:
            if line.endswith(_GOES_ON):
                self._record += line[:-1] + b"\n"
            else:
                self.add((self._record + line).decode("utf-8", "replace"))
                self._record = b""
        if len(self._record) + len(self._partial) > _LONGEST_LINE:
            self.end_line()

    def end_line(self) -> None:
        """What was written without a newline is a line once the invocation ends."""
        if self._record or self._partial:
            self.add((self._record + self._partial).decode("utf-8", "replace"))
            self._record = self._partial = b""

    def flush(self) -> None:
        """Hand over what has been gathered."""
        if self._events:
            events, self._events = self._events, []
            self._emit(events)

    def tail(self) -> bytes:
        return ("\n".join(self._tail) + "\n").encode()[-TAIL:]

    def close(self) -> None:
        os.close(self._descriptor)


class Report(NamedTuple):
    """What a REPORT line tells: milliseconds and MB."""

    request_id: str
    duration: float
    billed: int
    memory: int
    init: float | None


class PlatformLines:
    """INIT_START, START, END and REPORT of a function, and our own warnings, as text or as JSON.

    https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
    """

    def __init__(self, function: FunctionVersion) -> None:
        self._version = function.version
        self._runtime = function.runtime
        self._memory = function.memory
        self._json = function.log_format == "JSON"

    def init(self, now: int) -> str:
        if self._json:
            record = {"initializationType": "on-demand", "phase": "init", "runtimeVersion": self._runtime}
            return _platform("platform.initStart", now, record)
        return f"INIT_START Runtime Version: {self._runtime}"

    def warning(self, text: str, now: int) -> str:
        if self._json:
            return orjson.dumps({"timestamp": iso(now), "level": "WARN", "message": text}).decode()
        return f"[WARN] {text}"

    def start(self, request_id: str, now: int) -> str:
        if self._json:
            return _platform("platform.start", now, {"requestId": request_id, "version": self._version})
        return f"START RequestId: {request_id} Version: {self._version}"

    def end(self, report: Report, now: int, status: str, error_type: str | None) -> tuple[str, ...]:
        """``status`` is empty for an invocation that the function itself ended."""
        if self._json:
            return (self._end_json(report, now, status, error_type),)
        text = (
            f"REPORT RequestId: {report.request_id}\tDuration: {report.duration:.2f} ms\t"
            f"Billed Duration: {report.billed} ms\tMemory Size: {self._memory} MB\t"
            f"Max Memory Used: {report.memory} MB\t"
        )
        if report.init is not None:
            text += f"Init Duration: {report.init:.2f} ms\t"
        if status:
            text += f"Status: {status}"
            if error_type:
                text += f"\tError Type: {error_type}"
        return f"END RequestId: {report.request_id}", text

    def _end_json(self, report: Report, now: int, status: str, error_type: str | None) -> str:
        metrics: dict[str, float] = {
            "durationMs": round(report.duration, 3),
            "billedDurationMs": report.billed,
            "memorySizeMB": self._memory,
            "maxMemoryUsedMB": report.memory,
        }
        if report.init is not None:
            metrics["initDurationMs"] = round(report.init, 3)
        record: dict[str, object] = {"requestId": report.request_id, "metrics": metrics, "status": status or "success"}
        if error_type:
            record["errorType"] = error_type
        return _platform("platform.report", now, record)


def iso(milliseconds: int) -> str:
    """``2026-11-23T16:34:02.123Z``"""
    whole = datetime.fromtimestamp(milliseconds // 1000, UTC)
    return f"{whole.isoformat()[:19]}.{milliseconds % 1000:03d}Z"


def _platform(kind: str, now: int, record: Mapping[str, object]) -> str:
    return orjson.dumps({"time": iso(now), "type": kind, "record": record}).decode()
