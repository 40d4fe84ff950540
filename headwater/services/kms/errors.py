"""KMS's errors, with AWS's codes and words.

https://docs.aws.amazon.com/kms/latest/APIReference/CommonErrors.html
"""

from __future__ import annotations

from headwater.spine.errors import AwsError


def validation(message: str) -> AwsError:
    return AwsError("ValidationException", message)


def not_found(message: str) -> AwsError:
    return AwsError("NotFoundException", message)


def no_such_key(arn: str) -> AwsError:
    return not_found(f"Key '{arn}' does not exist")


def no_such_alias(arn: str) -> AwsError:
    return not_found(f"Alias {arn} is not found.")


def invalid_key_id(text: str) -> AwsError:
    return not_found(f"Invalid keyId '{text}'")


def invalid_arn(text: str) -> AwsError:
    return AwsError("InvalidArnException", f"Invalid arn {text}")


def alias_exists(arn: str) -> AwsError:
    return AwsError("AlreadyExistsException", f"An alias with the name {arn} already exists")


def reserved_alias() -> AwsError:
    return AwsError("NotAuthorizedException", "")


def disabled(arn: str) -> AwsError:
    return AwsError("DisabledException", f"{arn} is disabled.")


def invalid_state(arn: str, what: str) -> AwsError:
    return AwsError("KMSInvalidStateException", f"{arn} {what}.")


def wrong_usage(arn: str, usage: str, operation: str) -> AwsError:
    return AwsError("InvalidKeyUsageException", f"{arn} key usage is {usage} which is not valid for {operation}.")


def incompatible(algorithm: str, spec: str) -> AwsError:
    return AwsError("InvalidKeyUsageException", f"Algorithm {algorithm} is incompatible with key spec {spec}.")


def incorrect_key() -> AwsError:
    text = "The key ID in the request does not identify a CMK that can perform this operation."
    return AwsError("IncorrectKeyException", text)


def invalid_ciphertext() -> AwsError:
    return AwsError("InvalidCiphertextException", "")


def ciphertext_of_nobody() -> AwsError:
    text = (
        "The ciphertext refers to a customer master key that does not exist, does not exist in this region, "
        "or you are not allowed to access."
    )
    return AwsError("AccessDeniedException", text)


def access_denied(principal: str, operation: str, arn: str) -> AwsError:
    text = (
        f"User: {principal} is not authorized to perform: kms:{operation} on resource: {arn} "
        f"because no resource-based policy allows the kms:{operation} action"
    )
    return AwsError("AccessDeniedException", text)


def unsupported(message: str = "") -> AwsError:
    return AwsError("UnsupportedOperationException", message)


def malformed_policy(message: str) -> AwsError:
    return AwsError("MalformedPolicyDocumentException", message)


def limit_exceeded(message: str) -> AwsError:
    return AwsError("LimitExceededException", message)


def tag_error(message: str) -> AwsError:
    return AwsError("TagException", message)


def invalid_marker() -> AwsError:
    return AwsError("InvalidMarkerException", "Could not deserialize marker")


def invalid_grant_id() -> AwsError:
    return AwsError("InvalidGrantIdException", "")


def invalid_grant_token() -> AwsError:
    return AwsError("InvalidGrantTokenException", "")


def dry_run() -> AwsError:
    return AwsError("DryRunOperationException", "The request would have succeeded, but the DryRun option is set.")
