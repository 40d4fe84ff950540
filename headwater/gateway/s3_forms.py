"""Uploads from HTML forms: ``multipart/form-data`` posted to a bucket, with a policy that says what it may be.

https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import quote

import orjson

from headwater.gateway.messages import HttpRequest, HttpResponse
from headwater.gateway.protocols.xml_writer import escape
from headwater.spine.clock import Clock
from headwater.spine.errors import AwsError
from headwater.spine.timestamps import from_datetime

_NAME = re.compile(r'name="([^"]*)"')
_FILE_NAME = re.compile(r'filename="([^"]*)"')
_BOUNDARY = re.compile(r'boundary="?([^";]+)"?')
_MEMBERS = {
    "cache-control": "CacheControl",
    "content-disposition": "ContentDisposition",
    "content-encoding": "ContentEncoding",
    "content-type": "ContentType",
    "expires": "Expires",
    "tagging": "Tagging",
    "x-amz-storage-class": "StorageClass",
    "x-amz-website-redirect-location": "WebsiteRedirectLocation",
    "x-amz-checksum-crc32": "ChecksumCRC32",
    "x-amz-checksum-sha256": "ChecksumSHA256",
}


class FormUpload(NamedTuple):
    """A form as the request of PostObject, and what answers it."""

    parameters: dict[str, Any]
    answer: Callable[[dict[str, Any]], HttpResponse]


def is_form(request: HttpRequest) -> bool:
    return request.headers.get("content-type", "").startswith("multipart/form-data")


def form_upload(request: HttpRequest, bucket: str, clock: Clock) -> FormUpload:
    """Read a form; AwsError where it is broken or its policy does not allow it."""
    fields, data, file_name = _read(request)
    if "key" not in fields:
        text = "Bucket POST must contain a field named 'key'."
        raise _invalid(f"{text}  If it is specified, please check the order of the fields.")
    key = fields["key"].replace("${filename}", file_name)
    if "policy" in fields:
        _check_policy(fields, {**fields, "key": key, "bucket": bucket}, len(data), clock)
    parameters: dict[str, Any] = {"Bucket": bucket, "Key": key, "Body": data}
    parameters |= {member: fields[name] for name, member in _MEMBERS.items() if fields.get(name)}
    prefix = "x-amz-meta-"
    metadata = {name[len(prefix) :]: value for name, value in fields.items() if name.startswith(prefix)}
    if metadata:
        parameters["Metadata"] = metadata
    return FormUpload(parameters, lambda result: _answer(fields, bucket, key, result))


def _read(request: HttpRequest) -> tuple[dict[str, str], bytes, str]:
    """The fields by lower-case names, the file's bytes and its name. Fields after the file do not count."""
    match = _BOUNDARY.search(request.headers["content-type"])
    if match is None:
        raise _malformed()
    mark = b"--" + match[1].encode("latin-1")
    fields: dict[str, str] = {}
    for section in (b"\r\n" + request.body).split(b"\r\n" + mark)[1:]:
        if section.startswith(b"--"):
            break
        head, separator, content = section.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        headers = head.decode("utf-8", "replace")
        named = _NAME.search(headers)
        if not separator or named is None:
            raise _malformed()
        if named[1].lower() == "file":
            file = _FILE_NAME.search(headers)
            return fields, content, file[1] if file else ""
        fields[named[1].lower()] = content.decode("utf-8", "replace")
    raise _invalid("POST requires exactly one file upload per request.")


def _check_policy(fields: dict[str, str], values: dict[str, str], size: int, clock: Clock) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html"""
    try:
        policy = orjson.loads(binascii.a2b_base64(fields["policy"]))
        ends = from_datetime(datetime.fromisoformat(policy["expiration"]))
        conditions = policy["conditions"]
    except (ValueError, KeyError, TypeError):
        raise AwsError("InvalidPolicyDocument", "Invalid Policy: Invalid JSON.") from None
    # what a client dates is of its own time: by how much it is past, the clock says
    signed = _signed_at(fields)
    if clock.now() > (ends if signed is None else clock.signed_at(signed) + ends - signed):
        raise AwsError("AccessDenied", "Invalid according to Policy: Policy expired.", 403)
    for condition in conditions:
        rows = condition.items() if isinstance(condition, dict) else [condition]
        for row in rows:
            if not _holds(["eq", *row] if isinstance(condition, dict) else list(row), values, size):
                shown = orjson.dumps(condition).decode()
                raise AwsError("AccessDenied", f"Invalid according to Policy: Policy Condition failed: {shown}", 403)


def _signed_at(fields: dict[str, str]) -> int | None:
    """When the form was signed, where it says so as version 4 of signatures does."""
    try:
        return from_datetime(datetime.strptime(fields["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC))
    except (KeyError, ValueError):
        return None


def _holds(condition: list[Any], values: dict[str, str], size: int) -> bool:
    if len(condition) != 3:
        raise AwsError("InvalidPolicyDocument", "Invalid Policy: Invalid Simple-Condition.")
    kind, name, expected = condition
    if kind == "content-length-range":
        if size > int(expected):
            members = {"ProposedSize": size, "MaxSizeAllowed": expected}
            raise AwsError("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size", 400, **members)
        return size >= int(name)
    value = values.get(str(name).lower().removeprefix("$"), "")
    return value.startswith(expected) if kind == "starts-with" else value == expected


def _answer(fields: dict[str, str], bucket: str, key: str, result: dict[str, Any]) -> HttpResponse:
    etag, location = result["ETag"], f"/{bucket}/{key}"
    headers = [("ETag", etag), ("Location", quote(location))]
    redirect = fields.get("success_action_redirect") or fields.get("redirect")
    if redirect and "\n" not in redirect and "\r" not in redirect:
        joint = "&" if "?" in redirect else "?"
        target = f"{redirect}{joint}bucket={bucket}&key={quote(key)}&etag={quote(etag)}"
        return HttpResponse(303, [("ETag", etag), ("Location", target)])
    status = fields.get("success_action_status", "204")
    if status != "201":
        return HttpResponse(200 if status == "200" else 204, headers)
    body = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<PostResponse><Location>{escape(location)}</Location>'
        f"<Bucket>{bucket}</Bucket><Key>{escape(key)}</Key><ETag>{escape(etag)}</ETag></PostResponse>"
    )
    return HttpResponse(201, [*headers, ("Content-Type", "application/xml")], body.encode())


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidArgument", message)


def _malformed() -> AwsError:
    text = "The body of your POST request is not well-formed multipart/form-data."
    return AwsError("MalformedPOSTRequest", text)
