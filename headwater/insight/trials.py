"""Patterns and filter policies tried on recorded traffic: how many of the last events would match, and which nearly."""

from __future__ import annotations

from typing import Any

import orjson

from headwater.spine import records
from headwater.spine.arns import make_arn, parse_arn
from headwater.spine.engine import SYSTEM
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call
from headwater.spine.polling import STREAMS

MOST_TRIED = 10_000
_EXAMPLES = 5


def try_pattern(call: Call, pattern: str, channel: str, scope: str | None, count: int) -> dict[str, Any]:
    """The last ``count`` events of a channel against a pattern (its JSON text), in the dialect of the channel."""
    arn = parse_arn(channel)
    if arn is None:
        channel = make_arn("events", SYSTEM.region, SYSTEM.account, f"event-bus/{channel}")
    service = "events" if arn is None else arn.service
    if service in STREAMS:
        kind = STREAMS[service]
        kept = call.operation(kind.service, "LastRecords", {"StreamArn": channel, "Count": count})["Records"]
        names, bodies = [each["eventID"] for each in kept], [kind.filtered(each) for each in kept]
    else:
        found = records.last(call.store, channel, count)
        names, bodies = [record.name for record in found], [orjson.loads(record.body) for record in found]
    match service:
        case "events":
            answer = call.operation("events", "TryPattern", {"EventPattern": pattern, "Events": bodies})
        case "sns":
            request = {"FilterPolicy": pattern, "FilterPolicyScope": scope, "Messages": bodies}
            answer = call.operation("sns", "TryFilterPolicy", request)
        case "sqs" | "dynamodb" | "kinesis":
            answer = call.operation("lambda", "TryFilter", {"Pattern": pattern, "Records": bodies})
        case _:
            raise AwsError("NotImplemented", f"Traffic of {channel} is not recorded.", 501)
    tried = list(zip(names, answer["Verdicts"], strict=True))
    matches = [name for name, verdict in tried if verdict["matched"]]
    misses = sorted((each for each in tried if not each[1]["matched"]), key=lambda each: each[1]["failed"])
    return {
        "channel": channel,
        "tried": len(tried),
        "matched": len(matches),
        "examples": matches[:_EXAMPLES],
        "near_misses": [
            {"id": name, "failed": verdict["failed"], "reason": verdict["reason"]}
            for name, verdict in misses[:_EXAMPLES]
        ],
    }
