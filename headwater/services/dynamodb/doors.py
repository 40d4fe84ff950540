"""How an operation of DynamoDB is marked: the language's refusals become the service's errors."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from headwater.languages.dynamodb.errors import (
    DataException,
    MissingValue,
    SerializationException,
    ValidationException,
)
from headwater.services.dynamodb.errors import validation
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result, operation

Handler = Callable[[Call, Request], Result]


def aws_error(error: ValidationException | SerializationException) -> AwsError:
    if isinstance(error, ValidationException):
        return validation(str(error))
    return AwsError("SerializationException", str(error))


def counted_error(error: ValidationException | SerializationException) -> AwsError:
    """As the writes of one item say it since June 2026: what the request itself has wrong is counted, and a value that
    is missing is told without its place; what a value's form or the item has wrong is not counted."""
    if isinstance(error, SerializationException | DataException):
        return aws_error(error)
    cause = error.__cause__
    return validation(f"1 validation error detected: {cause if isinstance(cause, MissingValue) else error}")


def item_operation(name: str, *, reads: bool = False, counts: bool = False) -> Callable[[Handler], Handler]:
    """Marks the implementation of an operation that handles attribute values or expressions. ``counts``: see
    `counted_error`."""
    told = counted_error if counts else aws_error

    def mark(handler: Handler) -> Handler:
        @operation("dynamodb", name, reads=reads)
        @wraps(handler)
        def run(call: Call, request: Request) -> Result:
            try:
                return handler(call, request)
            except (ValidationException, SerializationException) as error:
                raise told(error) from None

        return run

    return mark
