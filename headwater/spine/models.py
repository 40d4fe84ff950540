"""AWS's service models: the specification of every operation, as botocore publishes it.

A model is the parsed ``service-2.json`` without its prose. Its vocabulary (shape, member, locationName, flattened,
…) is botocore's own; see https://smithy.io/2.0/aws/protocols/ for what the traits mean on the wire.
"""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import orjson

Shape = Mapping[str, Any]
"""A shape's definition: ``type``, and ``members``, ``member``, ``key``/``value``, constraints, traits."""
Reference = Mapping[str, Any]
"""A use of a shape: ``shape`` (its name) and traits of this use, such as ``locationName``."""


class Model:
    """One service's model, read-only."""

    __slots__ = ("metadata", "name", "operations", "shapes")

    def __init__(self, name: str, document: Mapping[str, Any]) -> None:
        self.name = name
        self.metadata: Mapping[str, Any] = document["metadata"]
        self.operations: Mapping[str, Mapping[str, Any]] = document["operations"]
        self.shapes: Mapping[str, Shape] = document["shapes"]

    def shape(self, reference: Reference) -> Shape:
        """The definition that a reference points to."""
        return self.shapes[reference["shape"]]

    def trait(self, reference: Reference, name: str, default: Any = None) -> Any:
        """A trait, as the use says or else the shape."""
        value = reference.get(name)
        return self.shape(reference).get(name, default) if value is None else value

    def input(self, operation: str) -> Shape:
        """The structure of an operation's request; an empty one where it takes nothing."""
        reference = self.operations[operation].get("input")
        return self.shape(reference) if reference else _EMPTY

    def streams_events(self, operation: str) -> bool:
        """Whether an operation answers with a stream of events."""
        members = (self.output(operation) or _EMPTY)["members"].values()
        return any(self.shapes[member["shape"]].get("eventstream") for member in members)

    def output(self, operation: str) -> Shape | None:
        """The structure of an operation's result, None where it has none."""
        reference = self.operations[operation].get("output")
        return self.shape(reference) if reference else None


_EMPTY: Shape = {"type": "structure", "members": {}}


@cache
def load_model(name: str) -> Model:
    """The newest model of a service by the name of botocore's folder (``sqs``, ``stepfunctions``, ``iot-data``).

    Parsed once a process: the file is part of the installed package and cannot change under us.
    Raises LookupError where there is no such service.
    """
    document = _read(_data_folder() / name)
    _drop_prose(document)
    return Model(name, document)


@cache
def operation_names(name: str) -> frozenset[str]:
    """What a service of AWS's can be asked for, one that is not served here too; of its model nothing else is kept."""
    return frozenset(_read(_data_folder() / name)["operations"])


@cache
def find_model(name: str | None) -> str | None:
    """The name of a service's model, whose hyphens may be left out; None where AWS has no such service."""
    wanted = (name or "").replace("-", "")
    return next((each.name for each in _data_folder().iterdir() if each.name.replace("-", "") == wanted), None)


def _read(folder: Path) -> dict[str, Any]:
    if not folder.is_dir():
        raise LookupError(f"no service model named {folder.name!r}")
    newest = max(version for version in folder.iterdir() if version.is_dir())
    packed = newest / "service-2.json.gz"
    text = gzip.decompress(packed.read_bytes()) if packed.exists() else (newest / "service-2.json").read_bytes()
    document: dict[str, Any] = orjson.loads(text)
    return document


def _data_folder() -> Path:
    spec = find_spec("botocore")  # finds the package without importing it, which would cost more than any model
    if spec is None or spec.origin is None:
        raise LookupError("botocore is not installed")
    return Path(spec.origin).parent / "data"


def _drop_prose(document: dict[str, Any]) -> None:
    """Forget the documentation: more than half of a model's size."""
    for operation in document["operations"].values():
        operation.pop("documentation", None)
    for shape in document["shapes"].values():
        shape.pop("documentation", None)
        for member in shape.get("members", {}).values():
            member.pop("documentation", None)
