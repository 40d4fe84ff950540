"""EventBridge Scheduler's errors, worded as it words them.

https://docs.aws.amazon.com/scheduler/latest/APIReference/CommonErrors.html
"""

import orjson

from headwater.spine.errors import AwsError


def validation(message: str) -> AwsError:
    return AwsError("ValidationException", message)


def invalid_token() -> AwsError:
    return validation("Invalid NextToken provided.")


def role_refusal(why: str) -> AwsError:
    return validation("The execution role you provide must allow AWS EventBridge Scheduler to assume the role.")


def schedule_not_found(name: str) -> AwsError:
    return AwsError("ResourceNotFoundException", f"Schedule {name} does not exist.", 404)


def schedule_exists(name: str) -> AwsError:
    return AwsError("ConflictException", f"Schedule {name} already exists.", 409)


def group_not_found(name: str) -> AwsError:
    return AwsError("ResourceNotFoundException", f"Schedule group {name} does not exist.", 404)


def group_exists(name: str) -> AwsError:
    return AwsError("ConflictException", f"Schedule group {name} already exists.", 409)


def quota_exceeded(message: str) -> AwsError:
    return AwsError("ServiceQuotaExceededException", message, 402)


def group_is_deleted(name: str) -> AwsError:
    return AwsError("ConflictException", f"Schedule group {name} is being deleted.", 409)


def check_json(text: str) -> None:
    """AwsError where a target's input is not JSON."""
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        raise validation("JSON syntax error in input for the target.") from None
