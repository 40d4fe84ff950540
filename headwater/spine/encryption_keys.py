"""Keys of KMS by which a service says that its data is encrypted. The data lies as it is; the keys are looked up, so
that one which is missing, disabled or about to go is refused as on AWS.
"""

from __future__ import annotations

from collections.abc import Callable

from headwater.spine.errors import AwsError
from headwater.spine.operations import Call


def as_shape(error: AwsError) -> AwsError:
    """KMS's error as most services name it: KMSNotFoundException, KMSDisabledException, KMSInvalidStateException, …"""
    return AwsError(f"KMS{error.code.removeprefix('KMS')}", error.message)


def usable_key(
    call: Call,
    name: str,
    refusal: Callable[[AwsError], AwsError],
    account: str | None = None,
    region: str | None = None,
) -> str:
    """The ARN of the key that an id, an ARN or an alias names, as that account sees it. ``refusal`` turns KMS's errors
    (NotFoundException, DisabledException, KMSInvalidStateException, …) into the service's own."""
    try:
        return str(call.operation("kms", "UseKey", {"KeyId": name}, account=account, region=region)["Arn"])
    except AwsError as error:
        raise refusal(error) from None
