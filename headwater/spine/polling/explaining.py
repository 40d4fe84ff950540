"""Why a poller's filters take a record, or which field of it they refuse; computed when asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from headwater.languages.patterns import PIPES, compile_pattern
from headwater.spine import versions
from headwater.spine.operations import Call, Request, Result
from headwater.spine.polling.messages import filtered_message

Definition = Mapping[str, Any]


def explain_record(call: Call, request: Request, kind: str, now: dict[str, dict[str, Any]]) -> Result:
    """What the filters of each poller of a source (``EventSourceArn``) say of a ``Record``, or of a queue's
    ``Message`` as Poll gives it: of those that stood when the row of the id ``At`` was written, or that stand now.

    Definitions, in ``now`` by their ARNs, have ``filters`` (patterns), ``target``, and ``stopped`` where something
    keeps it from polling.
    """
    call.span.kept = False
    source, at = request["EventSourceArn"], request.get("At")
    record = filtered_message(request["Message"], source) if "Message" in request else request["Record"]
    standing = now if at is None else versions.standing_at(call.store, _scope(kind, source), at, now)
    verdicts = [_verdict(kind, arn, definition, record) for arn, definition in standing.items()]
    verdicts.sort(key=lambda verdict: (verdict["state"] != "matched", verdict["failed"], verdict["arn"]))
    return {"Channel": source, "Verdicts": verdicts, "Count": len(verdicts), "Event": record}


def keep_version(call: Call, kind: str, source: str, arn: str, definition: dict[str, Any] | None) -> None:
    """A poller of a source has changed; None: it is no more."""
    versions.keep(call, _scope(kind, source), arn, definition)


def _scope(kind: str, source: str) -> str:
    """Several services poll a source, each with its own kind of poller."""
    return f"{kind} of {source}"


def _verdict(kind: str, arn: str, definition: Definition, record: dict[str, Any]) -> dict[str, Any]:
    verdict: dict[str, Any] = {
        "kind": kind,
        "arn": arn,
        "name": arn.rpartition(":")[2].removeprefix("pipe/"),
        "targets": [{"id": kind, "arn": definition["target"]}],
        "failed": 0,
    }
    explanations = [compile_pattern(pattern, PIPES).explain(record) for pattern in definition["filters"]]
    nearest = min(explanations, key=lambda explanation: explanation.failed, default=None)
    if nearest is not None:
        verdict |= {"failed": nearest.failed, "explanation": nearest.shown()}
    if definition.get("stopped"):
        return verdict | {"state": "disabled", "reason": definition["stopped"]}
    if nearest is None or nearest.matched:
        return verdict | {"state": "matched", "reason": ""}
    return verdict | {"state": "not matched", "reason": nearest.reason()}


def filters_of(criteria: Mapping[str, Any] | None) -> list[str]:
    """The patterns in ``FilterCriteria``."""
    filters: Iterable[Mapping[str, Any]] = (criteria or {}).get("Filters") or ()
    return [each["Pattern"] for each in filters]
