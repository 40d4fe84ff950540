"""S3's errors with all their members.

https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headwater.spine.errors import AwsError


def _error(code: str, message: str, status: int, members: Mapping[str, Any]) -> AwsError:
    """An error whose members have names that Python's keywords cannot: response headers among them."""
    error = AwsError(code, message, status)
    error.members.update(members)
    return error


def no_such_bucket(name: str) -> AwsError:
    return AwsError("NoSuchBucket", "The specified bucket does not exist", 404, BucketName=name)


def bucket_already_exists(name: str) -> AwsError:
    text = (
        "The requested bucket name is not available. The bucket namespace is shared by all users of the system. "
        "Please select a different name and try again."
    )
    return AwsError("BucketAlreadyExists", text, 409, BucketName=name)


def bucket_already_owned(name: str) -> AwsError:
    text = "Your previous request to create the named bucket succeeded and you already own it."
    return AwsError("BucketAlreadyOwnedByYou", text, 409, BucketName=name)


def invalid_bucket_name(name: str) -> AwsError:
    return AwsError("InvalidBucketName", "The specified bucket is not valid.", 400, BucketName=name)


def bucket_not_empty(name: str, versioned: bool) -> AwsError:
    text = "The bucket you tried to delete is not empty"
    if versioned:
        text += ". You must delete all versions in the bucket."
    return AwsError("BucketNotEmpty", text, 409, BucketName=name)


def no_such_key(key: str, **headers: str) -> AwsError:
    return _error("NoSuchKey", "The specified key does not exist.", 404, {"Key": key, **headers})


def no_such_version(key: str, version: str) -> AwsError:
    text = "The specified version does not exist."
    return AwsError("NoSuchVersion", text, 404, Key=key, VersionId=version)


def marker_is_no_object(method: str, version: str, modified: str) -> AwsError:
    """A GET or HEAD of a version that is a delete marker."""
    headers = {"x-amz-delete-marker": "true", "x-amz-version-id": version, "Last-Modified": modified}
    headers["Allow"] = "DELETE"
    text = "The specified method is not allowed against this resource."
    return _error("MethodNotAllowed", text, 405, {"Method": method, "ResourceType": "DeleteMarker", **headers})


def precondition_failed(condition: str) -> AwsError:
    text = "At least one of the pre-conditions you specified did not hold"
    return AwsError("PreconditionFailed", text, 412, Condition=condition)


def header_not_implemented(header: str) -> AwsError:
    """What S3 itself refuses of a general purpose bucket."""
    text = "A header you provided implies functionality that is not implemented"
    return AwsError("NotImplemented", text, 501, Header=header)


def not_modified(etag: str, modified: str) -> AwsError:
    return _error("NotModified", "Not Modified", 304, {"ETag": etag, "Last-Modified": modified})


def archived(message: str, storage_class: str) -> AwsError:
    return AwsError("InvalidObjectState", message, 403, StorageClass=storage_class)


def invalid_range(asked: str, size: int) -> AwsError:
    text = "The requested range is not satisfiable"
    return AwsError("InvalidRange", text, 416, RangeRequested=asked, ActualObjectSize=size)


def invalid_argument(message: str, name: str = "", value: object = None) -> AwsError:
    members = {"ArgumentName": name, "ArgumentValue": value} if name else {}
    return _error("InvalidArgument", message, 400, members)


def invalid_request(message: str) -> AwsError:
    return AwsError("InvalidRequest", message)


def malformed_xml() -> AwsError:
    text = "The XML you provided was not well-formed or did not validate against our published schema"
    return AwsError("MalformedXML", text)


def key_too_long(size: int) -> AwsError:
    return AwsError("KeyTooLongError", "Your key is too long", 400, Size=size, MaxSizeAllowed=1024)


def metadata_too_large(size: int) -> AwsError:
    text = "Your metadata headers exceed the maximum allowed metadata size"
    return AwsError("MetadataTooLarge", text, 400, Size=size, MaxSizeAllowed=2048)


def invalid_digest(value: str) -> AwsError:
    return _error("InvalidDigest", "The Content-MD5 you specified was invalid.", 400, {"Content-MD5": value})


def bad_digest(expected: str, calculated: str) -> AwsError:
    text = "The Content-MD5 you specified did not match what we received."
    return AwsError("BadDigest", text, 400, ExpectedDigest=expected, CalculatedDigest=calculated)


def bad_checksum(algorithm: str) -> AwsError:
    return AwsError("BadDigest", f"The {algorithm} you specified did not match the calculated checksum.")


def no_such_upload(upload: str) -> AwsError:
    text = (
        "The specified upload does not exist. "
        "The upload ID may be invalid, or the upload may have been aborted or completed."
    )
    return AwsError("NoSuchUpload", text, 404, UploadId=upload)


def invalid_part(upload: str, number: int, etag: str) -> AwsError:
    text = (
        "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified "
        "entity tag may not match the part's entity tag."
    )
    return AwsError("InvalidPart", text, 400, UploadId=upload, PartNumber=number, ETag=etag)


def invalid_part_order(upload: str) -> AwsError:
    text = "The list of parts was not in ascending order. Parts must be ordered by part number."
    return AwsError("InvalidPartOrder", text, 400, UploadId=upload)


def part_too_small(number: int, etag: str, size: int) -> AwsError:
    text = "Your proposed upload is smaller than the minimum allowed size"
    members = {"ETag": etag, "MinSizeAllowed": 5242880, "PartNumber": number, "ProposedSize": size}
    return _error("EntityTooSmall", text, 400, members)


def bucket_without_lock(name: str) -> AwsError:
    """S3 names the configuration in one word where a write asks for a lock, elsewhere in three."""
    return invalid_request(f"Bucket is missing {name}")


def object_without_lock() -> AwsError:
    text = "The specified object does not have a ObjectLock configuration"
    return AwsError("NoSuchObjectLockConfiguration", text, 404)


def object_locked() -> AwsError:
    return AwsError("AccessDenied", "Access Denied because object protected by object lock.", 403)


def invalid_bucket_state(message: str) -> AwsError:
    return AwsError("InvalidBucketState", message, 409)


def acl_not_supported() -> AwsError:
    return AwsError("AccessControlListNotSupported", "The bucket does not allow ACLs")


def blocked_public_acl(principal: str, action: str, resource: str | None) -> AwsError:
    text = (
        f'User: {principal} is not authorized to perform: {action} on resource: "{resource}" because public access '
        "control lists (ACLs) are prevented by the BlockPublicAcls setting in S3 Block Public Access."
    )
    return AwsError("AccessDenied", text, 403)


def missing(place: str) -> AwsError | None:
    """A document without an element that its schema requires; what a request itself lacks has errors of its own."""
    return malformed_xml() if "." in place else None


def malformed_acl() -> AwsError:
    text = "The XML you provided was not well-formed or did not validate against our published schema"
    return AwsError("MalformedACLError", text)


def missing_acl() -> AwsError:
    text = "Your request was missing a required header"
    return AwsError("MissingSecurityHeader", text, MissingHeaderName="x-amz-acl")


def unexpected_content() -> AwsError:
    return AwsError("UnexpectedContent", "This request does not support content")


def access_denied(message: str = "Access Denied") -> AwsError:
    return AwsError("AccessDenied", message, 403)
