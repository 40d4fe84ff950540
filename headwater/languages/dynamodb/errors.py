"""The two ways in which a request's values or expressions are refused.

The message is AWS's own; the service turns the class into the error code of the same name.
"""


class ValidationException(Exception):
    """The value or expression breaks a rule of DynamoDB."""


class SerializationException(Exception):
    """The JSON is not of the shape that the API describes (a number where a string belongs)."""


def invalid_parameter(message: str) -> ValidationException:
    return ValidationException(f"One or more parameter values were invalid: {message}")
