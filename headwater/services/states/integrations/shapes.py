"""Parameters to requests and results to outputs, guided by the service's model.

Step Functions names members as the Java SDK does, in PascalCase.
"""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime
from functools import cache
from typing import Any

from headwater.languages.asl.errors import ArgumentsRefused
from headwater.spine.attribute_values import JAVA_TYPES, each_attribute
from headwater.spine.models import Model, Reference, Shape
from headwater.spine.requests import ATTRIBUTE_VALUE, CIPHERTEXT, Reader, UnfitParameters, read_request
from headwater.spine.store.blobs import Blob

_OPTIMISED = Reader("Step Functions", typed=True, bare=True)
_SDK = Reader("Step Functions", typed=True)


def to_request(model: Model, operation: str, parameters: Any, *, optimised: bool) -> dict[str, Any]:
    """The operation's request; ArgumentsRefused with AWS's finding where the parameters do not fit.

    To the optimised integration of DynamoDB a text alone is a value: https://serverlessland.com/patterns/sfn-dynamodb
    """
    try:
        return read_request(model, operation, parameters, _OPTIMISED if optimised else _SDK)
    except UnfitParameters as finding:
        raise ArgumentsRefused(str(finding)) from None


class Outputs:
    """Results as states see them: members in PascalCase and in alphabetical order.

    Optimised integrations keep AWS's own spelling (`MD5OfMessageBody`) and give times as milliseconds since the epoch;
    those of the SDK spell as the Java SDK does (`Md5OfMessageBody`) and give times as ISO 8601.
    """

    def __init__(self, model: Model, *, optimised: bool) -> None:
        self._model = model
        self._optimised = optimised

    def output(self, operation: str, result: dict[str, Any]) -> dict[str, Any]:
        shape = self._model.output(operation)
        if shape is None:
            return {}
        # headers that are one map, such as S3's Metadata, are to the Java SDK an empty map where there are none
        maps: dict[str, Any] = {
            name: {} for name, member in shape["members"].items() if member.get("location") == "headers"
        }
        return self._structure(shape, {**maps, **result})

    def _structure(self, shape: Shape, result: dict[str, Any]) -> dict[str, Any]:
        members = shape["members"]
        return {
            self._name(name): self._value(members[name], result[name])
            for name in sorted(result)
            if name in members and result[name] is not None
        }

    def _name(self, member: str) -> str:
        return member[:1].upper() + member[1:] if self._optimised else java_name(member)

    def _value(self, reference: Reference, value: Any) -> Any:
        if reference["shape"] == ATTRIBUTE_VALUE:
            return value if self._optimised else _java_attribute(value)
        shape = self._model.shape(reference)
        kind = shape["type"]
        if kind == "structure" and isinstance(value, dict):
            return value if shape.get("document") else self._structure(shape, value)
        if kind == "list":
            return [self._value(shape["member"], item) for item in value]
        if kind == "map":
            return {name: self._value(shape["value"], item) for name, item in value.items()}
        if kind == "timestamp":
            return value if self._optimised else _iso(value)
        if kind == "blob":
            return _base64(value) if reference["shape"] == CIPHERTEXT else _text(value)
        return value


@cache
def java_name(member: str) -> str:
    """`SSEKMSKeyId` as `SsekmsKeyId`: the Java SDK takes a run of capitals for one word."""
    return _CAPITALS.sub(lambda run: run.group().capitalize(), member[:1].upper() + member[1:])


_CAPITALS = re.compile(r"[A-Z]+(?![a-z])")


def _java_attribute(value: dict[str, Any]) -> dict[str, Any]:
    return {JAVA_TYPES.get(kind, kind): each_attribute(kind, inner, _java_attribute) for kind, inner in value.items()}


def _iso(milliseconds: int) -> str:
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC)
    fraction = f".{milliseconds % 1000:03}" if milliseconds % 1000 else ""
    return f"{moment:%Y-%m-%dT%H:%M:%S}{fraction}Z"


def _text(value: Any) -> str:
    """Bytes as text where they are UTF-8, as Base64 otherwise."""
    data = value.read() if isinstance(value, Blob) else bytes(value)
    try:
        return data.decode()
    except UnicodeDecodeError:
        return _base64(data)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
