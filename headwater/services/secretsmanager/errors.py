"""Secrets Manager's errors, with AWS's codes and words.

https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
"""

from __future__ import annotations

from headwater.spine.errors import AwsError

_KEY_ADVICE = "Check that the KMS key is available, enabled, and not in an invalid state."


def validation(message: str) -> AwsError:
    return AwsError("ValidationException", message)


def not_found(what: str = "Secrets Manager can't find the specified secret.") -> AwsError:
    return AwsError("ResourceNotFoundException", what)


def value_not_found(which: str) -> AwsError:
    """``which``: ``staging label: AWSCURRENT`` or ``VersionId: …``."""
    return not_found(f"Secrets Manager can't find the specified secret value for {which}")


def already_exists(name: str) -> AwsError:
    return AwsError("ResourceExistsException", f"The operation failed because the secret {name} already exists.")


def version_exists(token: str, arn: str) -> AwsError:
    return AwsError(
        "ResourceExistsException",
        f"You can't use ClientRequestToken {token} because that value is already in use for a version of secret {arn}.",
    )


def cannot_invoke() -> AwsError:
    return AwsError(
        "AccessDeniedException",
        "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to "
        "the principal secretsmanager.amazonaws.com.",
    )


def rotation_incomplete() -> AwsError:
    return invalid_request("A previous rotation isn't complete. That rotation will be reattempted.")


def name_to_be_deleted() -> AwsError:
    return invalid_request(
        "You can't create this secret because a secret with this name is already scheduled for deletion."
    )


def to_be_deleted() -> AwsError:
    return invalid_request("You can't perform this operation on the secret because it was marked for deletion.")


def invalid_request(message: str) -> AwsError:
    return AwsError("InvalidRequestException", message)


def invalid_parameter(message: str) -> AwsError:
    return AwsError("InvalidParameterException", message)


def malformed_policy(message: str) -> AwsError:
    return AwsError("MalformedPolicyDocumentException", message)


def limit_exceeded(message: str) -> AwsError:
    return AwsError("LimitExceededException", message)


def encryption_failure(error: AwsError) -> AwsError:
    if error.code == "AccessDeniedException":
        return _no_access_to_key()
    text = "Secrets Manager can't encrypt the protected secret text using the provided KMS key."
    return AwsError("EncryptionFailure", f"{text} {_KEY_ADVICE}")


def decryption_failure(error: AwsError) -> AwsError:
    if error.code == "AccessDeniedException":
        return _no_access_to_key()
    text = "Secrets Manager can't decrypt the protected secret text using the provided KMS key."
    return AwsError("DecryptionFailure", f"{text} {_KEY_ADVICE}")


def _no_access_to_key() -> AwsError:
    return AwsError("AccessDeniedException", "Access to KMS is not allowed")


def invalid_token() -> AwsError:
    return AwsError("InvalidNextTokenException", "The NextToken value is invalid.")
