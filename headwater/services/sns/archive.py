"""The archive of a FIFO topic, and replays of it to subscriptions.

https://docs.aws.amazon.com/sns/latest/dg/fifo-message-archiving-replay.html
"""

from __future__ import annotations

from typing import Any

import orjson

from headwater.services.sns import tables
from headwater.services.sns.content import Content, Order
from headwater.services.sns.errors import invalid
from headwater.services.sns.fan_out import FanOut
from headwater.services.sns.message_attributes import packed, unpacked
from headwater.services.sns.topic import SubscriptionRow, Topic, TopicRow, find_topic
from headwater.spine.deliveries import FOREVER, Again, Delivery, delivery
from headwater.spine.operations import Call
from headwater.spine.timestamps import parse

_DAY = 86_400_000
_MOST_DAYS = 365
_AT_ONCE = 100
_END_OF_TIME = 2**62
PENDING, IN_PROGRESS, COMPLETED = "Pending", "In progress", "Completed"


def check_archive_policy(text: str, fifo: bool, prefix: str) -> str:
    """'' where it switches the archive off."""
    policy = _object(text, "ArchivePolicy", prefix)
    if not policy:
        return ""
    if not fifo:
        raise invalid(f"{prefix}ArchivePolicy: the topic must be a FIFO topic to enable archiving")
    days = str(policy.get("MessageRetentionPeriod", ""))
    if policy.keys() != {"MessageRetentionPeriod"} or not days.isdecimal() or not 1 <= int(days) <= _MOST_DAYS:
        raise invalid(f"{prefix}ArchivePolicy: MessageRetentionPeriod must be a number of days from 1 to {_MOST_DAYS}")
    return text


def _object(text: str, name: str, prefix: str) -> dict[str, Any]:
    try:
        parsed = orjson.loads(text)
    except orjson.JSONDecodeError:
        parsed = None
    if not isinstance(parsed, dict):
        raise invalid(f"{prefix}{name}: failed to parse JSON.")
    return parsed


def beginning(attributes: dict[str, str], now: int) -> int | None:
    """The earliest time (ms) to replay from; None where nothing is archived."""
    if not attributes.get("ArchivePolicy"):
        return None
    days = int(orjson.loads(attributes["ArchivePolicy"])["MessageRetentionPeriod"])
    return max(int(attributes["ArchivedSince"]), now - days * _DAY)


def archive(call: Call, topic: Topic, content: Content) -> None:
    """Keep a message; those that are older than the policy says go."""
    call.store.run(tables.EXPIRE_ARCHIVED, (topic.arn, call.now - topic.archived * _DAY))
    kept = {
        "texts": dict(content.texts),
        "attributes": packed(content.attributes),
        "subject": content.subject,
        "id": content.id,
        "order": [*content.order],
    }
    call.store.run(tables.INSERT_ARCHIVED, (topic.arn, call.new_id(), content.published, orjson.dumps(kept).decode()))


def check_replay_policy(call: Call, text: str, topic: TopicRow, prefix: str) -> str:
    """'' where it ends a replay."""
    policy = _object(text, "ReplayPolicy", prefix)
    if not policy:
        return ""
    since = beginning(topic.attributes, call.now)
    if since is None:
        raise invalid(f"{prefix}ReplayPolicy: the topic does not have an active ArchivePolicy")
    if policy.get("PointType") != "Timestamp":
        raise invalid(f"{prefix}ReplayPolicy: PointType must be Timestamp")
    if not policy.keys() <= {"PointType", "StartingPoint", "EndingPoint"}:
        raise invalid(f"{prefix}ReplayPolicy: only PointType, StartingPoint and EndingPoint are supported")
    start, end = _point(policy, "StartingPoint", prefix), _point(policy, "EndingPoint", prefix)
    if start is None:
        raise invalid(f"{prefix}ReplayPolicy: StartingPoint is required")
    if start < since // 1000 * 1000:
        raise invalid(f"{prefix}ReplayPolicy: StartingPoint must not be before the topic's BeginningArchiveTime")
    if end is not None and end <= start:
        raise invalid(f"{prefix}ReplayPolicy: EndingPoint must be after StartingPoint")
    return text


def _point(policy: dict[str, Any], name: str, prefix: str) -> int | None:
    """Milliseconds, or None where the policy has no such point."""
    if name not in policy:
        return None
    try:
        return parse(str(policy[name]))
    except ValueError:
        raise invalid(f"{prefix}ReplayPolicy: {name} must be a timestamp in ISO 8601") from None


def start_replay(call: Call, subscription: str) -> None:
    """Takes the place of a former one."""
    run = call.new_id()
    call.store.run(tables.SET_REPLAY, (subscription, run, 0))
    call.deliver("sns.replay", {"subscription": subscription, "run": run}, target=subscription, policy=FOREVER)


def stop_replay(call: Call, subscription: str) -> None:
    call.store.run(tables.DELETE_REPLAY, (subscription,))


@delivery("sns.replay")
def replay(call: Call, item: Delivery) -> Again | None:
    """Leave deliveries of some archived messages; the place up to which it came is kept with them."""
    arn = item.payload["subscription"]
    row = call.store.one(tables.FIND_SUBSCRIPTION, (arn,))
    known = call.store.one(tables.FIND_REPLAY, (arn,))
    if row is None or known is None or known[0] != item.payload["run"]:
        return None  # unsubscribed, ended, or begun anew
    subscription = SubscriptionRow(*row)
    attributes: dict[str, str] = orjson.loads(subscription.attributes)
    policy = orjson.loads(attributes["ReplayPolicy"])
    start, end = parse(policy["StartingPoint"]), _END_OF_TIME
    if "EndingPoint" in policy:
        end = parse(policy["EndingPoint"])
    rows = call.store.all(tables.ARCHIVED, (subscription.topic, known[1], start, end, _AT_ONCE))
    _replay(call, subscription, rows)
    if rows:
        call.store.run(tables.SET_REPLAY, (arn, known[0], rows[-1][0]))
        _tell(call, subscription, attributes, IN_PROGRESS)
        return Again(call.now)
    if end != _END_OF_TIME and end > call.now:
        return Again(end)
    _tell(call, subscription, attributes, COMPLETED)
    stop_replay(call, arn)
    return None


def _replay(call: Call, row: SubscriptionRow, rows: list[tuple[Any, ...]]) -> None:
    topic = find_topic(call, row.topic)
    subscription = next(each for each in topic.subscriptions if each.arn == row.arn)
    for _, published, text in rows:
        kept = orjson.loads(text)
        attributes, order = unpacked(kept["attributes"]), Order(*kept["order"])
        content = Content(kept["texts"], attributes, kept["subject"], kept["id"], order, published, True)
        FanOut(call, topic, content).deliver(subscription)
    if rows:
        call.span.note("replayed", len(rows))


def _tell(call: Call, row: SubscriptionRow, attributes: dict[str, str], status: str) -> None:
    if attributes.get("ReplayStatus") != status:
        text = orjson.dumps({**attributes, "ReplayStatus": status}).decode()
        call.store.run(tables.SET_SUBSCRIPTION_ATTRIBUTES, (text, row.arn))
        call.memory.drop(row.topic)
