"""Scheduled rules: one delivery each, that comes again and again.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-rule-schedule.html
"""

from __future__ import annotations

from headwater.languages.schedules import following, parse_schedule
from headwater.services.events import tables
from headwater.services.events.envelope import make_event
from headwater.services.events.routing import RoutedRule, routed_rule, send_to_targets
from headwater.spine.deliveries import FOREVER, Again, Delivery, delivery
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result, operation


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
    _send(call, rule, time)
    due = following(parse_schedule(item.payload["schedule"]), time, call.now)
    return None if due is None else Again(due, {**item.payload, "time": due})


@operation("events", "TriggerRule", internal=True)
def trigger_rule(call: Call, request: Request) -> Result:
    """Send the scheduled event of the rule of a ``RuleArn`` now; its schedule goes on as if nothing had been."""
    arn = request["RuleArn"]
    call.span.subject = arn
    row, rule = call.store.one(tables.FIND_RULE, (arn,)), routed_rule(call, arn)
    if row is None or rule is None:
        raise AwsError("ResourceNotFoundException", f"Rule {arn} does not exist.", 404)
    if not row[4]:
        raise AwsError("ValidationException", f"The rule {arn} has no schedule.")
    _send(call, rule, call.now)
    return {}


def _send(call: Call, rule: RoutedRule, time: int) -> None:
    send_to_targets(call, rule, make_event(call, "aws.events", "Scheduled Event", {}, [rule.arn], time=time))
