"""Configurations of buckets that are kept as they are given: what another part of S3, or a later one, acts on.

Each is an entry of a table: where it travels in request and result, what is checked, what a bucket without it says.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from headwater.services.s3 import tag_sets
from headwater.services.s3.bucket import Bucket, bucket_by_name, change_settings, find_bucket
from headwater.services.s3.encryption import checked_configuration
from headwater.services.s3.errors import invalid_argument, invalid_bucket_state, invalid_request, malformed_xml
from headwater.services.s3.ownership import ENFORCED
from headwater.spine.errors import AwsError, not_implemented
from headwater.spine.operations import Call, Request, Result, operation

_DEFAULT_ENCRYPTION = checked_configuration({"Rules": [{}]})
_CORS_METHODS = ("GET", "PUT", "POST", "DELETE", "HEAD")


def _absent(code: str, message: str, bucket: Bucket) -> AwsError:
    return AwsError(code, message, 404, BucketName=bucket.name)


def _put(call: Call, request: Request, name: str, member: str, check: Callable[[Any], Any]) -> Result:
    bucket = find_bucket(call, request)
    given = request.get(member)
    if given is None:
        raise malformed_xml()
    change_settings(call, bucket, {name: check(given)})
    return {}


def _delete(call: Call, request: Request, name: str) -> Result:
    change_settings(call, find_bucket(call, request), {name: None})
    return {}


# ---- versioning


@operation("s3", "PutBucketVersioning")
def put_bucket_versioning(call: Call, request: Request) -> Result:
    if find_bucket(call, request).lock and request.get("VersioningConfiguration", {}).get("Status") == "Suspended":
        text = "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed."
        raise invalid_bucket_state(text)
    return _put(call, request, "Versioning", "VersioningConfiguration", _check_versioning)


def _check_versioning(given: dict[str, Any]) -> dict[str, Any]:
    if given.get("MFADelete") == "Enabled":
        raise not_implemented("MFADelete of S3")
    if given.get("Status") not in ("Enabled", "Suspended"):
        raise AwsError("IllegalVersioningConfigurationException", "The Versioning element must be specified")
    return {"Status": given["Status"]}


@operation("s3", "GetBucketVersioning", reads=True)
def get_bucket_versioning(call: Call, request: Request) -> Result:
    return dict(find_bucket(call, request).settings.get("Versioning", {}))


# ---- website


@operation("s3", "PutBucketWebsite")
def put_bucket_website(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketWebsite.html"""
    return _put(call, request, "Website", "WebsiteConfiguration", _check_website)


def _check_website(given: dict[str, Any]) -> dict[str, Any]:
    if "RedirectAllRequestsTo" in given:
        if len(given) > 1 or not given["RedirectAllRequestsTo"].get("HostName"):
            text = "RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules."
            raise invalid_argument(text, "RedirectAllRequestsTo", "not null")
        return given
    suffix = given.get("IndexDocument", {}).get("Suffix")
    if not suffix:
        text = "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty"
        raise invalid_argument(text, "IndexDocument", "null")
    if "/" in suffix:
        raise invalid_argument("The IndexDocument Suffix is not well formed", "IndexDocument", suffix)
    return given


@operation("s3", "GetBucketWebsite", reads=True)
def get_bucket_website(call: Call, request: Request) -> Result:
    bucket = find_bucket(call, request)
    if "Website" not in bucket.settings:
        text = "The specified bucket does not have a website configuration"
        raise _absent("NoSuchWebsiteConfiguration", text, bucket)
    return dict(bucket.settings["Website"])


@operation("s3", "DeleteBucketWebsite")
def delete_bucket_website(call: Call, request: Request) -> Result:
    return _delete(call, request, "Website")


# ---- CORS


@operation("s3", "PutBucketCors")
def put_bucket_cors(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketCors.html"""
    return _put(call, request, "Cors", "CORSConfiguration", _check_cors)


def _check_cors(given: dict[str, Any]) -> dict[str, Any]:
    rules = given.get("CORSRules") or []
    if not 1 <= len(rules) <= 100:
        raise malformed_xml()
    for rule in rules:
        if not rule.get("AllowedMethods") or not rule.get("AllowedOrigins"):
            raise malformed_xml()
        for method in rule["AllowedMethods"]:
            if method not in _CORS_METHODS:
                raise invalid_request(f"Found unsupported HTTP method in CORS config. Unsupported method is {method}")
        for origin in rule["AllowedOrigins"]:
            if origin.count("*") > 1:
                raise invalid_request(f'AllowedOrigin "{origin}" can not have more than one wildcard.')
    return given


@operation("s3", "GetBucketCors", reads=True)
def get_bucket_cors(call: Call, request: Request) -> Result:
    bucket = find_bucket(call, request)
    if "Cors" not in bucket.settings:
        raise _absent("NoSuchCORSConfiguration", "The CORS configuration does not exist", bucket)
    return dict(bucket.settings["Cors"])


@operation("s3", "DeleteBucketCors")
def delete_bucket_cors(call: Call, request: Request) -> Result:
    return _delete(call, request, "Cors")


# ---- tags


@operation("s3", "PutBucketTagging")
def put_bucket_tagging(call: Call, request: Request) -> Result:
    return _put(call, request, "Tagging", "Tagging", lambda given: {"TagSet": tag_sets.bucket_tags(given)})


@operation("s3", "GetBucketTagging", reads=True)
def get_bucket_tagging(call: Call, request: Request) -> Result:
    bucket = find_bucket(call, request)
    if not bucket.settings.get("Tagging", {}).get("TagSet"):
        raise _absent("NoSuchTagSet", "The TagSet does not exist", bucket)
    return dict(bucket.settings["Tagging"])


@operation("s3", "DeleteBucketTagging")
def delete_bucket_tagging(call: Call, request: Request) -> Result:
    return _delete(call, request, "Tagging")


# ---- policy


@operation("s3", "PutBucketPolicy")
def put_bucket_policy(call: Call, request: Request) -> Result:
    return _put(call, request, "Policy", "Policy", _check_policy)


def _check_policy(text: str) -> str:
    try:
        policy = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise AwsError("MalformedPolicy", "This policy contains invalid Json") from None
    if not isinstance(policy, dict) or "Statement" not in policy:
        raise AwsError("MalformedPolicy", "Missing required field Statement")
    statements = policy["Statement"] if isinstance(policy["Statement"], list) else [policy["Statement"]]
    for statement in statements:
        for required in (("Principal", "NotPrincipal"), ("Action", "NotAction"), ("Resource", "NotResource")):
            if not isinstance(statement, dict) or not any(name in statement for name in required):
                raise AwsError("MalformedPolicy", f"Missing required field {required[0]}")
    return text


@operation("s3", "GetBucketPolicy", reads=True)
def get_bucket_policy(call: Call, request: Request) -> Result:
    bucket = find_bucket(call, request)
    if "Policy" not in bucket.settings:
        raise _absent("NoSuchBucketPolicy", "The bucket policy does not exist", bucket)
    return {"Policy": bucket.settings["Policy"]}


@operation("s3", "ResourcePolicy", internal=True, reads=True)
def resource_policy(call: Call, request: Request) -> Result:
    """The ``Policy`` of the bucket of an ``Arn``, its own or an object's, None where it has none; nothing where there
    is no bucket."""
    bucket = bucket_by_name(call, request["Arn"].partition(":::")[2].partition("/")[0])
    return {} if bucket is None else {"Policy": bucket.settings.get("Policy")}


@operation("s3", "DeleteBucketPolicy")
def delete_bucket_policy(call: Call, request: Request) -> Result:
    return _delete(call, request, "Policy")


@operation("s3", "GetBucketPolicyStatus", reads=True)
def get_bucket_policy_status(call: Call, request: Request) -> Result:
    """Public: some statement allows anybody, without a condition."""
    bucket = find_bucket(call, request)
    if "Policy" not in bucket.settings:
        raise _absent("NoSuchBucketPolicy", "The bucket policy does not exist", bucket)
    statements = orjson.loads(bucket.settings["Policy"])["Statement"]
    listed = statements if isinstance(statements, list) else [statements]
    return {"PolicyStatus": {"IsPublic": any(map(_allows_anybody, listed))}}


def _allows_anybody(statement: dict[str, Any]) -> bool:
    principal = statement.get("Principal")
    named = principal.get("AWS") if isinstance(principal, dict) else principal
    anybody = "*" in named if isinstance(named, list) else named == "*"
    return anybody and statement.get("Effect") == "Allow" and "Condition" not in statement


# ---- acceleration and who pays


@operation("s3", "PutBucketAccelerateConfiguration")
def put_bucket_accelerate_configuration(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketAccelerateConfiguration.html"""
    if "." in find_bucket(call, request).name:
        text = "S3 Transfer Acceleration is not supported for buckets with periods (.) in their names"
        raise invalid_request(text)
    return _put(call, request, "Accelerate", "AccelerateConfiguration", _check_acceleration)


def _check_acceleration(given: dict[str, Any]) -> dict[str, Any]:
    if given.get("Status") not in ("Enabled", "Suspended"):
        raise malformed_xml()
    return given


@operation("s3", "GetBucketAccelerateConfiguration", reads=True)
def get_bucket_accelerate_configuration(call: Call, request: Request) -> Result:
    return dict(find_bucket(call, request).settings.get("Accelerate", {}))


@operation("s3", "PutBucketRequestPayment")
def put_bucket_request_payment(call: Call, request: Request) -> Result:
    """Kept and shown; nobody pays here."""
    return _put(call, request, "RequestPayment", "RequestPaymentConfiguration", _check_payer)


def _check_payer(given: dict[str, Any]) -> dict[str, Any]:
    if given.get("Payer") not in ("Requester", "BucketOwner"):
        raise malformed_xml()
    return given


@operation("s3", "GetBucketRequestPayment", reads=True)
def get_bucket_request_payment(call: Call, request: Request) -> Result:
    return dict(find_bucket(call, request).settings.get("RequestPayment", {"Payer": "BucketOwner"}))


# ---- public access, ownership, encryption


@operation("s3", "PutPublicAccessBlock")
def put_public_access_block(call: Call, request: Request) -> Result:
    return _put(call, request, "PublicAccessBlock", "PublicAccessBlockConfiguration", _check_public_access)


def _check_public_access(given: dict[str, Any]) -> dict[str, Any]:
    names = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    return {name: bool(given.get(name, False)) for name in names}


@operation("s3", "GetPublicAccessBlock", reads=True)
def get_public_access_block(call: Call, request: Request) -> Result:
    bucket = find_bucket(call, request)
    if "PublicAccessBlock" not in bucket.settings:
        text = "The public access block configuration was not found"
        raise _absent("NoSuchPublicAccessBlockConfiguration", text, bucket)
    return {"PublicAccessBlockConfiguration": bucket.settings["PublicAccessBlock"]}


@operation("s3", "DeletePublicAccessBlock")
def delete_public_access_block(call: Call, request: Request) -> Result:
    return _delete(call, request, "PublicAccessBlock")


@operation("s3", "PutBucketOwnershipControls")
def put_bucket_ownership_controls(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketOwnershipControls.html"""
    bucket = find_bucket(call, request)
    rules = (request.get("OwnershipControls") or {}).get("Rules") or [{}]
    if rules[0].get("ObjectOwnership") == ENFORCED and "Acl" in bucket.settings:
        text = "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting"
        raise AwsError("InvalidBucketAclWithObjectOwnership", text)
    return _put(call, request, "OwnershipControls", "OwnershipControls", _check_ownership)


def _check_ownership(given: dict[str, Any]) -> dict[str, Any]:
    rules = given.get("Rules") or []
    allowed = ("BucketOwnerPreferred", "ObjectWriter", "BucketOwnerEnforced")
    if len(rules) != 1 or rules[0].get("ObjectOwnership") not in allowed:
        raise malformed_xml()
    return given


@operation("s3", "GetBucketOwnershipControls", reads=True)
def get_bucket_ownership_controls(call: Call, request: Request) -> Result:
    bucket = find_bucket(call, request)
    if "OwnershipControls" not in bucket.settings:
        text = "The bucket ownership controls were not found"
        raise _absent("OwnershipControlsNotFoundError", text, bucket)
    return {"OwnershipControls": bucket.settings["OwnershipControls"]}


@operation("s3", "DeleteBucketOwnershipControls")
def delete_bucket_ownership_controls(call: Call, request: Request) -> Result:
    return _delete(call, request, "OwnershipControls")


@operation("s3", "PutBucketEncryption")
def put_bucket_encryption(call: Call, request: Request) -> Result:
    return _put(call, request, "Encryption", "ServerSideEncryptionConfiguration", checked_configuration)


@operation("s3", "GetBucketEncryption", reads=True)
def get_bucket_encryption(call: Call, request: Request) -> Result:
    bucket = find_bucket(call, request)
    return {"ServerSideEncryptionConfiguration": bucket.settings.get("Encryption", _DEFAULT_ENCRYPTION)}


@operation("s3", "DeleteBucketEncryption")
def delete_bucket_encryption(call: Call, request: Request) -> Result:
    return _delete(call, request, "Encryption")
