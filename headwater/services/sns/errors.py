"""SNS's errors, worded as SNS words them. https://docs.aws.amazon.com/sns/latest/api/CommonErrors.html"""

from collections.abc import Mapping
from typing import Any

from headwater.spine.errors import AwsError
from headwater.spine.shapes import failure, validation_error


def invalid(reason: str) -> AwsError:
    return AwsError("InvalidParameter", f"Invalid parameter: {reason}")


def required(given: Mapping[str, Any], member: str) -> Any:
    """A member that a request or a part of it must have, and not empty where it is a list."""
    value = given.get(member)
    if value is None or value == []:
        path = member[:1].lower() + member[1:]
        why = "Member must not be null" if value is None else "Member must have length greater than or equal to 1"
        raise AwsError("ValidationError", validation_error([failure(value, path, why)]).message)
    return value


def invalid_message_attribute(message: str) -> AwsError:
    return AwsError("ParameterValueInvalid", message)


def topic_not_found() -> AwsError:
    return AwsError("NotFound", "Topic does not exist", 404)


def subscription_not_found() -> AwsError:
    return AwsError("NotFound", "Subscription does not exist", 404)


def resource_not_found() -> AwsError:
    return AwsError("ResourceNotFound", "Resource does not exist", 404)


def too_many_tags() -> AwsError:
    return AwsError("TagLimitExceeded", "Could not complete request: tag quota of per resource exceeded")


def topic_limit_exceeded() -> AwsError:
    return AwsError("TopicLimitExceeded", "Topic limit exceeded", 403)


def subscription_limit_exceeded() -> AwsError:
    return AwsError("SubscriptionLimitExceeded", "Subscription limit exceeded", 403)


def filter_policy_limit_exceeded() -> AwsError:
    return AwsError("FilterPolicyLimitExceeded", "Filter policy limit exceeded", 403)


def malformed_arn(parameter: str, arn: str) -> AwsError:
    return invalid(f"{parameter} Reason: An ARN must have at least 6 elements, not {len(arn.split(':'))}")


def access_denied(principal: str, action: str, topic: str) -> AwsError:
    return AwsError(
        "AuthorizationError",
        f"User: {principal} is not authorized to perform: SNS:{action} on resource: {topic} because no resource-based "
        f"policy allows the SNS:{action} action",
        403,
    )


def not_authorized(action: str) -> AwsError:
    return AwsError("AuthorizationError", f"User is not authorized to perform: SNS:{action}", 403)
