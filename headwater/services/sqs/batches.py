"""What all batch operations of SQS share: checks of the whole, and one outcome an entry."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result

_ID = re.compile(r"[A-Za-z0-9_-]{1,80}\Z")
_MOST = 10


def check_entries(request: Request, entry_type: str) -> list[Mapping[str, Any]]:
    """The entries of a batch; AwsError where the batch as a whole is refused."""
    entries: list[Mapping[str, Any]] = request.get("Entries") or []
    if not entries:
        raise AwsError("EmptyBatchRequest", f"There should be at least one {entry_type} in the request.")
    if len(entries) > _MOST:
        raise AwsError(
            "TooManyEntriesInBatchRequest",
            f"Maximum number of entries per request are {_MOST}. You have sent {len(entries)}.",
        )
    seen: set[str] = set()
    for entry in entries:
        identity = entry.get("Id") or ""
        if not _ID.match(identity):
            raise AwsError(
                "InvalidBatchEntryId",
                "A batch entry id can only contain alphanumeric characters, hyphens and underscores. "
                "It can be at most 80 letters long.",
            )
        if identity in seen:
            raise AwsError("BatchEntryIdsNotDistinct", f"Id {identity} repeated.")
        seen.add(identity)
    return entries


def run_batch(
    call: Call, entries: list[Mapping[str, Any]], one: Callable[[Mapping[str, Any]], Mapping[str, Any]]
) -> Result:
    """Each entry by itself: one that fails takes none of the others with it."""
    succeeded: list[dict[str, Any]] = []
    failed: list[dict[str, Any]] = []
    for entry in entries:
        try:
            succeeded.append({"Id": entry["Id"], **one(entry)})
        except AwsError as error:
            failed.append(
                {"Id": entry["Id"], "SenderFault": error.sender_fault, "Code": error.code, "Message": error.message}
            )
    call.span.note("succeeded", len(succeeded))
    if failed:
        call.span.note("failed", [entry["Id"] for entry in failed])
    result: Result = {}
    if succeeded:
        result["Successful"] = succeeded
    if failed:
        result["Failed"] = failed
    return result
