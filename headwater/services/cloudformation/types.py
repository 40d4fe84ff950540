"""Resource types: found in the services that own them, and called so that each outcome is one of four."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from headwater.services import RESOURCE_NAMESPACES
from headwater.services.cloudformation.errors import invalid_properties
from headwater.services.cloudformation.surroundings import is_custom
from headwater.services.cloudformation.witness import Witnessed
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call
from headwater.spine.resources import Change, Resource, Step

CUSTOM = "AWS::CloudFormation::CustomResource"
_NAME_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
# https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-test-contract-errors.html
_HANDLER_CODES = (
    (("AlreadyExist", "InUse", "Conflict"), "AlreadyExists"),
    (("NotFound", "DoesNotExist", "NoSuch", "NonExistent"), "NotFound"),
    (("AccessDenied", "Authorization", "NotAuthorized", "Unauthorized"), "AccessDenied"),
    (("LimitExceeded", "QuotaExceeded", "TooMany"), "ServiceLimitExceeded"),
    (("InternalFailure", "InternalError", "ServiceUnavailable"), "ServiceInternalError"),
)


class ResourceFailed(Exception):
    """A resource could not be made, changed or removed; the text is the event's whole reason, ``code`` one of the
    handlers' error codes, ``message`` what the service said."""

    def __init__(self, reason: str, code: str = "InvalidRequest", message: str | None = None) -> None:
        super().__init__(reason)
        self.code = code
        self.message = message or reason


@dataclass
class StackChange(Change):
    """A change with the token of the task that it belongs to, and when that was begun (ms): the same when the task is
    carried out again. ``creation_policy`` is the template's, resolved."""

    token: str = ""
    begun: int = 0
    creation_policy: Any = None


def name_suffix(stack_id: str, resource: int) -> str:
    """The 12 characters that make a physical name unique; the same whenever it is made again."""
    digest = hashlib.sha256(f"{stack_id}/{resource}".encode()).digest()
    return "".join(_NAME_ALPHABET[byte % len(_NAME_ALPHABET)] for byte in digest[:12])


def find_type(call: Call, name: str) -> Resource:
    """Raises ResourceFailed for a type that we lack."""
    if is_custom(name):
        name = CUSTOM
    resources = call.engine.catalogue.resources
    if name not in resources:
        service = RESOURCE_NAMESPACES.get("::".join(name.split("::")[:2]))
        if service is not None:
            try:
                call.engine.load(service)
            except (AwsError, ModuleNotFoundError):
                service = None
    found: Resource | None = resources.get(name)
    if found is None:
        raise ResourceFailed(f"Headwater does not implement the resource type {name}.")
    return found


def is_known(call: Call, name: str) -> bool:
    try:
        find_type(call, name)
    except ResourceFailed:
        return False
    return True


def is_replaced_always(call: Call, name: str) -> bool:
    """Whether our type knows no update in place."""
    try:
        return type(find_type(call, name)).update is Resource.update
    except ResourceFailed:
        return False


def attempt(
    call: Call, change: StackChange, method: Callable[[Call, Change], Step], principal: str | None = None
) -> Step:
    """Run one step of a type in a savepoint, in a session of the stack's role. Raises ResourceFailed or Replace; may
    return a coroutine."""
    change.work = call.work
    try:
        return call.engine.attempt(method, Witnessed(call, principal), change)
    except AwsError as error:
        raise failure_of(call, error) from error
    except KeyError as error:
        raise missing_property(change, error) from error


async def wait_for(call: Call, change: StackChange, step: Coroutine[Any, Any, None]) -> ResourceFailed | None:
    """The rest of a step that waits: how it failed, None where it did not."""
    try:
        await step
    except ResourceFailed as failure:
        return failure
    except AwsError as error:
        return failure_of(call, error)
    except KeyError as error:
        problem = missing_property(change, error)
        if not isinstance(problem, ResourceFailed):
            raise problem from error
        return problem
    return None


def missing_property(change: Change, error: KeyError) -> Exception:
    """A type asked for a property that the template does not give. Any other missing key is a fault of ours."""
    key = error.args[0] if error.args else None
    if not isinstance(key, str) or key in change.properties or not key[:1].isupper():
        return error
    return ResourceFailed(invalid_properties(change.logical_id, [f"#: required key [{key}] not found"]))


def failure_of(call: Call, error: AwsError) -> ResourceFailed:
    code = handler_code(error)
    message = error.message or error.code
    said = f'Resource handler returned message: "{message}"'
    return ResourceFailed(f"{said} (RequestToken: {call.ids.uuid()}, HandlerErrorCode: {code})", code, message)


def handler_code(error: AwsError) -> str:
    return next((code for words, code in _HANDLER_CODES if any(word in error.code for word in words)), "InvalidRequest")
