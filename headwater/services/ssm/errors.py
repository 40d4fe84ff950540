"""Parameter Store's errors, with AWS's codes and words.

https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
"""

from __future__ import annotations

from headwater.spine.errors import AwsError


def validation(message: str) -> AwsError:
    return AwsError("ValidationException", message)


def invalid_key(error: AwsError) -> AwsError:
    if error.code == "AccessDeniedException":
        return error
    return AwsError("InvalidKeyId", error.message)


def not_found() -> AwsError:
    return AwsError("ParameterNotFound")


def version_not_found(name: str, version: str) -> AwsError:
    return AwsError(
        "ParameterVersionNotFound",
        f"Systems Manager could not find version {version} of {name}. Verify the version and try again.",
    )


def label_not_found(name: str, label: str) -> AwsError:
    return AwsError(
        "ParameterVersionNotFound",
        f"Systems Manager could not find label {label} for parameter {name}. Verify the label and try again.",
    )


def already_exists() -> AwsError:
    return AwsError(
        "ParameterAlreadyExists",
        "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.",
    )


def pattern_mismatch(pattern: str) -> AwsError:
    return AwsError(
        "ParameterPatternMismatchException",
        f"Parameter value, cannot be validated against allowedPattern: {pattern}",
    )


def invalid_pattern(pattern: str) -> AwsError:
    return AwsError("InvalidAllowedPatternException", f"The request does not meet the regular expression {pattern}")


def too_deep() -> AwsError:
    return AwsError(
        "HierarchyLevelLimitExceededException",
        "Parameter name must not exceed 15 levels.",
    )


def invalid_filter(message: str) -> AwsError:
    return AwsError("InvalidFilterKey", message)


def invalid_filter_option(message: str) -> AwsError:
    return AwsError("InvalidFilterOption", message)


def invalid_filter_value(message: str) -> AwsError:
    return AwsError("InvalidFilterValue", message)


def invalid_token() -> AwsError:
    return AwsError("InvalidNextToken", "The specified token is not valid.")


def invalid_resource(name: str) -> AwsError:
    return AwsError("InvalidResourceId", f"The resource ID {name} is not valid. Verify the ID and try again.")


def policies_limit_exceeded(message: str) -> AwsError:
    return AwsError("PoliciesLimitExceededException", message)


def unsupported_policy(message: str) -> AwsError:
    return AwsError("InvalidPolicyTypeException", message)


def invalid_policy_attribute(message: str) -> AwsError:
    return AwsError("InvalidPolicyAttributeException", message)


def incompatible_policies(message: str) -> AwsError:
    return AwsError("IncompatiblePolicyException", message)
