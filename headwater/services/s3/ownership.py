"""Who owns a bucket and what is in it, and what a write may say of access control lists.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
"""

from __future__ import annotations

from typing import Any

from headwater.services.s3 import grants
from headwater.services.s3.bucket import Bucket
from headwater.services.s3.errors import acl_not_supported, blocked_public_acl
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request

ENFORCED, PREFERRED = "BucketOwnerEnforced", "BucketOwnerPreferred"
_OF_OWNERS = ("private", "bucket-owner-full-control")


def canonical(account: str) -> str:
    """The canonical user of an account: 64 hexadecimal digits, here made of the account's own."""
    return account.rjust(64, "0")


def ownership(bucket: Bucket) -> str:
    """A bucket that was never told is of the time when writers owned what they wrote."""
    rules = bucket.settings.get("OwnershipControls", {}).get("Rules") or [{}]
    return str(rules[0].get("ObjectOwnership", "ObjectWriter"))


def acl_of_write(call: Call, bucket: Bucket, request: Request) -> dict[str, Any]:
    """What a new object's attributes hold of its owner and its list: nothing where both are the bucket's owner's."""
    mode, own = ownership(bucket), call.account == bucket.account
    if mode == ENFORCED:
        if not _is_owners(request):
            raise acl_not_supported()
        return {}
    if own and not grants.asks(request):
        return {}
    given_away = mode == PREFERRED and request.get("ACL") == "bucket-owner-full-control"
    owner = canonical(bucket.account if own or given_away else call.account)
    made = grants.of_request(request, owner, canonical(bucket.account))
    check_not_blocked(call, bucket, made)
    kept: dict[str, Any] = {} if own or given_away else {"Owner": owner}
    return kept if made == [grants.user(owner, "FULL_CONTROL")] else {**kept, "Acl": made}


def _is_owners(request: Request) -> bool:
    by_header = any(request.get(member) for member, _, _ in grants.HEADERS)
    return not by_header and (request.get("ACL") or "private") in _OF_OWNERS


def check_not_blocked(call: Call, bucket: Bucket, made: list[grants.Grant]) -> None:
    """AccessDenied where the bucket lets no list be public."""
    if bucket.settings.get("PublicAccessBlock", {}).get("BlockPublicAcls") and grants.is_public(made):
        raise blocked_public_acl(call.principal, call.span.name, call.span.subject)


def check_new_bucket(request: Request, account: str) -> list[grants.Grant] | None:
    """The list of a bucket that is made, if it is to have one; new buckets have no lists, and block public ones."""
    if not grants.asks(request):
        return None
    owner = canonical(account)
    made = grants.of_request(request, owner, owner)
    private = made == [grants.user(owner, "FULL_CONTROL")]
    if private:
        return None
    if (request.get("ObjectOwnership") or ENFORCED) == ENFORCED:
        text = "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting"
        raise AwsError("InvalidBucketAclWithObjectOwnership", text)
    if grants.is_public(made):
        text = "Bucket cannot have public ACLs set with BlockPublicAccess enabled"
        raise AwsError("InvalidBucketAclWithBlockPublicAccessError", text)
    return made
