"""CloudFormation's errors, with AWS's codes and words.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/CommonErrors.html
"""

from __future__ import annotations

from collections.abc import Iterable

from headwater.spine.errors import AwsError

NO_UPDATES = "No updates are to be performed."
NO_CHANGES = "The submitted information didn't contain changes. Submit different information to create a change set."


def validation_error(message: str) -> AwsError:
    return AwsError("ValidationError", message)


def stack_does_not_exist(name: str) -> AwsError:
    return validation_error(f"Stack with id {name} does not exist")


def stack_already_exists(name: str) -> AwsError:
    return AwsError("AlreadyExistsException", f"Stack [{name}] already exists")


def wrong_state(stack: str, status: str, action: str = "updated") -> AwsError:
    return validation_error(f"Stack:{stack} is in {status} state and can not be {action}.")


def resource_does_not_exist(logical_id: str, stack: str) -> AwsError:
    return validation_error(f"Resource {logical_id} does not exist for stack {stack}")


def insufficient_capabilities(missing: Iterable[str]) -> AwsError:
    return AwsError("InsufficientCapabilitiesException", f"Requires capabilities : [{', '.join(missing)}]")


def change_set_already_exists(name: str) -> AwsError:
    return AwsError("AlreadyExistsException", f"ChangeSet {name} already exists")


def change_set_not_found(name: str) -> AwsError:
    return AwsError("ChangeSetNotFound", f"ChangeSet [{name}] does not exist", 404)


def change_set_wrong_status(identity: str, status: str) -> AwsError:
    return AwsError(
        "InvalidChangeSetStatus", f"ChangeSet [{identity}] cannot be executed in its current status of [{status}]"
    )


def already_exists(kind: str, identifier: str) -> str:
    return f"Resource of type '{kind}' with identifier '{identifier}' already exists."


def invalid_properties(logical_id: str, problems: Iterable[str]) -> str:
    return f"Properties validation failed for resource {logical_id} with message:\n[{', '.join(problems)}]"
