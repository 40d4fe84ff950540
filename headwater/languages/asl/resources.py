"""What a Task's Resource names, and the family of history events that tells of it.

https://docs.aws.amazon.com/step-functions/latest/dg/concepts-service-integrations.html
"""

import re
from dataclasses import dataclass
from typing import Any

_ARN = re.compile(r"arn:(aws[a-z-]*):(lambda|states):([a-z0-9-]*):(\d*):(.+)")
_FUNCTION = re.compile(r"function:[^:]+(:[^:]+)?")
WAIT_FOR_TASK_TOKEN = ".waitForTaskToken"
SUBMITTING = (WAIT_FOR_TASK_TOKEN, ".sync", ".sync:2")


@dataclass(frozen=True, slots=True)
class Resource:
    """`family`: LambdaFunction, Activity or Task. For Task, `kind` and `action` are resourceType and resource."""

    arn: str
    family: str
    kind: str = ""
    action: str = ""

    @property
    def waits_for_token(self) -> bool:
        return self.action.endswith(WAIT_FOR_TASK_TOKEN)

    @property
    def submits(self) -> bool:
        """Whether the call only begins what the task then waits for."""
        return self.action.endswith(SUBMITTING)

    @property
    def has_token(self) -> bool:
        return self.waits_for_token or self.family == "Activity"

    def details(self) -> dict[str, Any]:
        """What every event of the family says of the resource."""
        return {"resourceType": self.kind, "resource": self.action} if self.family == "Task" else {}


def parse_resource(arn: str) -> Resource | None:
    """The resource, None where the text is no ARN that a Task can have."""
    match = _ARN.fullmatch(arn)
    if match is None:
        return None
    _, service, region, account, rest = match.groups()
    if service == "lambda":
        return Resource(arn, "LambdaFunction") if _FUNCTION.fullmatch(rest) else None
    if rest.startswith("activity:"):
        return Resource(arn, "Activity")
    kind, _, action = rest.partition(":")
    if kind == "aws-sdk":
        name, _, action = action.partition(":")
        kind = f"aws-sdk:{name}"
    if region or account or not action:
        return None
    return Resource(arn, "Task", kind, action)
