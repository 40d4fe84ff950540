"""Cloud Control's errors.

https://docs.aws.amazon.com/cloudcontrolapi/latest/APIReference/CommonErrors.html
"""

from __future__ import annotations

from collections.abc import Iterable

from headwater.spine.errors import AwsError
from headwater.spine.operations import Call


def type_not_found(name: str) -> AwsError:
    return AwsError("TypeNotFoundException", f"The type '{name}' cannot be found.")


def unsupported(name: str, action: str) -> AwsError:
    return AwsError("UnsupportedActionException", f"Resource type {name} does not support {action} action")


def was_not_found(name: str, identifier: str) -> str:
    return f"Resource of type '{name}' with identifier '{identifier}' was not found."


def resource_not_found(call: Call, name: str, identifier: str) -> AwsError:
    return AwsError(
        "ResourceNotFoundException",
        f"{name} Handler returned status FAILED: {was_not_found(name, identifier)} "
        f"(HandlerErrorCode: NotFound, RequestToken: {call.ids.uuid()})",
    )


def invalid(message: str) -> AwsError:
    return AwsError("ValidationException", message)


def invalid_token() -> AwsError:
    return AwsError("InvalidRequestException", "The NextToken is not valid.")


def not_updatable(names: Iterable[str]) -> AwsError:
    paths = ", ".join(f"/properties/{name}" for name in names)
    return AwsError("NotUpdatableException", f"Invalid patch update: createOnlyProperties [{paths}] cannot be updated")


def concurrent(name: str, identifier: str) -> AwsError:
    return AwsError(
        "ConcurrentOperationException",
        f"Another operation on the resource {identifier} of type {name} is in progress.",
    )


def client_token_conflict() -> AwsError:
    return AwsError(
        "ClientTokenConflictException", "The client token has been used with another request to Cloud Control."
    )


def request_not_found(token: str) -> AwsError:
    return AwsError("RequestTokenNotFoundException", f"Request with token {token} was not found.")


def cannot_cancel(status: str) -> AwsError:
    return AwsError(
        "ConcurrentModificationException", f"A resource operation request that is {status} cannot be cancelled."
    )
