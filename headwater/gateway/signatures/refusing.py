"""What becomes of an operation whose request is not signed as it ought to be: it is refused, or done and noted."""

from __future__ import annotations

from copy import copy

from headwater.gateway.signatures.wording import refusal
from headwater.languages.signatures.faults import Fault, Flaw
from headwater.spine.admission import NOTE
from headwater.spine.errors import AwsError
from headwater.spine.operations import Answer, Call, Operation, Request
from headwater.spine.permissions import REFUSED, SIGNED_WITH

_FOR_ANYBODY = frozenset(
    {
        "sts:AssumeRoleWithSAML",
        "sts:AssumeRoleWithWebIdentity",
        "sns:ConfirmSubscription",
        "sns:Unsubscribe",
        "iot:ConfirmTopicRuleDestination",
    }
)
"""Operations that need no signature."""


def heed_flaw(operation: Operation, flaw: Flaw, protocol: str, excused: bool) -> tuple[Operation, AwsError | None]:
    """The operation as a flawed request gets it, and the error that it ends in, unless the flaw is only to be told."""
    if flaw.fault is Fault.MISSING and is_for_anybody(operation):
        return operation, None
    error = refusal(flaw, operation.service, protocol)
    if excused:
        return noting(operation, NOTE, flaw, error), None
    return noting(operation, REFUSED, flaw, error, refuse=True), error


def refused_as_users_api(flaw: Flaw) -> tuple[str, str] | None:
    """AWS's code and message; None where there is no signature of AWS's."""
    if flaw.fault is Fault.MISSING or flaw.fault is Fault.ALGORITHM:
        return None
    error = refusal(flaw, "execute-api", "rest-json")
    return error.code, error.message


def is_for_anybody(operation: Operation) -> bool:
    """S3 has public buckets."""
    return operation.service == "s3" or operation.title in _FOR_ANYBODY


def noting(operation: Operation, note: str, flaw: Flaw, error: AwsError, *, refuse: bool = False) -> Operation:
    """Its twin, whose span tells what AWS would refuse and why. ``refuse``: which then does so."""
    text = told(flaw, error)

    def handler(call: Call, request: Request) -> Answer:
        call.span.note(SIGNED_WITH, flaw.access_key or "nothing")
        call.span.note(note, text)
        if flaw.fault is Fault.MISMATCH:
            call.span.note("string that should have been signed", flaw.told[3] or flaw.told[2])
        if refuse:
            raise error
        if operation.validate is not None:
            operation.validate(request)
        return operation.handler(call, request)

    twin = copy(operation)
    twin.handler, twin.validate, twin.in_role = handler, None, None
    return twin


def told(flaw: Flaw, error: AwsError) -> str:
    """Such as ``SignatureDoesNotMatch: it was signed for the method PUT, and sent with GET``."""
    return f"{error.code}: {flaw.why or error.message.partition(chr(10))[0]}"
