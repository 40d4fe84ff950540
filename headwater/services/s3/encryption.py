"""How objects are said to be encrypted: by their own headers or by their bucket's default.

It is kept and answered; bodies are stored as they are. Keys must be there and enabled, to write and to read.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/serv-side-encryption.html
"""

from __future__ import annotations

from typing import Any

from headwater.services.s3 import customer_keys
from headwater.services.s3.bucket import Bucket
from headwater.services.s3.checksums import Sums
from headwater.services.s3.errors import invalid_argument, malformed_xml
from headwater.spine.encryption_keys import BOTH, DECRYPT, ENCRYPT, usable_key
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request

SSE_S3 = {"ServerSideEncryption": "AES256"}
"""With keys of S3's own: every object that nobody asks other keys for."""
MEMBERS = ("ServerSideEncryption", "SSEKMSKeyId", "BucketKeyEnabled", *customer_keys.KEPT)
_KMS = ("aws:kms", "aws:kms:dsse")
_DUAL_LAYER = "aws:kms:dsse"
_ALGORITHMS = ("AES256", *_KMS)
_ASKED = frozenset(("ServerSideEncryption", "SSEKMSKeyId", "SSEKMSEncryptionContext", *customer_keys.ASKED))
_HEADER = "x-amz-server-side-encryption"
_MANAGED = "alias/aws/s3"


def encryption_of(call: Call, bucket: Bucket, request: Request) -> dict[str, Any]:
    """What answers about a new object say: ``SSE_S3`` itself, or the members of a key of KMS or of the customer's."""
    asked = not _ASKED.isdisjoint(request)
    rule = bucket.encryption
    if not asked and rule is None:
        return SSE_S3
    if asked and (provided := customer_keys.customer_key(request)):
        return provided
    if asked or rule is None:
        algorithm, key = request.get("ServerSideEncryption"), request.get("SSEKMSKeyId")
    else:
        default = rule["ApplyServerSideEncryptionByDefault"]
        algorithm, key = default["SSEAlgorithm"], default.get("KMSMasterKeyID")
    if algorithm is not None and algorithm not in _ALGORITHMS:
        raise invalid_argument("The encryption method specified is not supported", _HEADER, algorithm)
    if algorithm not in _KMS:
        if key or request.get("SSEKMSEncryptionContext"):
            text = f"Server Side Encryption with AWS KMS managed key requires HTTP header {_HEADER} : aws:kms"
            raise invalid_argument(text, _HEADER, algorithm)
        return SSE_S3
    encryption = {"ServerSideEncryption": algorithm, "SSEKMSKeyId": _key_arn(call, bucket, key or _MANAGED)}
    with_bucket_key = request.get("BucketKeyEnabled")
    if with_bucket_key is None and rule is not None:
        with_bucket_key = rule["BucketKeyEnabled"]
    return {**encryption, "BucketKeyEnabled": True} if with_bucket_key and algorithm != _DUAL_LAYER else encryption


def etag(call: Call, encryption: dict[str, Any], sums: Sums) -> str:
    """The MD5 of a body under S3's own keys; under any other key it is nothing that clients could compute."""
    return sums.of("MD5").hex() if encryption is SSE_S3 else call.ids.hex(32)


def kept(encryption: dict[str, Any]) -> dict[str, Any]:
    """What an object's attributes hold of it."""
    return {} if encryption is SSE_S3 else encryption


def told(attributes: dict[str, Any]) -> dict[str, Any]:
    """What answers say of an object or an upload with these attributes."""
    return {name: attributes[name] for name in MEMBERS if name in attributes} or SSE_S3


def _key_arn(call: Call, bucket: Bucket, key: str) -> str:
    """The ARN of a key named by its id, its ARN or an alias, as the one who writes sees them."""
    actions = BOTH if call.span.name == "s3:CreateMultipartUpload" else ENCRYPT
    return usable_key(call, key, actions, _refusal, region=bucket.region)


def check_readable(call: Call, bucket: Bucket, attributes: dict[str, Any]) -> None:
    """An object whose key is gone or disabled cannot be read."""
    key = attributes.get("SSEKMSKeyId")
    if key is not None:
        usable_key(call, key, DECRYPT, _refusal, region=bucket.region)


def _refusal(error: AwsError) -> AwsError:
    if error.code == "AccessDeniedException":
        return AwsError("AccessDenied", error.message, 403)
    return AwsError(f"KMS.{error.code}", error.message)


def checked_configuration(given: dict[str, Any]) -> dict[str, Any]:
    """A bucket's ``ServerSideEncryptionConfiguration``; MalformedXML, InvalidArgument."""
    rules = given.get("Rules") or []
    if len(rules) != 1:
        raise malformed_xml()
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False, **rules[0]}
    default = rule["ApplyServerSideEncryptionByDefault"]
    algorithm = default.get("SSEAlgorithm")
    if algorithm not in _ALGORITHMS:
        raise malformed_xml()
    if algorithm not in _KMS and "KMSMasterKeyID" in default:
        text = "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse"
        raise AwsError("InvalidArgument", text, ArgumentName="ApplyServerSideEncryptionByDefault")
    return {"Rules": [rule]}
