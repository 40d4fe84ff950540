"""Step Functions' quotas that may be changed.

https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
"""

from collections.abc import Callable
from itertools import count

from headwater.languages.asl.run import STEP_BUDGET
from headwater.spine.fault_errors import throttled
from headwater.spine.operations import Call
from headwater.spine.quota import Quota

MACHINES = Quota("states:state-machines", 100_000, "state machines of an account in a region")
ACTIVITIES = Quota("states:activities", 100_000, "activities of an account in a region")
OPEN_EXECUTIONS = Quota("states:open-executions", 1_000_000, "standard executions that run, of an account in a region")
POLLERS = Quota("states:activity-pollers", 1_000, "workers that wait for tasks of an activity")
TRANSITIONS = Quota("states:StateTransition", 0, "a rate: states that standard executions of an account enter")
STANDARD_STARTS = Quota("states:StartStandardExecution", 0, "a rate: standard executions that anything starts")
EXPRESS_STARTS = Quota("states:StartExpressExecution", 0, "a rate: express executions that StartExecution starts")

QUOTAS = (MACHINES, ACTIVITIES, OPEN_EXECUTIONS, POLLERS, TRANSITIONS, STANDARD_STARTS, EXPRESS_STARTS)


def check_start(call: Call, quota: Quota) -> None:
    """Refuse an execution that is one too many for the rate of its type, whoever starts it."""
    if not call.allows(quota.name):
        raise throttled("states")


def slowed(call: Call) -> Callable[[], bool] | None:
    """Asked before each state that a step enters, where there is a rate of transitions: whether it may now."""
    if TRANSITIONS.name not in call.engine.quotas.rates:
        return None
    taken = count()
    return lambda: next(taken) < STEP_BUDGET and call.allows(TRANSITIONS.name)


def next_transition(call: Call) -> int:
    """When a slowed execution is to look again (ms): once there can be another token."""
    rate = call.engine.quotas.rates.get(TRANSITIONS.name)
    return call.now if rate is None else call.now + max(1, round(1000 / rate.allowance.per_second))
