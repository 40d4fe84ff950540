"""What is wrong with an answer, whatever was asked: a fault of ours, or what a client library could not make use of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.awsrequest import HeadersDict
from botocore.model import OperationModel, Shape
from botocore.parsers import ResponseParser, create_parser

_CODE = re.compile(r"[A-Za-z][A-Za-z0-9.:_]*")
# AWS itself leaves empty lists out, and says nothing where nothing is set
_LEFT_OUT = frozenset(
    (
        ("SendMessageBatch", ".Failed"),
        ("SendMessageBatch", ".Successful"),
        ("DeleteMessageBatch", ".Failed"),
        ("DeleteMessageBatch", ".Successful"),
        ("ChangeMessageVisibilityBatch", ".Failed"),
        ("ChangeMessageVisibilityBatch", ".Successful"),
        ("GetFunctionCodeSigningConfig", ".CodeSigningConfigArn"),
    )
)


def parser_of(operation: OperationModel) -> ResponseParser:
    return create_parser(operation.service_model.resolved_protocol)


def faults(
    operation: OperationModel, status: int, headers: Mapping[str, str], body: bytes, another: bool = False
) -> Iterator[str]:
    """Each in a few words: a status beyond 500, XML or JSON that cannot be read, an error without a code, an answer
    without what the model requires of it. ``another``: it may be the answer of another operation."""
    if status >= 500 and status != 501:
        yield f"answered {status}: {body[:300]!r}"
    streams = operation.has_event_stream_output or operation.has_streaming_output
    if status < 300 and (streams or another):
        return
    given = {"status_code": status, "headers": HeadersDict(headers), "body": body}
    try:
        answer = parser_of(operation).parse(given, operation.output_shape)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told
        if b"&#x" not in body:  # a control character, which S3 has in its XML as well
            yield f"no answer that can be read: {error!r}: {body[:300]!r}"
        return
    if status >= 400:
        code = str(answer["Error"].get("Code", ""))
        # a request that is too large for HTTP was never one to an API, and so is one of HEAD without a body
        if not _CODE.fullmatch(code) and status not in (413, 414, 431) and body:
            yield f"answered {status} without a code: {body[:300]!r}"
    elif status < 300:
        yield from (f"the answer lacks {place}" for place in sorted(set(lacking(operation, answer))))


def lacking(operation: OperationModel, answer: Mapping[str, Any]) -> Iterator[str]:
    """Where an answer has nothing though the model requires something."""
    if operation.output_shape is not None:
        left_out = {place for name, place in _LEFT_OUT if name == operation.name}
        yield from (place for place in _lacking(operation.output_shape, answer, "") if place not in left_out)


def _lacking(shape: Shape, value: Any, place: str) -> Iterator[str]:
    if shape.type_name == "structure" and isinstance(value, dict):
        yield from (f"{place}.{name}" for name in shape.required_members if value.get(name) is None)
        for name, member in shape.members.items():
            if value.get(name) is not None:
                yield from _lacking(member, value[name], f"{place}.{name}")
    elif shape.type_name == "list" and isinstance(value, list):
        for item in value[:5]:
            yield from _lacking(shape.member, item, f"{place}[]")
    elif shape.type_name == "map" and isinstance(value, dict):
        for item in list(value.values())[:5]:
            yield from _lacking(shape.value, item, f"{place}{{}}")
