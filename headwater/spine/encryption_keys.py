"""Keys of KMS by which a service says that its data is encrypted. The data lies as it is; the keys are looked up, so
that one which is missing, disabled or about to go is refused as on AWS, and so is whoever may not use it.
"""

from __future__ import annotations

from collections.abc import Callable

from headwater.spine.arns import parse_arn
from headwater.spine.authorization import Access
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call
from headwater.spine.permissions import is_refused, is_weighed, lacks, through, told

ENCRYPT = ("kms:GenerateDataKey",)
DECRYPT = ("kms:Decrypt",)
BOTH = (*ENCRYPT, *DECRYPT)


def as_shape(error: AwsError) -> AwsError:
    """KMS's error as most services name it: KMSNotFoundException, KMSDisabledException, KMSInvalidStateException, …"""
    return AwsError(f"KMS{error.code.removeprefix('KMS')}", error.message)


def usable_key(
    call: Call,
    name: str,
    actions: tuple[str, ...],
    refusal: Callable[[AwsError], AwsError],
    account: str | None = None,
    region: str | None = None,
) -> str:
    """The ARN of the key that an id, an ARN or an alias names, as that account sees it. Who calls has to be allowed to
    do these actions of KMS's (BOTH …) with it. ``refusal`` turns KMS's errors (NotFoundException, DisabledException,
    AccessDeniedException, KMSInvalidStateException, …) into the service's own."""
    try:
        key = str(call.operation("kms", "UseKey", {"KeyId": name}, account=account, region=region)["Arn"])
        # AWS's own keys let in whoever comes through their service
        if is_weighed(call.principal) and not name.startswith("alias/aws/"):
            _weigh(call, key, actions)
    except AwsError as error:
        raise refusal(error) from None
    return key


def _weigh(call: Call, key: str, actions: tuple[str, ...]) -> None:
    """Note what of it who calls may not do; AccessDeniedException where policies are enforced."""
    arn = parse_arn(key)
    assert arn is not None  # KMS made it
    asked = through(call.span.name.partition(":")[0], arn.region)
    for action in actions:
        why = lacks(call, call.principal, Access(action, key), asked)
        if why is not None:
            text = told(call.principal, action, key, why)
            if is_refused(call, text):
                raise AwsError("AccessDeniedException", f"User: {text}")
