"""Access control lists as values: canned ones, those that headers and documents give, what makes one public.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html
"""

from __future__ import annotations

import re
from typing import Any

from headwater.services.s3.errors import (
    invalid_argument,
    invalid_request,
    malformed_acl,
    missing_acl,
    unexpected_content,
)
from headwater.spine.errors import AwsError
from headwater.spine.operations import Request

Grant = dict[str, Any]

_GROUPS = "http://acs.amazonaws.com/groups/"
ALL_USERS = f"{_GROUPS}global/AllUsers"
AUTHENTICATED_USERS = f"{_GROUPS}global/AuthenticatedUsers"
LOG_DELIVERY = f"{_GROUPS}s3/LogDelivery"
_KNOWN_GROUPS = (ALL_USERS, AUTHENTICATED_USERS, LOG_DELIVERY)
# who reads images of machines, as AWS names it
_IMAGE_READER = "6aa5a366c34c1cbe25dc49211496e913e0351eb0e8c37aa3477e40942ec6b97c"
_PERMISSIONS = ("FULL_CONTROL", "READ", "WRITE", "READ_ACP", "WRITE_ACP")
HEADERS = (
    ("GrantFullControl", "x-amz-grant-full-control", "FULL_CONTROL"),
    ("GrantRead", "x-amz-grant-read", "READ"),
    ("GrantWrite", "x-amz-grant-write", "WRITE"),
    ("GrantReadACP", "x-amz-grant-read-acp", "READ_ACP"),
    ("GrantWriteACP", "x-amz-grant-write-acp", "WRITE_ACP"),
)
_GRANTEE = re.compile(r'\s*(id|uri|emailAddress)\s*=\s*"?([^"]*)"?\s*\Z')
_CANONICAL = re.compile(r"[0-9a-f]{64}\Z")
_MOST_GRANTS = 100
_CANNED = (
    ("private", ()),
    ("public-read", ((ALL_USERS, "READ"),)),
    ("public-read-write", ((ALL_USERS, "READ"), (ALL_USERS, "WRITE"))),
    ("authenticated-read", ((AUTHENTICATED_USERS, "READ"),)),
    ("aws-exec-read", ((_IMAGE_READER, "READ"),)),
    ("bucket-owner-read", (("bucket", "READ"),)),
    ("bucket-owner-full-control", (("bucket", "FULL_CONTROL"),)),
    ("log-delivery-write", ((LOG_DELIVERY, "WRITE"), (LOG_DELIVERY, "READ_ACP"))),
)


def user(identity: str, permission: str) -> Grant:
    return {"Grantee": {"ID": identity, "Type": "CanonicalUser"}, "Permission": permission}


def group(uri: str, permission: str) -> Grant:
    return {"Grantee": {"URI": uri, "Type": "Group"}, "Permission": permission}


def asks(request: Request) -> bool:
    """Whether a request says anything of access control lists."""
    return bool(request.get("ACL")) or any(request.get(member) for member, _, _ in HEADERS)


def of_request(request: Request, owner: str, bucket_owner: str) -> list[Grant]:
    """The grants of a canned list or of headers; InvalidRequest where both are given. Owners by canonical id."""
    canned, by_header = request.get("ACL"), _of_headers(request)
    if canned and by_header:
        raise invalid_request("Specifying both Canned ACLs and Header Grants is not allowed")
    if by_header:
        return by_header
    return _of_canned(canned or "private", owner, bucket_owner)


def of_put(request: Request, owner: str, bucket_owner: str) -> list[Grant]:
    """The same for a request that sets a list, which may be its body; some one of the three must be there."""
    document = request.get("AccessControlPolicy")
    if document is None:
        if not asks(request):
            raise missing_acl()
        return of_request(request, owner, bucket_owner)
    if asks(request):
        raise unexpected_content()
    return _of_document(document, owner)


def _of_canned(name: str, owner: str, bucket_owner: str) -> list[Grant]:
    extra = dict(_CANNED).get(name)
    if extra is None:
        raise invalid_argument("", "x-amz-acl", name)
    made = [user(owner, "FULL_CONTROL")]
    for who, permission in extra:
        if who != "bucket":
            made.append(group(who, permission) if who.startswith(_GROUPS) else user(who, permission))
        elif bucket_owner != owner:
            made.append(user(bucket_owner, permission))
    return made


def _of_headers(request: Request) -> list[Grant]:
    made = []
    for member, header, permission in HEADERS:
        for text in (request.get(member) or "").split(",") if request.get(member) else ():
            match = _GRANTEE.match(text)
            if match is None:
                raise invalid_argument("Argument format not recognized", header, text)
            kind, value = match[1], match[2]
            if kind == "emailAddress":
                raise unresolvable(value)
            made.append(_checked(group(value, permission) if kind == "uri" else user(value, permission), kind))
    return made


def _of_document(document: dict[str, Any], owner: str) -> list[Grant]:
    named = (document.get("Owner") or {}).get("ID")
    if not named or document.get("Grants") is None:
        raise malformed_acl()
    if named != owner:
        raise (
            invalid_argument("Invalid id", "Owner/ID", named)
            if not _CANONICAL.match(named)
            else AwsError("AccessDenied", "Access Denied", 403)
        )
    grants = document["Grants"]
    if len(grants) > _MOST_GRANTS:
        raise malformed_acl()
    return [_of_element(each) for each in grants]


def _of_element(given: dict[str, Any]) -> Grant:
    grantee, permission = given.get("Grantee") or {}, given.get("Permission")
    if permission not in _PERMISSIONS:
        raise malformed_acl()
    kind = grantee.get("Type")
    if kind == "Group" and "URI" in grantee:
        return _checked(group(grantee["URI"], permission), "Group/URI")
    if kind == "CanonicalUser" and "ID" in grantee:
        return _checked(user(grantee["ID"], permission), "CanonicalUser/ID")
    if kind == "AmazonCustomerByEmail":
        raise unresolvable(grantee.get("EmailAddress") or "")
    raise malformed_acl()


def _checked(grant: Grant, where: str) -> Grant:
    grantee = grant["Grantee"]
    if "URI" in grantee and grantee["URI"] not in _KNOWN_GROUPS:
        raise invalid_argument("Invalid group uri", where, grantee["URI"])
    if "ID" in grantee and not _CANONICAL.match(grantee["ID"]):
        raise invalid_argument("Invalid id", where, grantee["ID"])
    return grant


def unresolvable(address: str) -> AwsError:
    """Nobody here has an e-mail address."""
    text = "The e-mail address you provided does not match any account on record."
    return AwsError("UnresolvableGrantByEmailAddress", text, emailAddress=address)


def is_public(grants: list[Grant]) -> bool:
    """Whether anybody, or any AWS account, is given something."""
    return any(grant["Grantee"].get("URI") in (ALL_USERS, AUTHENTICATED_USERS) for grant in grants)
