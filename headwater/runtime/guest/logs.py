"""Logging as AWS's Python runtime sets it up.

A record of several lines stays one log event: a NUL before a newline tells the server that the
event goes on. https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
import traceback
from typing import Any

_LEVELS = {"TRACE": logging.DEBUG, "WARN": logging.WARNING, "FATAL": logging.CRITICAL}
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "aws_request_id", "tenant_id"}


class LogHandler(logging.Handler):
    """Writes records to standard output; ``request_id`` is set for each invocation."""

    request_id = ""

    def emit(self, record: logging.LogRecord) -> None:
        record.aws_request_id = self.request_id
        try:
            write_record(self.format(record))
        except Exception:  # noqa: BLE001 - the contract of logging.Handler.emit
            self.handleError(record)


class TextFormatter(logging.Formatter):
    """``[LEVEL]  time  request id  message``, parted by tabs."""

    converter = staticmethod(time.gmtime)

    def __init__(self) -> None:
        super().__init__(
            "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s", "%Y-%m-%dT%H:%M:%S"
        )


class JsonFormatter(logging.Formatter):
    """One JSON object a record; what was given as ``extra`` is a member of its own."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "timestamp": timestamp(record.created),
            "level": record.levelname,
            "message": record.getMessage(),
            "logger": record.name,
            "requestId": getattr(record, "aws_request_id", ""),
        }
        if record.exc_info and record.exc_info[0]:
            kind, error, trace = record.exc_info
            entry["errorType"] = kind.__name__
            entry["errorMessage"] = str(error)
            entry["stackTrace"] = [line.rstrip("\n") for line in traceback.format_tb(trace)]
            entry["location"] = f"{record.pathname}:{record.funcName}:{record.lineno}"
        entry.update({k: v for k, v in vars(record).items() if k not in _STANDARD})
        return json.dumps({k: v for k, v in entry.items() if v is not None}, default=str, ensure_ascii=False)


def set_up() -> LogHandler:
    """Give the root logger its handler; what it finds there is taken away."""
    handler = LogHandler()
    as_json = os.environ.get("AWS_LAMBDA_LOG_FORMAT") == "JSON"
    handler.setFormatter(JsonFormatter() if as_json else TextFormatter())
    logging.root.handlers[:] = [handler]
    level = os.environ.get("AWS_LAMBDA_LOG_LEVEL", "") if as_json else ""
    if level:
        logging.root.setLevel(_LEVELS.get(level, level))
    return handler


def write_record(text: str) -> None:
    """One log event, of any number of lines."""
    sys.stdout.write(text.rstrip("\n").replace("\n", "\0\n") + "\n")


def timestamp(seconds: float) -> str:
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{whole}.{int(seconds * 1000) % 1000:03d}Z"


def log_warning(text: str) -> None:
    if os.environ.get("AWS_LAMBDA_LOG_FORMAT") == "JSON":
        write_record(json.dumps({"timestamp": timestamp(time.time()), "level": "WARN", "message": text}))
        return
    write_record(f"[WARN] {text}")


def log_fault(fault: dict[str, Any]) -> None:
    """The error that an invocation ends with, as AWS shows it."""
    if os.environ.get("AWS_LAMBDA_LOG_FORMAT") == "JSON":
        write_record(json.dumps({"timestamp": timestamp(time.time()), "log_level": "ERROR", **fault}))
        return
    lines = ["[ERROR] " + ": ".join(filter(None, (fault["errorType"], fault["errorMessage"])))]
    lines.append("Traceback (most recent call last):")
    for line in "".join(fault.get("stackTrace") or ()).splitlines():
        stripped = line.lstrip(" ")
        lines.append("\xa0" * (len(line) - len(stripped)) + stripped)
    write_record("\n".join(lines))
