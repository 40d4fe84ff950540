"""REST with XML bodies, as S3 speaks it: no wrapper around errors, its own request headers, many payload shapes.

https://smithy.io/2.0/aws/protocols/aws-restxml-protocol.html
"""

from __future__ import annotations

import binascii
from collections.abc import Callable, Mapping
from typing import Any

from headwater.gateway.messages import HttpRequest, HttpResponse
from headwater.gateway.protocols.bindings import RequestBindings, ResponseBindings, in_body
from headwater.gateway.protocols.error_shapes import ErrorShapes
from headwater.gateway.protocols.plans import Plan
from headwater.gateway.protocols.xml_reader import XmlReaders, parse_xml
from headwater.gateway.protocols.xml_writer import XmlWriters, legible
from headwater.spine.errors import AwsError
from headwater.spine.models import Model, Shape

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
_XML = "application/xml"
# Answered without content, though the model does not say so.
_STATUSES = {"PutBucketPolicy": 204, "PutBucketTagging": 204}
_ROOTS = {
    "CompleteMultipartUpload": "CompleteMultipartUploadResult",
    "CreateMultipartUpload": "InitiateMultipartUploadResult",
    "DeleteObjects": "DeleteResult",
    "GetBucketAccelerateConfiguration": "AccelerateConfiguration",
    "GetBucketAcl": "AccessControlPolicy",
    "GetBucketCors": "CORSConfiguration",
    "GetBucketLifecycleConfiguration": "LifecycleConfiguration",
    "GetBucketLogging": "BucketLoggingStatus",
    "GetBucketNotificationConfiguration": "NotificationConfiguration",
    "GetBucketRequestPayment": "RequestPaymentConfiguration",
    "GetBucketTagging": "Tagging",
    "GetBucketVersioning": "VersioningConfiguration",
    "GetBucketWebsite": "WebsiteConfiguration",
    "GetObjectAcl": "AccessControlPolicy",
    "GetObjectAttributes": "GetObjectAttributesResponse",
    "GetObjectTagging": "Tagging",
    "ListBuckets": "ListAllMyBucketsResult",
    "ListMultipartUploads": "ListMultipartUploadsResult",
    "ListObjectVersions": "ListVersionsResult",
    "ListObjects": "ListBucketResult",
    "ListObjectsV2": "ListBucketResult",
    "ListParts": "ListPartsResult",
}
"""Root elements, which the model does not tell; see each operation's response syntax in the S3 API reference."""

BodyReader = Callable[[HttpRequest, dict[str, Any]], None]
BodyWriter = Callable[[Mapping[str, Any]], Any]


class RestXml:
    """One service in this protocol."""

    def __init__(self, model: Model, errors: ErrorShapes) -> None:
        self._model = model
        self._errors = errors
        self._readers = XmlReaders(model)
        self._writers = XmlWriters(model)

    def plan(self, operation: str) -> Plan:
        """Compile one operation."""
        shape = self._model.input(operation)
        bindings = RequestBindings(self._model, operation, _invalid)
        read_body = self._body_reader(shape)

        def parse(request: HttpRequest, path: Mapping[str, str]) -> dict[str, Any]:
            result = bindings.read(request, path)
            if read_body is not None:
                read_body(request, result)
            return result

        return Plan(parse, self._serializer(operation))

    def error(self, error: AwsError, request_id: str, operation: str | None) -> HttpResponse:
        """``<Error><Code/><Message/>…<RequestId/><HostId/></Error>``; headers for what says 304 or answers a HEAD.

        Members with dashes are response headers (``x-amz-delete-marker``), as are Allow and all of a 304; others are
        elements.
        """
        status = self._errors.status(error)
        headers = _headers(request_id)
        elements = ""
        for name, value in error.members.items():
            if "-" in name or name == "Allow" or status == 304:
                headers.append((name, str(value)))
            elif value is not None:
                elements += f"<{name}>{legible(str(value))}</{name}>"
        if status == 304 or (operation is not None and operation.startswith("Head")):
            return HttpResponse(status, headers)
        short, host = headers[0][1], headers[1][1]
        text = (
            f"{_DECLARATION}<Error><Code>{legible(error.code)}</Code><Message>{legible(error.message)}</Message>"
            f"{elements}<RequestId>{short}</RequestId><HostId>{host}</HostId></Error>"
        )
        headers.append(("Content-Type", _XML))
        return HttpResponse(status, headers, text.encode())

    def _body_reader(self, shape: Shape) -> BodyReader | None:
        payload = shape.get("payload")
        if payload is None:
            return self._members_reader(shape)
        reference = shape["members"][payload]
        kind = self._model.shape(reference)["type"]
        reader = None if kind in ("blob", "string") else self._readers.reader(reference)

        def read(request: HttpRequest, result: dict[str, Any]) -> None:
            if reader is not None:
                if request.body:
                    result[payload] = reader(parse_xml(request.body))
            elif kind == "blob":
                result[payload] = request.body
            else:
                result[payload] = request.body.decode("utf-8", "replace")

        return read

    def _members_reader(self, shape: Shape) -> BodyReader | None:
        members = {name: member for name, member in shape["members"].items() if in_body(member)}
        if not members:
            return None
        reader = self._readers.structure(members)

        def read(request: HttpRequest, result: dict[str, Any]) -> None:
            if request.body:
                result.update(reader(parse_xml(request.body)))

        return read

    def _serializer(self, operation: str) -> Callable[[Mapping[str, Any], str], HttpResponse]:
        output = self._model.output(operation)
        status = _STATUSES.get(operation) or self._model.operations[operation]["http"].get("responseCode", 200)
        if output is None:
            return lambda result, request_id: HttpResponse(status, _headers(request_id))
        is_head = self._model.operations[operation]["http"]["method"] == "HEAD"
        bindings = ResponseBindings(self._model, output, skip=() if is_head else ("Content-Length",))
        write_body = self._body_writer(operation, output)
        content_type = None if self._is_raw(output) else _XML

        def serialize(result: Mapping[str, Any], request_id: str) -> HttpResponse:
            headers = _headers(request_id)
            bindings.write(result, headers)
            body = write_body(result) if write_body else b""
            if body and content_type:
                headers.append(("Content-Type", content_type))
            elif operation == "HeadBucket":
                headers.append(("Content-Type", _XML))
            return HttpResponse(result.get("StatusCode") or status, headers, body)

        return serialize

    def _is_raw(self, output: Shape) -> bool:
        payload = output.get("payload")
        return payload is not None and self._model.shape(output["members"][payload])["type"] in ("blob", "string")

    def _body_writer(self, operation: str, output: Shape) -> BodyWriter | None:
        payload = output.get("payload")
        if payload is not None:
            if self._is_raw(output):
                return lambda result: _raw(result.get(payload))
            element = self._writers.document(payload, output["members"][payload], _NAMESPACE)

            def write_payload(result: Mapping[str, Any]) -> bytes:
                value = result.get(payload)
                return b"" if value is None else (_DECLARATION + element(value)).encode()

            return write_payload
        if not any(map(in_body, output["members"].values())):
            return None
        if operation == "GetBucketLocation":
            return _location
        content = self._writers.members(output, in_body)
        root = _ROOTS.get(operation, f"{operation}Result")
        opening, closing = f'{_DECLARATION}<{root} xmlns="{_NAMESPACE}">', f"</{root}>"
        return lambda result: f"{opening}{content(result)}{closing}".encode()


def _raw(value: Any) -> Any:
    if value is None:
        return b""
    return value.encode() if isinstance(value, str) else value


def _location(result: Mapping[str, Any]) -> bytes:
    """The one result whose root is its only member; us-east-1 has no name there."""
    location = result.get("LocationConstraint")
    opening = f'{_DECLARATION}<LocationConstraint xmlns="{_NAMESPACE}"'
    return (f"{opening}>{location}</LocationConstraint>" if location else f"{opening}/>").encode()


def _headers(request_id: str) -> list[tuple[str, str]]:
    """S3's two request ids: sixteen digits, and a longer one that names the host."""
    host = binascii.b2a_base64(request_id.encode() * 2, newline=False).decode("ascii")
    return [("x-amz-request-id", request_id.replace("-", "")[:16].upper()), ("x-amz-id-2", host)]


def _invalid(wire: str, text: str, kind: str) -> AwsError:
    message = (
        f"Provided {wire} not an integer or within integer range"
        if kind in ("integer", "long")
        else (f"Invalid {kind} value for {wire}")
    )
    return AwsError("InvalidArgument", message, ArgumentName=wire, ArgumentValue=text)
