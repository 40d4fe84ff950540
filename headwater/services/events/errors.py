"""EventBridge's errors, worded as EventBridge words them.

https://docs.aws.amazon.com/eventbridge/latest/APIReference/CommonErrors.html
"""

from headwater.spine.errors import AwsError


def validation(message: str) -> AwsError:
    return AwsError("ValidationException", message)


def role_refusal(role: str) -> AwsError:
    return validation(f"Provided role '{role}' cannot be assumed by principal 'events.amazonaws.com'.")


def bus_not_found(name: str) -> AwsError:
    return AwsError("ResourceNotFoundException", f"Event bus {name} does not exist.")


def bus_exists(name: str) -> AwsError:
    return AwsError("ResourceAlreadyExistsException", f"Event bus {name} already exists.")


def rule_not_found(name: str, bus: str) -> AwsError:
    return AwsError("ResourceNotFoundException", f"Rule {name} does not exist on EventBus {bus}.")


def no_policy() -> AwsError:
    return AwsError("ResourceNotFoundException", "EventBus does not have a policy.")


def statement_not_found() -> AwsError:
    return AwsError("ResourceNotFoundException", "Statement with the provided id does not exist.")


def limit_exceeded() -> AwsError:
    return AwsError("LimitExceededException", "The requested resource exceeds the maximum number allowed.")


def invalid_pattern(message: str) -> AwsError:
    return AwsError("InvalidEventPatternException", message)


def resource_not_found(arn: str) -> AwsError:
    return AwsError("ResourceNotFoundException", f"Resource {arn} does not exist.")


def connection_exists(name: str) -> AwsError:
    return AwsError("ResourceAlreadyExistsException", f"Connection {name} already exists.")


def connection_not_found(name: str) -> AwsError:
    message = f"Failed to describe the connection(s). Connection '{name}' does not exist."
    return AwsError("ResourceNotFoundException", message)


def api_destination_exists(name: str) -> AwsError:
    return AwsError("ResourceAlreadyExistsException", f"An api-destination '{name}' already exists.")


def api_destination_not_found(name: str) -> AwsError:
    message = f"Failed to describe the api-destination(s). An api-destination '{name}' does not exist."
    return AwsError("ResourceNotFoundException", message)


def archive_exists(name: str) -> AwsError:
    return AwsError("ResourceAlreadyExistsException", f"Archive {name} already exists.")


def archive_not_found(name: str) -> AwsError:
    return AwsError("ResourceNotFoundException", f"Archive {name} does not exist.")


def replay_exists(name: str) -> AwsError:
    return AwsError("ResourceAlreadyExistsException", f"Replay {name} already exists.")


def replay_not_found(name: str) -> AwsError:
    return AwsError("ResourceNotFoundException", f"Replay {name} does not exist.")


def replay_is_over(name: str) -> AwsError:
    return AwsError("IllegalStatusException", f"Replay {name} is not in a valid state for this operation.")


def managed_rule(name: str) -> AwsError:
    return AwsError(
        "ManagedRuleException", f"Rule {name} is a managed rule. Only the service that manages it can change it."
    )


def access_denied(account: str, action: str, resource: str) -> AwsError:
    return AwsError(
        "AccessDeniedException",
        f"User: arn:aws:iam::{account}:root is not authorized to perform: {action} on resource: {resource} because no "
        f"resource-based policy allows the {action} action",
    )


def cross_account_target(arn: str) -> AwsError:
    return AwsError(
        "AccessDeniedException",
        f"Access to the resource {arn} is denied. Reason: Adding cross-account target is not permitted.",
    )


def policy_too_long() -> AwsError:
    return AwsError("PolicyLengthExceededException", "The event bus policy is too long. The limit is 10240 bytes.")
