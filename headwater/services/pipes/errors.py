"""EventBridge Pipes' errors, worded as it words them.

https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/CommonErrors.html
"""

from typing import Any

from headwater.spine.errors import AwsError


def validation(message: str) -> AwsError:
    return AwsError("ValidationException", message)


def invalid_token() -> AwsError:
    return validation("Invalid NextToken provided.")


def pipe_not_found(name: str) -> AwsError:
    return AwsError("NotFoundException", f"Pipe {name} does not exist.", 404)


def pipe_exists(name: str) -> AwsError:
    return _conflict(name, f"Pipe {name} already exists.")


def pipe_is_busy(name: str, state: str) -> AwsError:
    return _conflict(name, f"Pipe {name} is in state {state} and cannot be changed.")


def too_many_pipes(name: str) -> AwsError:
    # AWS names its code of the quota too
    members: dict[str, Any] = {"resourceId": name, "resourceType": "Pipe", "serviceCode": "pipes"}
    message = "The maximum number of pipes for this account has been reached."
    return AwsError("ServiceQuotaExceededException", message, 402, **members)


def _conflict(name: str, message: str) -> AwsError:
    return AwsError("ConflictException", message, 409, resourceId=name, resourceType="Pipe")
