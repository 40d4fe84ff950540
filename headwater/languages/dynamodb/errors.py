"""The ways in which a request's values or expressions are refused.

The message is AWS's own; the service turns the class into the error code of the same name.
"""


class ValidationException(Exception):
    """The value or expression breaks a rule of DynamoDB."""


class MissingValue(ValidationException):
    """A set without members, or a NULL that is not true: found before it is asked where the value stands."""


class DataException(ValidationException):
    """What is wrong is the form of a value, or the item that an update meets; not what the request says."""


class SerializationException(Exception):
    """The JSON is not of the shape that the API describes (a number where a string belongs)."""


def invalid_parameter(message: str) -> ValidationException:
    return ValidationException(f"One or more parameter values were invalid: {message}")


def missing_value(message: str) -> ValidationException:
    return MissingValue(f"One or more parameter values were invalid: {message}")
