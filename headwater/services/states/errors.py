"""Step Functions' errors, worded as it words them.

https://docs.aws.amazon.com/step-functions/latest/apireference/CommonErrors.html
"""

from headwater.spine.errors import AwsError


def invalid_arn(arn: str, reason: str = "") -> AwsError:
    return AwsError("InvalidArn", f"Invalid Arn: '{reason or f'Invalid ARN prefix: {arn}'}'")


def invalid_role(arn: str) -> AwsError:
    return AwsError("InvalidArn", f"Invalid Role Arn: '{arn}'")


def role_refusal(why: str) -> AwsError:
    return AwsError(
        "AccessDeniedException",
        "Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume the "
        "provided role.",
    )


def machine_does_not_exist(arn: str) -> AwsError:
    return AwsError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")


def machine_already_exists(arn: str) -> AwsError:
    return AwsError("StateMachineAlreadyExists", f"State Machine Already Exists: '{arn}'")


def machine_type_not_supported() -> AwsError:
    return AwsError("StateMachineTypeNotSupported", "This operation is not supported by this type of state machine")


def execution_does_not_exist(arn: str) -> AwsError:
    return AwsError("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")


def execution_already_exists(arn: str) -> AwsError:
    return AwsError("ExecutionAlreadyExists", f"Execution Already Exists: '{arn}'")


def execution_not_redrivable(reason: str) -> AwsError:
    return AwsError("ExecutionNotRedrivable", reason)


def invalid_execution_input(reason: str) -> AwsError:
    return AwsError("InvalidExecutionInput", f"Invalid State Machine Execution Input: '{reason}'")


def invalid_definition(message: str) -> AwsError:
    return AwsError("InvalidDefinition", message)


def invalid_name(name: str) -> AwsError:
    return AwsError("InvalidName", f"Invalid Name: '{name}'")


def no_such_case(case: str, machine: str) -> AwsError:
    return AwsError(
        "InvalidName", f"Invalid Name: there are no mocks of test case '{case}' for state machine '{machine}'"
    )


def invalid_token(reason: str = "Invalid token") -> AwsError:
    return AwsError("InvalidToken", f"Invalid Token: '{reason}'")


def invalid_output(reason: str) -> AwsError:
    return AwsError("InvalidOutput", f"Invalid Output: '{reason}'")


def task_timed_out() -> AwsError:
    return AwsError("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")


def activity_does_not_exist(arn: str) -> AwsError:
    return AwsError("ActivityDoesNotExist", f"Activity does not exist: '{arn}'")


def activity_already_exists(arn: str) -> AwsError:
    return AwsError("ActivityAlreadyExists", f"Activity already exists: '{arn}'")


def invalid_encryption(reason: str) -> AwsError:
    return AwsError("InvalidEncryptionConfiguration", f"Invalid Encryption Configuration: {reason}")


def key_refusal(error: AwsError) -> AwsError:
    """Every fault of a key is this one, where a machine or activity is made."""
    return AwsError("KmsAccessDeniedException", error.message)


def invalid_logging(reason: str) -> AwsError:
    return AwsError("InvalidLoggingConfiguration", f"Invalid Logging Configuration: {reason}")


def resource_not_found(arn: str) -> AwsError:
    return AwsError("ResourceNotFound", f"Resource not found: '{arn}'")


def missing_parameter(text: str) -> AwsError:
    return AwsError("MissingRequiredParameter", text)


def conflict(text: str) -> AwsError:
    return AwsError("ConflictException", text)


def validation(text: str) -> AwsError:
    return AwsError("ValidationException", text)


def machine_limit_exceeded() -> AwsError:
    text = "The maximum number of state machines has been reached."
    rest = "Existing state machines must be deleted before a new state machine can be created."
    return AwsError("StateMachineLimitExceeded", f"{text} {rest}")


def activity_limit_exceeded() -> AwsError:
    text = "The maximum number of activities has been reached."
    rest = "Existing activities must be deleted before a new activity can be created."
    return AwsError("ActivityLimitExceeded", f"{text} {rest}")


def execution_limit_exceeded() -> AwsError:
    text = "The maximum number of running executions has been reached."
    rest = "Running executions must end or be stopped before a new execution can be started."
    return AwsError("ExecutionLimitExceeded", f"{text} {rest}")


def worker_limit_exceeded() -> AwsError:
    text = "The maximum number of workers concurrently polling for activity tasks has been reached."
    return AwsError("ActivityWorkerLimitExceeded", text)
