"""Addresses as templates build them, turned into addresses that work here.

A template that runs on AWS spells out hosts (``https://${Api}.execute-api.${AWS::Region}.amazonaws.com/prod``). In
properties and outputs they become addresses of this server.
"""

from __future__ import annotations

import re
from typing import Any

_API = re.compile(r"(https|wss)://([a-z0-9]+)\.execute-api\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?(/\$default(?![\w$]))?")
_QUEUE = re.compile(r"https://sqs\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?/(?=\d{12}/)")
_OURSELVES = re.compile(r"(https|wss)://([^/\s\"']+)")
_PLAIN = {"https": "http", "wss": "ws"}


def localise(value: Any, endpoint: str) -> Any:
    """The value with its addresses made to work at ``endpoint`` (our base URL)."""
    if isinstance(value, str):
        return _localise_text(value, endpoint) if "://" in value else value
    if isinstance(value, dict):
        return {key: localise(child, endpoint) for key, child in value.items()}
    if isinstance(value, list):
        return [localise(child, endpoint) for child in value]
    return value


def _localise_text(text: str, endpoint: str) -> str:
    host = endpoint.partition("://")[2]
    if "amazonaws.com" in text:
        text = _API.sub(lambda found: f"{_PLAIN[found[1]]}://{host}/_aws/execute-api/{found[2]}", text)
        text = _QUEUE.sub(f"{endpoint}/", text)
    if host in text:
        text = _OURSELVES.sub(lambda found: f"{_PLAIN[found[1]]}://{host}" if found[2] == host else found[0], text)
    return text
