"""What operations on buckets and objects ask of roles.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import unquote

from headwater.spine.arns import partition_of
from headwater.spine.authorization import Access, Authorization, Needs
from headwater.spine.operations import Call, Request

_ON_BUCKETS = {
    "CreateBucket": "CreateBucket",
    "DeleteBucket": "DeleteBucket",
    "GetBucketLocation": "GetBucketLocation",
    "HeadBucket": "ListBucket",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
}
_ON_OBJECTS = {
    "AbortMultipartUpload": "AbortMultipartUpload",
    "CompleteMultipartUpload": "PutObject",
    "CopyObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "DeleteObject": "DeleteObject",
    "DeleteObjectTagging": "DeleteObjectTagging",
    "GetObject": "GetObject",
    "GetObjectAcl": "GetObjectAcl",
    "GetObjectTagging": "GetObjectTagging",
    "HeadObject": "GetObject",
    "ListParts": "ListMultipartUploadParts",
    "PutObject": "PutObject",
    "PutObjectAcl": "PutObjectAcl",
    "PutObjectTagging": "PutObjectTagging",
    "UploadPart": "PutObject",
    "UploadPartCopy": "PutObject",
}
# those of which a version is another action's resource: GetObjectVersion, GetObjectVersionTagging
_WITH_VERSIONS = frozenset({"DeleteObject", "GetObject", "GetObjectTagging", "HeadObject", "PutObjectTagging"})


def _bucket(call: Call, name: str) -> str:
    return name if name.startswith("arn:") else f"arn:{partition_of(call.region)}:s3:::{name}"


def _on_bucket(action: str) -> Needs:
    def needs(call: Call, request: Request) -> Iterable[Access]:
        name = request.get("Bucket")
        return (Access(f"s3:{action}", _bucket(call, name)),) if name else ()

    return needs


def _on_object(operation: str, action: str) -> Needs:
    versioned = action.replace("Object", "ObjectVersion", 1)

    def needs(call: Call, request: Request) -> Iterable[Access]:
        bucket, key = request.get("Bucket"), request.get("Key")
        if not bucket or not key:
            return
        if source := request.get("CopySource"):
            yield _of_source(call, source)
        named = operation in _WITH_VERSIONS and request.get("VersionId")
        yield Access(f"s3:{versioned if named else action}", f"{_bucket(call, bucket)}/{key}")

    return needs


def _of_source(call: Call, source: str) -> Access:
    """What is copied from: ``bucket/key``, perhaps with a version."""
    path, _, version = unquote(source).removeprefix("/").partition("?versionId=")
    return Access("s3:GetObjectVersion" if version else "s3:GetObject", _bucket(call, path))


def _delete_objects(call: Call, request: Request) -> Iterable[Access]:
    bucket = request.get("Bucket", "")
    for each in (request.get("Delete") or {}).get("Objects") or ():
        if key := each.get("Key"):
            action = "s3:DeleteObjectVersion" if each.get("VersionId") else "s3:DeleteObject"
            yield Access(action, f"{_bucket(call, bucket)}/{key}")


def _list_buckets(call: Call, request: Request) -> Iterable[Access]:
    return (Access("s3:ListAllMyBuckets", ""),)


AUTHORIZATION = Authorization(
    {
        **{name: _on_bucket(action) for name, action in _ON_BUCKETS.items()},
        **{name: _on_object(name, action) for name, action in _ON_OBJECTS.items()},
        "DeleteObjects": _delete_objects,
        "ListBuckets": _list_buckets,
    },
    # the rest goes by other names too
    others=False,
)
