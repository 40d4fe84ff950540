"""Errors of stack sets, with AWS's codes.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStackInstances.html
"""

from __future__ import annotations

from headwater.spine.errors import AwsError


def stack_set_not_found(name: str) -> AwsError:
    return AwsError("StackSetNotFoundException", f"StackSet {name} not found", 404)


def stack_set_exists(name: str) -> AwsError:
    return AwsError("NameAlreadyExistsException", f"StackSet {name} already exists", 409)


def stack_set_not_empty() -> AwsError:
    return AwsError("StackSetNotEmptyException", "StackSet is not empty", 409)


def instance_not_found(stack_set: str, account: str, region: str) -> AwsError:
    told = f"Stack instance not found for stackset {stack_set} in account {account} and region {region}"
    return AwsError("StackInstanceNotFoundException", told, 404)


def operation_not_found(identity: str, stack_set: str) -> AwsError:
    return AwsError("OperationNotFoundException", f"Operation {identity} not found for StackSet {stack_set}", 404)


def operation_in_progress(arn: str) -> AwsError:
    return AwsError("OperationInProgressException", f"Another Operation on StackSet {arn} is in progress", 409)


def operation_id_exists(identity: str) -> AwsError:
    return AwsError("OperationIdAlreadyExistsException", f"Operation {identity} already exists", 409)


def invalid_operation(message: str) -> AwsError:
    return AwsError("InvalidOperationException", message)
