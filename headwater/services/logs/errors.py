"""CloudWatch Logs' errors.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/CommonErrors.html
"""

from headwater.spine.errors import AwsError


def group_exists() -> AwsError:
    return AwsError("ResourceAlreadyExistsException", "The specified log group already exists")


def group_not_found() -> AwsError:
    return AwsError("ResourceNotFoundException", "The specified log group does not exist.")


def stream_exists() -> AwsError:
    return AwsError("ResourceAlreadyExistsException", "The specified log stream already exists")


def stream_not_found() -> AwsError:
    return AwsError("ResourceNotFoundException", "The specified log stream does not exist.")


def invalid_parameter(message: str) -> AwsError:
    return AwsError("InvalidParameterException", message)


def key_refusal(error: AwsError) -> AwsError:
    if error.code == "NotFoundException":
        return invalid_parameter("The specified KMS Key Id could not be found.")
    return invalid_parameter(error.message)


def key_not_allowed(group: str) -> AwsError:
    text = f"The specified KMS key does not exist or is not allowed to be used with LogGroup '{group}'"
    return AwsError("AccessDeniedException", text)


def conflict(message: str) -> AwsError:
    return AwsError("ConflictException", message)


def not_found(message: str) -> AwsError:
    return AwsError("ResourceNotFoundException", message)


def validation(message: str) -> AwsError:
    return AwsError("ValidationException", message)


def no_token() -> AwsError:
    return invalid_parameter("The specified nextToken is invalid.")


def group_missing(name: str, account: str) -> AwsError:
    """As queries tell it."""
    return not_found(f"Log group '{name}' does not exist for account ID '{account}'")


def malformed_query(message: str, start: int, end: int) -> AwsError:
    location = {"startCharOffset": start, "endCharOffset": end}
    error = {"location": location, "message": message}
    return AwsError("MalformedQueryException", message, queryCompileError=error)
