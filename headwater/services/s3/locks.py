"""What keeps a version from being deleted: retention until an instant, a legal hold, its bucket's default retention.

They are entries of a version's attributes, named as GetObject names them. Retention ends when the clock passes its
instant; nothing has to be done then.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
"""

from __future__ import annotations

from typing import Any

import orjson

from headwater.services.s3.bucket import Bucket
from headwater.services.s3.checksums import MEMBERS as CHECKSUMS
from headwater.services.s3.errors import bucket_without_lock, invalid_argument, invalid_request, object_locked
from headwater.services.s3.objects import Version
from headwater.spine.operations import Call, Request
from headwater.spine.timestamps import iso8601

MODE, UNTIL, HOLD = MEMBERS = ("ObjectLockMode", "ObjectLockRetainUntilDate", "ObjectLockLegalHoldStatus")
GOVERNANCE, COMPLIANCE = MODES = ("GOVERNANCE", "COMPLIANCE")
_MEMBERS = frozenset(MEMBERS)
_MODE_HEADER, _UNTIL_HEADER = "x-amz-object-lock-mode", "x-amz-object-lock-retain-until-date"
_HOLD_HEADER, _BYPASS_HEADER = "x-amz-object-lock-legal-hold", "x-amz-bypass-governance-retention"
_INTEGRITY = frozenset(("ContentMD5", "ChecksumAlgorithm", *CHECKSUMS))
_DAY = 86_400_000
_YEAR = 365 * _DAY


def lock_of_write(call: Call, bucket: Bucket, request: Request) -> dict[str, Any]:
    """What a new version's attributes hold of its lock: what its headers ask for, or the bucket's default."""
    if bucket.lock is None and _MEMBERS.isdisjoint(request):
        return {}
    return {**default_retention(call, bucket), **asked_lock(call, bucket, request)}


def asked_lock(call: Call, bucket: Bucket, request: Request) -> dict[str, Any]:
    """The lock that the headers of a write ask for, checked."""
    asked = {name: request[name] for name in MEMBERS if request.get(name)}
    if not asked:
        return {}
    if bucket.lock is None:
        raise bucket_without_lock("ObjectLockConfiguration")
    if (MODE in asked) != (UNTIL in asked):
        text = "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied"
        raise invalid_argument(text, _MODE_HEADER if MODE in asked else _UNTIL_HEADER, asked.get(MODE, ""))
    if asked.get(MODE, GOVERNANCE) not in MODES:
        raise invalid_argument("Unknown wormMode directive.", _MODE_HEADER, asked[MODE])
    if asked.get(HOLD, "ON") not in ("ON", "OFF"):
        raise invalid_argument("Legal Hold must be either of 'ON' or 'OFF'", _HOLD_HEADER, asked[HOLD])
    if UNTIL in asked and asked[UNTIL] <= call.now:
        text = "The retain until date must be in the future!"
        raise invalid_argument(text, _UNTIL_HEADER, iso8601(asked[UNTIL]))
    return asked


def default_retention(call: Call, bucket: Bucket) -> dict[str, Any]:
    """The retention of a version that is made now and asks for none."""
    rule = bucket.lock and bucket.lock.get("Rule")
    if not rule:
        return {}
    default = rule["DefaultRetention"]
    period = default["Days"] * _DAY if "Days" in default else default["Years"] * _YEAR
    return {MODE: default["Mode"], UNTIL: call.now + period}


def check_integrity(request: Request, lock: dict[str, Any], what: str) -> None:
    """What a client wants retained comes with a checksum of some kind; ``what``: ``Put Object`` or ``Put Part``.

    Other services' SDKs see to that; what they write here has no ``Content-Length``.
    """
    if lock and "ContentLength" in request and _INTEGRITY.isdisjoint(request):
        raise invalid_request(
            f"Content-MD5 OR x-amz-checksum- HTTP header is required for {what} requests with Object Lock parameters"
        )


def bypasses(bucket: Bucket, request: Request) -> bool:
    """Whether a request may go past retention in governance mode."""
    asked = request.get("BypassGovernanceRetention")
    if asked is not None and bucket.lock is None:
        text = f"{_BYPASS_HEADER} is only applicable to Object Lock enabled buckets."
        raise invalid_argument(text, _BYPASS_HEADER, "")
    return bool(asked)


def is_locked(version: Version, now: int, bypass: bool = False) -> bool:
    """Whether a version cannot be deleted at this instant."""
    if "ObjectLock" not in version.attributes:
        return False
    attributes = orjson.loads(version.attributes)
    if attributes.get(HOLD) == "ON":
        return True
    return attributes.get(UNTIL, 0) > now and not (bypass and attributes[MODE] == GOVERNANCE)


def check_removable(call: Call, version: Version, bypass: bool) -> None:
    """AccessDenied where a version is to stay."""
    if is_locked(version, call.now, bypass):
        raise object_locked()
