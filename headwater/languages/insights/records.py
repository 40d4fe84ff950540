"""Records: a log event's own fields, and those that are discovered in its message when one of them is asked for.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData-discoverable-fields.html
"""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

_MOST_FIELDS = 200
_LAMBDA = ":/aws/lambda/"
_LINE = re.compile(r"(START|END|REPORT) RequestId: (\S+)")
_REPORT = {
    "@duration": re.compile(r"\tDuration: ([\d.]+) ms"),
    "@billedDuration": re.compile(r"Billed Duration: ([\d.]+) ms"),
    "@initDuration": re.compile(r"Init Duration: ([\d.]+) ms"),
    "@memorySize": re.compile(r"Memory Size: (\d+) MB"),
    "@maxMemoryUsed": re.compile(r"Max Memory Used: (\d+) MB"),
}
_TRACE = re.compile(r"XRAY TraceId: (\S+)(?:\s+SegmentId: (\S+))?")
_TEXT_LINE = re.compile(r"(?:\[[A-Z]+\]\t)?\d{4}-\d\d-\d\dT[\d:.]+Z\t([0-9a-f-]{36})\t")
_A_MEGABYTE = 1_000_000
_DECODER = json.JSONDecoder()


class Record(dict[str, Any]):
    """Fields by name; ``@log`` is the account and the group."""

    __slots__ = ("_discovered",)

    def __init__(self, fields: dict[str, Any]) -> None:
        super().__init__(fields)
        self._discovered = "@message" not in fields

    def __missing__(self, name: str) -> Any:
        """None where there is no such field."""
        if self._discovered:
            return None
        self.discover()
        return self.get(name)

    def discover(self) -> None:
        self._discovered = True
        message, of_lambda = self["@message"], _LAMBDA in self.get("@log", "")
        if of_lambda:
            self.update(_lambda_fields(message))
        for name, value in _json_fields(message, of_lambda).items():
            self.setdefault(name, value)


def field_names(record: Record) -> list[str]:
    """All that a record has."""
    record.discover()
    return list(record)


def _json_fields(message: str, anywhere: bool) -> dict[str, Any]:
    """Of a message that is a JSON object; where ``anywhere``, of the first object within it."""
    start = message.find("{")
    if start < 0 or (not anywhere and message[:start].strip()):
        return {}
    try:
        if anywhere:
            document, _ = _DECODER.raw_decode(message, start)
        else:
            document = orjson.loads(message)
    except (ValueError, RecursionError):
        return {}
    found: dict[str, Any] = {}
    if isinstance(document, dict):
        _flatten("", document, found)
    return found


def _flatten(prefix: str, node: Any, found: dict[str, Any]) -> None:
    if len(found) >= _MOST_FIELDS:
        return
    if isinstance(node, dict):
        for name, value in node.items():
            _flatten(f"{prefix}.{name}" if prefix else _own(name), value, found)
    elif isinstance(node, list):
        for place, value in enumerate(node):
            _flatten(f"{prefix}.{place}", value, found)
    elif node is not None:
        found[prefix] = node


def _own(name: str) -> str:
    """A field that begins as those of the service do gets one more sign."""
    return f"@{name}" if name.startswith("@") else name


def _lambda_fields(message: str) -> dict[str, Any]:
    line = _LINE.match(message)
    if line is None:
        told = _TEXT_LINE.match(message)
        return {"@requestId": told[1]} if told else {}
    found: dict[str, Any] = {"@type": line[1], "@requestId": line[2]}
    if line[1] == "REPORT":
        for name, pattern in _REPORT.items():
            if told := pattern.search(message):
                found[name] = int(told[1]) * _A_MEGABYTE if "emory" in name else float(told[1])
        if trace := _TRACE.search(message):
            found["@xrayTraceId"] = trace[1]
            if trace[2]:
                found["@xraySegmentId"] = trace[2]
    return found
