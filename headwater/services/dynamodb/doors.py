"""How an operation of DynamoDB is marked: the language's refusals become the service's errors."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from headwater.languages.dynamodb.errors import SerializationException, ValidationException
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result, operation

Handler = Callable[[Call, Request], Result]


def aws_error(error: ValidationException | SerializationException) -> AwsError:
    return AwsError(type(error).__name__, str(error))


def item_operation(name: str, *, reads: bool = False) -> Callable[[Handler], Handler]:
    """Marks the implementation of an operation that handles attribute values or expressions."""

    def mark(handler: Handler) -> Handler:
        @operation("dynamodb", name, reads=reads)
        @wraps(handler)
        def run(call: Call, request: Request) -> Result:
            try:
                return handler(call, request)
            except (ValidationException, SerializationException) as error:
                raise aws_error(error) from None

        return run

    return mark
