"""EventBridge's errors, worded as EventBridge words them.

https://docs.aws.amazon.com/eventbridge/latest/APIReference/CommonErrors.html
"""

from headwater.spine.errors import AwsError


def validation(message: str) -> AwsError:
    return AwsError("ValidationException", message)


def bus_not_found(name: str) -> AwsError:
    return AwsError("ResourceNotFoundException", f"Event bus {name} does not exist.")


def bus_exists(name: str) -> AwsError:
    return AwsError("ResourceAlreadyExistsException", f"Event bus {name} already exists.")


def rule_not_found(name: str, bus: str) -> AwsError:
    return AwsError("ResourceNotFoundException", f"Rule {name} does not exist on EventBus {bus}.")


def statement_not_found() -> AwsError:
    return AwsError("ResourceNotFoundException", "Statement with the provided id does not exist.")


def limit_exceeded() -> AwsError:
    return AwsError("LimitExceededException", "The requested resource exceeds the maximum number allowed.")


def invalid_pattern(message: str) -> AwsError:
    return AwsError("InvalidEventPatternException", message)


def resource_not_found(arn: str) -> AwsError:
    return AwsError("ResourceNotFoundException", f"Resource {arn} does not exist.")
