"""Lambda's errors, worded as Lambda words them.

https://docs.aws.amazon.com/lambda/latest/api/CommonErrors.html
"""

from headwater.spine.errors import AwsError


def function_not_found(arn: str) -> AwsError:
    return AwsError("ResourceNotFoundException", f"Function not found: {arn}", 404)


def not_found(message: str) -> AwsError:
    return AwsError("ResourceNotFoundException", message, 404)


def conflict(message: str) -> AwsError:
    return AwsError("ResourceConflictException", message, 409)


def invalid_parameter(message: str) -> AwsError:
    return AwsError("InvalidParameterValueException", message)


def role_refusal(why: str) -> AwsError:
    return invalid_parameter("The role defined for the function cannot be assumed by Lambda.")


def key_refusal(error: AwsError) -> AwsError:
    return invalid_parameter(
        "Lambda was unable to configure access to your environment variables because the KMS key is invalid for "
        "CreateGrant. Please check your KMS key settings. "
        f"KMS Exception: {error.code} KMS Message: {error.message}"
    )


def stale_revision(of: str = "GetFunction/GetAlias") -> AwsError:
    return AwsError(
        "PreconditionFailedException",
        "The RevisionId provided does not match the latest RevisionId. Call the "
        f"{of} API to retrieve the latest RevisionId",
        412,
    )


def invalid_content(reason: str) -> AwsError:
    return AwsError("InvalidRequestContentException", f"Could not parse request body into json: {reason}")


def too_large(limit: int, operation: str) -> AwsError:
    message = f"Request must be smaller than {limit} bytes for the {operation} operation"
    return AwsError("RequestTooLargeException", message, 413)


def throttled(reason: str) -> AwsError:
    return AwsError("TooManyRequestsException", "Rate Exceeded.", 429, Reason=reason)


def unzip_failed() -> AwsError:
    return invalid_parameter("Could not unzip uploaded file. Please check your file, then try to upload again.")
