"""SNS's errors, worded as SNS words them. https://docs.aws.amazon.com/sns/latest/api/CommonErrors.html"""

from headwater.spine.errors import AwsError


def invalid(reason: str) -> AwsError:
    return AwsError("InvalidParameter", f"Invalid parameter: {reason}")


def invalid_message_attribute(message: str) -> AwsError:
    return AwsError("ParameterValueInvalid", message)


def topic_not_found() -> AwsError:
    return AwsError("NotFound", "Topic does not exist", 404)


def subscription_not_found() -> AwsError:
    return AwsError("NotFound", "Subscription does not exist", 404)


def resource_not_found() -> AwsError:
    return AwsError("ResourceNotFound", "Resource does not exist", 404)


def malformed_arn(parameter: str, arn: str) -> AwsError:
    return invalid(f"{parameter} Reason: An ARN must have at least 6 elements, not {len(arn.split(':'))}")


def not_authorized(action: str) -> AwsError:
    return AwsError("AuthorizationError", f"User is not authorized to perform: SNS:{action}", 403)
