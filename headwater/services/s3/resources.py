"""CloudFormation's types of S3.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_S3.html
"""

from __future__ import annotations

from typing import Any

import orjson

from headwater.services.s3.bucket_properties import SETTINGS, Setting, is_true
from headwater.services.s3.named_properties import NAMED, configure_named
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call
from headwater.spine.resources import Change, Replace, Resource, all_listed, resource

WEBSITE_PATH = "/_website/"
"""Where the gateway serves websites to clients that cannot resolve their host names."""
_LONGEST_NAME = 63


_EMPTY = {
    "AccelerateConfiguration": {"Status": "Suspended"},
    "LoggingConfiguration": {},
    "NotificationConfiguration": {},
    "ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled"},
    "VersioningConfiguration": {"Status": "Suspended"},
}
"""What takes the place of properties that no operation takes away."""
_OWN = ("BucketName", "Tags", "AccessControl", "ObjectLockEnabled")
_CANNED = (
    ("AuthenticatedRead", "authenticated-read"),
    ("AwsExecRead", "aws-exec-read"),
    ("BucketOwnerFullControl", "private"),
    ("BucketOwnerRead", "private"),
    ("LogDeliveryWrite", "log-delivery-write"),
    ("Private", "private"),
    ("PublicRead", "public-read"),
    ("PublicReadWrite", "public-read-write"),
)
"""Values of ``AccessControl``; of a bucket S3 takes those that concern objects alone for the private one."""


@resource("AWS::S3::Bucket")
class BucketResource(Resource):
    def create(self, call: Call, change: Change) -> None:
        _refuse_what_we_lack(change.properties)
        name = change.properties.get("BucketName") or change.physical_name(_LONGEST_NAME, lower=True)
        request: dict[str, Any] = {"Bucket": name}
        if call.region != "us-east-1":
            request["CreateBucketConfiguration"] = {"LocationConstraint": call.region}
        if _locks(change.properties):
            request["ObjectLockEnabledForBucket"] = True
        call.operation("s3", "CreateBucket", request)
        change.physical_id = name
        self._configure(call, change, {})

    def update(self, call: Call, change: Change) -> None:
        _refuse_what_we_lack(change.properties)
        same_name = change.properties.get("BucketName") == change.previous.get("BucketName")
        if not same_name or _locks(change.properties) != _locks(change.previous):
            raise Replace
        self._configure(call, change, change.previous)

    def delete(self, call: Call, change: Change) -> None:
        try:
            call.operation("s3", "DeleteBucket", {"Bucket": change.physical_id})
        except AwsError as error:
            if error.code != "NoSuchBucket":
                raise

    def read(self, call: Call, change: Change) -> dict[str, Any]:
        """Its name, versions, tags and who is kept out of it."""
        named = {"Bucket": change.physical_id}
        versioning = call.operation("s3", "GetBucketVersioning", named).get("Status")
        blocked = _if_there(call, "GetPublicAccessBlock", named).get("PublicAccessBlockConfiguration")
        tags = _if_there(call, "GetBucketTagging", named).get("TagSet")
        _describe(call, change)
        return {
            "BucketName": change.physical_id,
            "VersioningConfiguration": {"Status": versioning} if versioning else None,
            "PublicAccessBlockConfiguration": blocked or None,
            "Tags": tags or None,
        }

    def known(self, call: Call) -> list[str]:
        tokens = ("ContinuationToken", "ContinuationToken")
        return [bucket["Name"] for bucket in all_listed(call, "s3", "ListBuckets", "Buckets", tokens)]

    def _configure(self, call: Call, change: Change, previous: dict[str, Any]) -> None:
        bucket = change.physical_id
        for name, setting in SETTINGS.items():
            wanted, former = change.properties.get(name), previous.get(name)
            if wanted == former:
                continue
            if wanted is not None:
                call.operation(
                    "s3", setting.operation, {"Bucket": bucket, setting.member: _converted(setting, wanted, bucket)}
                )
            elif setting.removal is not None:
                call.operation("s3", setting.removal, {"Bucket": bucket})
            else:
                call.operation("s3", setting.operation, {"Bucket": bucket, setting.member: _EMPTY[name]})
        configure_named(call, bucket, change.properties, previous)
        _set_acl(call, change, previous)
        _tag(call, change)
        _describe(call, change)


def _locks(properties: dict[str, Any]) -> bool:
    return is_true(properties.get("ObjectLockEnabled"))


def _if_there(call: Call, operation: str, request: dict[str, Any]) -> dict[str, Any]:
    """A configuration; nothing where there is none."""
    try:
        return dict(call.operation("s3", operation, request))
    except AwsError as error:
        if error.code in ("NoSuchPublicAccessBlockConfiguration", "NoSuchTagSet"):
            return {}
        raise


def _converted(setting: Setting, wanted: Any, bucket: str) -> Any:
    """A bucket that names no other logs into itself."""
    if setting.member == "BucketLoggingStatus":
        wanted = {"DestinationBucketName": bucket, **wanted}
    return setting.convert(wanted)


def _set_acl(call: Call, change: Change, previous: dict[str, Any]) -> None:
    """The list of ``AccessControl``, once ownership and blocks are as the template has them."""
    wanted = change.properties.get("AccessControl") or "Private"
    if wanted == (previous.get("AccessControl") or "Private"):
        return
    canned = dict(_CANNED).get(wanted)
    if canned is None:
        raise AwsError("InvalidArgument", f"{wanted} is no value of AccessControl")
    if canned == "private" and not previous.get("AccessControl"):
        return
    rules = (change.properties.get("OwnershipControls") or {}).get("Rules") or [{}]
    if rules[0].get("ObjectOwnership", "BucketOwnerEnforced") == "BucketOwnerEnforced":
        if canned == "private":
            return
        text = "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting"
        raise AwsError("InvalidBucketAclWithObjectOwnership", text)
    call.operation("s3", "PutBucketAcl", {"Bucket": change.physical_id, "ACL": canned})


def _refuse_what_we_lack(properties: dict[str, Any]) -> None:
    unknown = [name for name in properties if name not in SETTINGS and name not in NAMED and name not in _OWN]
    if unknown:
        raise AwsError("NotImplemented", f"Headwater lacks {', '.join(sorted(unknown))} of AWS::S3::Bucket", 501)


def _tag(call: Call, change: Change) -> None:
    tags = {**change.tags, **{tag["Key"]: tag["Value"] for tag in change.properties.get("Tags", ())}}
    own = {name: value for name, value in tags.items() if not name.startswith("aws:")}
    tag_set = [{"Key": name, "Value": str(value)} for name, value in own.items()]
    if tag_set:
        call.operation("s3", "PutBucketTagging", {"Bucket": change.physical_id, "Tagging": {"TagSet": tag_set}})
    else:
        call.operation("s3", "DeleteBucketTagging", {"Bucket": change.physical_id})


def _describe(call: Call, change: Change) -> None:
    name, region = change.physical_id, call.region
    change.attributes = {
        "Arn": f"arn:aws:s3:::{name}",
        "DomainName": f"{name}.s3.amazonaws.com",
        "RegionalDomainName": f"{name}.s3.{region}.amazonaws.com",
        "DualStackDomainName": f"{name}.s3.dualstack.{region}.amazonaws.com",
        "WebsiteURL": f"{call.endpoint}{WEBSITE_PATH}{name}",
    }


@resource("AWS::S3::BucketPolicy")
class BucketPolicyResource(Resource):
    def create(self, call: Call, change: Change) -> None:
        bucket = change.properties["Bucket"]
        document = change.properties["PolicyDocument"]
        text = document if isinstance(document, str) else orjson.dumps(document).decode()
        call.operation("s3", "PutBucketPolicy", {"Bucket": bucket, "Policy": text})
        change.physical_id = bucket

    def update(self, call: Call, change: Change) -> None:
        if change.properties["Bucket"] != change.previous.get("Bucket"):
            raise Replace
        self.create(call, change)

    def delete(self, call: Call, change: Change) -> None:
        try:
            call.operation("s3", "DeleteBucketPolicy", {"Bucket": change.physical_id})
        except AwsError as error:
            if error.code != "NoSuchBucket":
                raise
