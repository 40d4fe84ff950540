"""Keys as whoever encrypts, signs or protects data with them uses them.

https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
"""

from __future__ import annotations

from headwater.services.kms.errors import access_denied, dry_run, incompatible, unsupported, wrong_usage
from headwater.services.kms.key import Key, check_enabled, find_key
from headwater.services.kms.specs import SYMMETRIC
from headwater.spine.errors import not_implemented
from headwater.spine.operations import Call, Request, Result, operation


def usable_key(call: Call, request: Request, usage: str, member: str = "KeyId") -> Key:
    """The key that a request names, enabled and meant for this usage. AWS's own keys are used by services alone."""
    if request.get("Recipient"):
        raise not_implemented("Recipient: attested enclaves, of KMS")
    key = find_key(call, request[member], aliases=True)
    check_usable(call, key, usage)
    return key


def check_usable(call: Call, key: Key, usage: str) -> None:
    name = call.span.name.removeprefix("kms:")
    if key.manager == "AWS":
        raise access_denied(call.principal, name, key.arn)
    check_enabled(key)
    if key.usage != usage:
        raise wrong_usage(key.arn, key.usage, name)


def check_algorithm(key: Key, algorithm: str) -> str:
    if algorithm not in key.algorithms:
        raise incompatible(algorithm, key.spec)
    return algorithm


def check_dry_run(request: Request) -> None:
    """To be asked last, when nothing else can fail."""
    if request.get("DryRun"):
        raise dry_run()


@operation("kms", "UseKey", internal=True, atomic=True)
def use_key(call: Call, request: Request) -> Result:
    """For the services, whose data a key protects: the ARN of the key that ``KeyId`` names, which may be an alias of
    AWS's own. AwsError with KMS's codes where it is not there, not enabled or no key to encrypt data with.
    """
    call.span.kept = False
    key = find_key(call, request["KeyId"], aliases=True, action="GenerateDataKey", makes_managed=True)
    check_enabled(key)
    if key.spec != SYMMETRIC:
        raise unsupported()
    return {"Arn": key.arn}
