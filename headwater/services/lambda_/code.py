"""A function's code: where it comes from, and what it must be.

https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

from __future__ import annotations

import base64
import io
import re
import zipfile
from typing import Any, NamedTuple

from headwater.services.lambda_.errors import invalid_parameter, unzip_failed
from headwater.spine.errors import AwsError, not_implemented
from headwater.spine.operations import Call, Request, Result, operation

_LARGEST_ZIP = 52_428_800
_LARGEST_UNZIPPED = 262_144_000
_OWNER = "-lambda"
_BLOB = re.compile(rf"[0-9a-f]{{64}}{_OWNER}")


class Code(NamedTuple):
    """A stored package: the name of its blob, its size in bytes, AWS's digest of it."""

    blob: str
    size: int
    sha256: str


def take_code(call: Call, source: Request) -> Code:
    """Store the package that a ``Code`` structure (or a layer's ``Content``) gives or points to."""
    if source.get("ImageUri"):
        raise not_implemented("The package type Image of Lambda")
    if source.get("ZipFile") is not None:
        data = bytes(source["ZipFile"])
        if len(data) > _LARGEST_ZIP:  # what is in S3 may be larger
            raise AwsError("RequestTooLargeException", f"Request must be smaller than {_LARGEST_ZIP} bytes", 413)
    elif source.get("S3Bucket") and source.get("S3Key"):
        data = _from_s3(call, source)
    else:
        raise invalid_parameter("Please provide a source for function code.")
    _check(data)
    blob = call.blobs.write(data, _OWNER)
    digest = bytes.fromhex(blob.removesuffix(_OWNER))
    return Code(blob, len(data), base64.b64encode(digest).decode())


def code_location(call: Call, blob: str) -> str:
    """Where a package can be fetched; AWS gives a presigned URL of a bucket of its own."""
    return f"{call.endpoint}/_aws/lambda-code/{blob}"


@operation("lambda", "GetPackage", internal=True, reads=True)
def get_package(call: Call, request: Request) -> Result:
    """A package as an HTTP answer: ``Status``, ``Headers``, ``Body``."""
    name = request["Name"]
    if not _BLOB.fullmatch(name) or not call.blobs.path(name).is_file():
        return {"Status": 404, "Headers": [], "Body": b""}
    return {"Status": 200, "Headers": [("content-type", "application/zip")], "Body": call.blobs.open(name)}


def _from_s3(call: Call, source: Request) -> bytes:
    request = {"Bucket": source["S3Bucket"], "Key": source["S3Key"], "VersionId": source.get("S3ObjectVersion")}
    try:
        found = call.operation("s3", "GetObject", {k: v for k, v in request.items() if v is not None})
    except AwsError as error:
        raise invalid_parameter(
            f"Error occurred while GetObject. S3 Error Code: {error.code}. S3 Error Message: {error.message}"
        ) from None
    body: Any = found["Body"]
    return body if isinstance(body, bytes) else bytes(body.read())


def _check(data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError):
        raise unzip_failed() from None
    if not entries:
        raise invalid_parameter("Uploaded file must be a non-empty zip")
    if sum(entry.file_size for entry in entries) > _LARGEST_UNZIPPED:
        raise invalid_parameter(f"Unzipped size must be smaller than {_LARGEST_UNZIPPED} bytes")
