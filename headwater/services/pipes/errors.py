"""EventBridge Pipes' errors, worded as it words them.

https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/CommonErrors.html
"""

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


def _conflict(name: str, message: str) -> AwsError:
    return AwsError("ConflictException", message, 409, resourceId=name, resourceType="Pipe")
