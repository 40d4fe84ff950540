"""What state machines' operations ask of roles.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsstepfunctions.html
"""

from __future__ import annotations

from headwater.spine.authorization import Authorization, names
from headwater.spine.operations import Call


def _as_it_is(call: Call, arn: str) -> str:
    return arn


AUTHORIZATION = Authorization(
    names(
        _as_it_is,
        "states",
        stateMachineArn="DeleteStateMachine DescribeStateMachine ListExecutions StartExecution StartSyncExecution",
        executionArn="DescribeExecution GetExecutionHistory RedriveExecution StopExecution",
        activityArn="DeleteActivity DescribeActivity GetActivityTask",
    ),
    frozenset({"TestState", "ValidateStateMachineDefinition"}),
)
