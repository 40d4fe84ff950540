"""Requests to Cloud Control as rows, and what is told of their progress.

https://docs.aws.amazon.com/cloudcontrolapi/latest/APIReference/API_ProgressEvent.html
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import Any

import orjson

from headwater.services.cloudformation import tables
from headwater.services.cloudformation.stack import dumps
from headwater.spine.operations import Call, Result

KEPT_MS = 7 * 24 * 3600 * 1000
UNDER_WAY = ("PENDING", "IN_PROGRESS", "CANCEL_IN_PROGRESS")


@dataclass(slots=True)
class ControlRequest:
    """One request. ``request`` is what was asked for, so that a client token is known again; ``properties`` are those
    wanted, and once it has succeeded the resource's."""

    token: str
    account: str
    region: str
    client_token: str
    request: str
    operation: str
    type: str
    identifier: str
    status: str
    at: int
    properties: dict[str, Any]
    code: str | None = None
    message: str | None = None

    def save(self, call: Call) -> None:
        row = list(astuple(self))
        row[10] = dumps(self.properties)
        call.store.run(tables.PUT_CONTROL_REQUEST, tuple(row))
        call.signal(("cloudcontrol", self.token))

    def end(self, call: Call, status: str, code: str | None = None, message: str | None = None) -> None:
        self.status, self.code, self.message, self.at = status, code, message, call.now
        self.save(call)

    def progress(self, call: Call) -> Result:
        shown = self.properties if self.operation != "DELETE" and self.status != "FAILED" else None
        return {
            "TypeName": self.type,
            "Identifier": self.identifier or None,
            "RequestToken": self.token,
            "Operation": self.operation,
            "OperationStatus": self.status,
            "EventTime": self.at,
            "ResourceModel": dumps(shown) if shown else None,
            "ErrorCode": self.code,
            "StatusMessage": self.message,
        }


def find_request(call: Call, token: str) -> ControlRequest | None:
    row = call.store.one(tables.SELECT_CONTROL_REQUEST, (call.account, call.region, token))
    return None if row is None or row[9] <= call.now - KEPT_MS else _of(row)


def all_requests(call: Call) -> list[ControlRequest]:
    """The newest first."""
    place = (call.account, call.region, call.now - KEPT_MS)
    return [_of(row) for row in call.store.all(tables.SELECT_CONTROL_REQUESTS, place)]


def _of(row: tuple[Any, ...]) -> ControlRequest:
    fields = [*row[:10], orjson.loads(row[10]), *row[11:]]
    return ControlRequest(*fields)
