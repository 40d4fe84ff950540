"""CloudWatch's errors.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CommonErrors.html
"""

from headwater.spine.errors import AwsError


def invalid(message: str) -> AwsError:
    return AwsError("ValidationError", message)


def invalid_value(message: str) -> AwsError:
    return AwsError("InvalidParameterValueException", message)


def bad_combination(message: str) -> AwsError:
    return AwsError("InvalidParameterCombinationException", message)


def missing_parameter(message: str) -> AwsError:
    return AwsError("MissingRequiredParameterException", message)


def bad_format(message: str) -> AwsError:
    return AwsError("InvalidFormatFault", message)


def bad_token() -> AwsError:
    return AwsError("InvalidNextToken", "The specified nextToken is invalid.")


def no_such_alarm(name: str) -> AwsError:
    return AwsError("ResourceNotFound", f"Unknown alarm {name}", 404)


def no_such_resource(arn: str) -> AwsError:
    return AwsError("ResourceNotFoundException", f"Unknown resource {arn}", 404)
