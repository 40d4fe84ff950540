"""How requests name their operation, for each protocol: what is asked before the protocol's own room is loaded."""

from __future__ import annotations

from headwater.gateway.messages import HttpRequest

CBOR_JSON = "application/x-amz-cbor-1.1"


def form_of(request: HttpRequest) -> str:
    """The form: the body of a POST, the query string of a GET, or both."""
    body = request.body.decode("utf-8", "replace")
    return f"{body}&{request.query}" if body and request.query else body or request.query


def action_of(request: HttpRequest) -> str | None:
    """The value of the form's ``Action`` field."""
    text = form_of(request)
    start = 7 if text.startswith("Action=") else text.find("&Action=") + 8
    if start == 7 and not text.startswith("Action="):
        return None
    end = text.find("&", start)
    return text[start:] if end < 0 else text[start:end]


def operation_of(path: str) -> str:
    """The operation that a path of Smithy RPC v2 names, empty where it names none."""
    parts = path.rsplit("/", 4)
    return parts[4] if len(parts) == 5 and parts[1] == "service" and parts[3] == "operation" else ""
