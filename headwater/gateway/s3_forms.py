"""Uploads from HTML forms: ``multipart/form-data`` posted to a bucket, with a policy that says what it may be.

https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from headwater.gateway.messages import HttpRequest, HttpResponse
from headwater.gateway.protocols.xml_reader import Element, malformed_xml, parse_xml
from headwater.gateway.protocols.xml_writer import escape
from headwater.gateway.s3_form_policies import check_policy
from headwater.spine.clock import Clock
from headwater.spine.errors import AwsError

_NAME = re.compile(r'name="([^"]*)"')
_FILE_NAME = re.compile(r'filename="([^"]*)"')
_BOUNDARY = re.compile(r'boundary="?([^";]+)"?')
_MEMBERS = {
    "cache-control": "CacheControl",
    "content-disposition": "ContentDisposition",
    "content-encoding": "ContentEncoding",
    "content-type": "ContentType",
    "acl": "ACL",
    "expires": "Expires",
    "x-amz-storage-class": "StorageClass",
    "x-amz-website-redirect-location": "WebsiteRedirectLocation",
    "x-amz-server-side-encryption": "ServerSideEncryption",
    "x-amz-server-side-encryption-aws-kms-key-id": "SSEKMSKeyId",
    "x-amz-server-side-encryption-customer-algorithm": "SSECustomerAlgorithm",
    "x-amz-checksum-algorithm": "ChecksumAlgorithm",
    **{
        f"x-amz-checksum-{name.lower()}": f"Checksum{name}"
        for name in ("CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256", "SHA512", "MD5")
    },
}


class FormUpload(NamedTuple):
    """A form as the request of PostObject, whose credential signed it ('' where nobody did), its fields, and what
    answers it."""

    parameters: dict[str, Any]
    credential: str
    fields: dict[str, str]
    answer: Callable[[dict[str, Any]], HttpResponse]


def form_upload(request: HttpRequest, bucket: str, clock: Clock, endpoint: str) -> FormUpload:
    """Read a form; AwsError where it is broken or its policy does not allow it."""
    fields, data, file_name = _read(request)
    if "key" not in fields:
        text = "Bucket POST must contain a field named 'key'."
        raise _invalid(f"{text}  If it is specified, please check the order of the fields.")
    key = fields["key"].replace("${filename}", file_name)
    if "policy" in fields:
        check_policy(fields, {**fields, "key": key, "bucket": bucket}, len(data), clock)
    parameters: dict[str, Any] = {"Bucket": bucket, "Key": key, "Body": data}
    parameters |= {member: fields[name] for name, member in _MEMBERS.items() if fields.get(name)}
    prefix = "x-amz-meta-"
    metadata = {name[len(prefix) :]: value for name, value in fields.items() if name.startswith(prefix)}
    if metadata:
        parameters["Metadata"] = metadata
    if fields.get("tagging"):
        parameters["Tagging"] = _tags(fields["tagging"])
    location = f"{endpoint}/{bucket}/{quote(key)}"
    return FormUpload(
        parameters,
        fields.get("x-amz-credential", ""),
        fields,
        lambda result: _answer(fields, bucket, key, location, result),
    )


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


def _tags(document: str) -> str:
    """The ``tagging`` field, a document, in the form of the header."""
    sets = [element for element in parse_xml(document.encode()) if _name(element) == "TagSet"]
    if len(sets) != 1:
        raise malformed_xml()
    tags = [{_name(member): member.text or "" for member in tag} for tag in sets[0]]
    if any(set(tag) != {"Key", "Value"} for tag in tags):
        raise malformed_xml()
    return urlencode([(tag["Key"], tag["Value"]) for tag in tags])


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _answer(fields: dict[str, str], bucket: str, key: str, location: str, result: dict[str, Any]) -> HttpResponse:
    etag = result["ETag"]
    headers = [("ETag", etag), ("Location", location), *_told(result)]
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


def _told(result: dict[str, Any]) -> list[tuple[str, str]]:
    """What the answer says of the new object, as that of PutObject does."""
    named = {"VersionId": "x-amz-version-id", "ServerSideEncryption": "x-amz-server-side-encryption"}
    named |= {member: name for name, member in _MEMBERS.items() if name.startswith("x-amz-checksum-")}
    return [(name, result[member]) for member, name in named.items() if member in result]


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidArgument", message)


def _malformed() -> AwsError:
    text = "The body of your POST request is not well-formed multipart/form-data."
    return AwsError("MalformedPOSTRequest", text)
