"""Bodies of uploads as SDKs frame them: ``aws-chunked``, with signatures or checksums in trailers.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
"""

from __future__ import annotations

from headwater.gateway.messages import HttpRequest
from headwater.spine.errors import AwsError

_ENCODING = "aws-chunked"
_LONGEST_LINE = 1024
# what documents say of which objects go, or stay, S3 takes only with a checksum
_CHECKED = frozenset(("delete", "legal-hold", "object-lock", "retention"))
_CHECKSUMS = ("content-md5", "x-amz-checksum-", "x-amz-sdk-checksum-algorithm")


def is_framed(request: HttpRequest) -> bool:
    """Whether the body is in chunks of S3's own, inside those of HTTP."""
    headers = request.headers
    if _ENCODING in headers.get("content-encoding", ""):
        return True
    return headers.get("x-amz-content-sha256", "").startswith("STREAMING-")


def is_form(request: HttpRequest) -> bool:
    """Whether the body is a browser's form: ``s3_forms.py`` reads those."""
    return request.headers.get("content-type", "").startswith("multipart/form-data")


def unframe(request: HttpRequest) -> None:
    """Put the plain body and its trailers, as headers, in the place of the framed one; AwsError where it is broken."""
    headers = request.headers
    body, trailers = decode(request.body)
    announced = headers.get("x-amz-decoded-content-length")
    if announced is not None and announced != str(len(body)):
        raise _incomplete()
    request.body = body
    for name, value in trailers.items():
        headers.setdefault(name, value)
    others = [part.strip() for part in headers.pop("content-encoding", "").split(",")]
    rest = ",".join(part for part in others if part and part != _ENCODING)
    if rest:
        headers["content-encoding"] = rest


def check_document(request: HttpRequest) -> None:
    """InvalidRequest where a document lacks the checksum that S3 asks of it.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
    """
    if request.method not in ("PUT", "POST"):
        return
    name = request.query.partition("&")[0].partition("=")[0]
    if name in _CHECKED and not any(header.startswith(_CHECKSUMS) for header in request.headers):
        text = "Missing required header for this request: Content-MD5 OR x-amz-checksum-*"
        raise AwsError("InvalidRequest", text)


def decode(framed: bytes) -> tuple[bytes, dict[str, str]]:
    """The body and the trailers (lower-case names) of a framed body."""
    parts: list[memoryview] = []
    view, at = memoryview(framed), 0
    while True:
        end = framed.find(b"\r\n", at, at + _LONGEST_LINE)
        if end < 0:
            raise _incomplete()
        size = _size(framed[at:end])
        at = end + 2
        if size == 0:
            break
        if framed[at + size : at + size + 2] != b"\r\n":
            raise _incomplete()
        parts.append(view[at : at + size])
        at += size + 2
    return b"".join(parts), _trailers(framed[at:])


def _size(line: bytes) -> int:
    """The length in a chunk's first line, which a signature may follow."""
    try:
        return int(line.partition(b";")[0], 16)
    except ValueError:
        raise _incomplete() from None


def _trailers(rest: bytes) -> dict[str, str]:
    trailers = {}
    for line in rest.decode("latin-1").splitlines():
        name, colon, value = line.partition(":")
        if colon:
            trailers[name.strip().lower()] = value.strip()
    return trailers


def _incomplete() -> AwsError:
    text = "You did not provide the number of bytes specified by the Content-Length HTTP header"
    return AwsError("IncompleteBody", text)
