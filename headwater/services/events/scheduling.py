"""Scheduled rules: one delivery each, that comes again and again.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-rule-schedule.html
"""

from __future__ import annotations

from headwater.languages.schedules import following, parse_schedule
from headwater.services.events import tables
from headwater.services.events.envelope import make_event
from headwater.services.events.routing import routed_rule, send_to_targets
from headwater.spine.deliveries import FOREVER, Again, Delivery, delivery
from headwater.spine.operations import Call


def set_timer(call: Call, rule: str, schedule: str | None, former: int | None) -> None:
    """Have the rule of an ARN run when its schedule says, and no longer when a former one said."""
    if former is not None:
        call.cancel(former)
    timer = None
    if schedule is not None and (due := parse_schedule(schedule).next_after(call.now)) is not None:
        timer = call.deliver(
            "events.schedule", {"rule": rule, "schedule": schedule}, target=rule, due=due, policy=FOREVER
        )
    call.store.run(tables.SET_RULE_TIMER, (timer, rule))


@delivery("events.schedule")
def run_scheduled_rule(call: Call, item: Delivery) -> Again | None:
    """Send the scheduled event to the rule's targets; all times missed while nothing ran make one late event, and the
    beat goes on."""
    rule = routed_rule(call, item.payload["rule"])
    if rule is None:
        return None
    call.span.subject = rule.arn
    time = item.payload.get("time", item.due)
    event = make_event(call, "aws.events", "Scheduled Event", {}, [rule.arn], time=time)
    send_to_targets(call, rule, event)
    due = following(parse_schedule(item.payload["schedule"]), time, call.now)
    return None if due is None else Again(due, {**item.payload, "time": due})
