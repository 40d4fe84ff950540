"""What operations on keys ask of roles.

https://docs.aws.amazon.com/kms/latest/developerguide/kms-api-permissions-reference.html
"""

from __future__ import annotations

from collections.abc import Iterable

from headwater.services.kms import ciphertexts, tables
from headwater.services.kms.key import look_up
from headwater.spine.arns import make_arn
from headwater.spine.authorization import Access, Authorization, Needs, names
from headwater.spine.operations import Call, Request

_ON_KEYS = """
    CancelKeyDeletion CreateGrant DescribeKey DisableKey DisableKeyRotation EnableKey EnableKeyRotation Encrypt
    GenerateDataKey GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext GenerateDataKeyWithoutPlaintext GenerateMac
    GetKeyPolicy GetKeyRotationStatus GetPublicKey ListGrants ListKeyPolicies ListKeyRotations ListResourceTags
    PutKeyPolicy RevokeGrant RotateKeyOnDemand ScheduleKeyDeletion Sign TagResource UntagResource UpdateKeyDescription
    Verify VerifyMac
"""


def _arn(call: Call, name: str) -> str:
    """Of the key that an id, an ARN or an alias names; '' where there is none."""
    key = look_up(call, name)
    return "" if key is None else key.arn


def _opened(action: str, blob: str, member: str) -> Needs:
    """What decrypts: the key that is named, or that the ciphertext names."""

    def needs(call: Call, request: Request) -> Iterable[Access]:
        arn = _arn(call, request[member]) if request.get(member) else _of_ciphertext(call, request.get(blob))
        return (Access(action, arn),) if arn else ()

    return needs


def _of_ciphertext(call: Call, blob: object) -> str:
    ciphertext = ciphertexts.parse(blob) if isinstance(blob, bytes) else None
    if ciphertext is None:
        return ""
    row = call.store.one(tables.FIND_KEYS_BY_ID, (call.region, ciphertext.key_id))
    return "" if row is None else str(row[0])


_FROM = _opened("kms:ReEncryptFrom", "CiphertextBlob", "SourceKeyId")


def _re_encrypt(call: Call, request: Request) -> Iterable[Access]:
    yield from _FROM(call, request)
    if arn := _arn(call, request.get("DestinationKeyId") or ""):
        yield Access("kms:ReEncryptTo", arn)


def _on_alias(name: str) -> Needs:
    """An alias asks for itself, and for the keys that it names before and after."""

    def needs(call: Call, request: Request) -> Iterable[Access]:
        alias, target = request.get("AliasName"), request.get("TargetKeyId")
        if not alias:
            return
        yield Access(f"kms:{name}", make_arn("kms", call.region, call.account, alias))
        keys = [_arn(call, target)] if target else []
        if name != "CreateAlias":
            keys.append(_arn(call, alias))
        for key in dict.fromkeys(filter(None, keys)):
            yield Access(f"kms:{name}", key)

    return needs


AUTHORIZATION = Authorization(
    {
        **names(_arn, "kms", KeyId=_ON_KEYS),
        "Decrypt": _opened("kms:Decrypt", "CiphertextBlob", "KeyId"),
        "ReEncrypt": _re_encrypt,
        **{name: _on_alias(name) for name in ("CreateAlias", "DeleteAlias", "UpdateAlias")},
    },
    # whom a grant names may retire it
    frozenset({"RetireGrant"}),
)
