"""Keys that come with each request and are never kept (SSE-C): their MD5 says later whether they come again.

Bodies are stored as they are. Requests need no TLS here.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerSideEncryptionCustomerKeys.html
"""

from __future__ import annotations

import binascii
from base64 import b64encode
from collections.abc import Mapping
from hashlib import md5
from typing import Any

from headwater.services.s3.errors import access_denied, invalid_argument, invalid_request
from headwater.spine.errors import AwsError
from headwater.spine.operations import Request

ALGORITHM, MD5 = KEPT = ("SSECustomerAlgorithm", "SSECustomerKeyMD5")
_KEY = "SSECustomerKey"
ASKED = frozenset((ALGORITHM, _KEY))
COPY_SOURCE = "CopySource"
"""What the members begin with that are about the source of a copy."""
_KEY_BYTES = 32
_HEADER = "x-amz-server-side-encryption"
_PROVIDE = "Requests specifying Server Side Encryption with Customer provided keys must provide"


def customer_key(request: Request, prefix: str = "") -> dict[str, str]:
    """The members of the key that a request provides, checked; none where it provides none."""
    algorithm, key = request.get(prefix + ALGORITHM), request.get(prefix + _KEY)
    if not algorithm and not key:
        return {}
    other = request.get("ServerSideEncryption") if not prefix else None
    if other:
        text = "Server Side Encryption with Customer provided key is incompatible with the encryption method specified"
        raise invalid_argument(text, _HEADER, other)
    if not algorithm:
        raise invalid_argument(f"{_PROVIDE} a valid encryption algorithm.", _HEADER, "null")
    if not key:
        raise invalid_argument(f"{_PROVIDE} an appropriate secret key.", _HEADER, "null")
    if algorithm != "AES256":
        text = "The Encryption request you specified is not valid. Supported value: AES256."
        raise AwsError("InvalidEncryptionAlgorithmError", text, ArgumentName=_HEADER, ArgumentValue=algorithm)
    return {ALGORITHM: algorithm, MD5: _digest(key, request.get(prefix + MD5))}


def _digest(key: str, given: str | None) -> str:
    try:
        secret = binascii.a2b_base64(key, strict_mode=True)
    except ValueError:
        secret = b""
    if len(secret) != _KEY_BYTES:
        raise invalid_argument("The secret key was invalid for the specified algorithm.", _HEADER, "null")
    if not given:
        raise invalid_argument(f"{_PROVIDE} the client calculated MD5 of the secret key.", _HEADER, "null")
    digest = b64encode(md5(secret, usedforsecurity=False).digest()).decode()
    if digest != given:
        text = "The calculated MD5 hash of the key did not match the hash that was provided."
        raise invalid_argument(text, _HEADER, "null")
    return digest


def check_customer_key(request: Request, attributes: Mapping[str, Any], prefix: str = "") -> None:
    """InvalidRequest, AccessDenied where a read does not provide the key that its object was written with."""
    if MD5 not in attributes and prefix + ALGORITHM not in request and prefix + _KEY not in request:
        return
    provided = customer_key(request, prefix)
    if MD5 not in attributes:
        raise invalid_request("The encryption parameters are not applicable to this object.")
    if not provided:
        raise invalid_request(
            "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to "
            "retrieve the object."
        )
    if provided[MD5] != attributes[MD5]:
        raise access_denied(f"{_PROVIDE} the correct secret key.")


def check_key_of_part(request: Request, upload: Mapping[str, Any]) -> None:
    """InvalidRequest where a part comes with another key than its upload began with."""
    if MD5 not in upload and ASKED.isdisjoint(request):
        return
    provided = customer_key(request)
    if not provided:
        raise invalid_request(
            "The multipart upload initiate requested encryption. Subsequent part requests must include the appropriate "
            "encryption parameters."
        )
    if MD5 not in upload:
        raise invalid_request(
            "The multipart upload initiate did not request encryption. Please resend the request without sending "
            "encryption parameters."
        )
    if provided[MD5] != upload[MD5]:
        raise invalid_request("The provided encryption parameters did not match the ones used originally.")
