"""Items out of Amazon S3: objects listed, or what objects hold.

https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html
"""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Iterable, Iterator
from importlib.util import find_spec
from typing import Any

import orjson

from headwater.languages.item_sources import (
    DELIMITERS,
    SourceError,
    csv_items,
    json_items,
    json_lines,
    texts,
    unpacked,
)
from headwater.spine.operations import Result
from headwater.spine.store.blobs import Blob, pieces_of
from headwater.spine.work import Work

_ROWS = 500
_GET = ("Bucket", "Key", "VersionId", "ExpectedBucketOwner")
Item = tuple[Any, dict[str, Any]]


async def read_objects(work: Work, reader: dict[str, Any]) -> AsyncIterator[Item]:
    """Each item with what the context object tells of it."""
    config, parameters = reader["config"], reader["parameters"]
    if type(parameters) is not dict:
        raise SourceError("The Parameters of the ItemReader must be a JSON object")
    if reader["action"] == "listObjectsV2":
        async for listed in _list(work, parameters):
            source = {"Source": _uri(parameters.get("Bucket"), listed["Key"])}
            if config.get("Transformation") != "LOAD_AND_FLATTEN":
                yield listed, source
                continue
            body = await _get(work, {"Bucket": parameters.get("Bucket"), "Key": listed["Key"]})
            for value in values_of(body, config):
                yield value, source
        return
    async for item in _read_object(work, config, parameters):
        yield item


async def _read_object(work: Work, config: dict[str, Any], parameters: dict[str, Any]) -> AsyncIterator[Item]:
    body = await _get(work, parameters)
    source = {"Source": _uri(parameters.get("Bucket"), parameters.get("Key"))}
    kind = config.get("ManifestType") or ("S3_INVENTORY" if config["InputType"] == "MANIFEST" else "")
    if not kind:
        for value in values_of(body, config):
            yield value, source
        return
    listed = _inventory_files(body) if kind == "S3_INVENTORY" else _athena_files(body)
    for bucket, key, given in listed:
        part = await _get(work, {"Bucket": bucket, "Key": key})
        for value in values_of(part, {**config, **given}):
            yield value, {"Source": _uri(bucket, key)}


async def _get(work: Work, request: dict[str, Any]) -> Blob | bytes:
    result = await work.operation("s3", "GetObject", _known(request, _GET))
    body: Blob | bytes = result["Body"]
    return body


def _known(request: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: request[name] for name in names if name in request}


async def _list(work: Work, parameters: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
    request = _known(parameters, ("Bucket", "Prefix"))
    while True:
        page: Result = await work.operation("s3", "ListObjectsV2", request)
        for found in page.get("Contents") or ():
            yield {
                "Etag": found["ETag"],
                "Key": found["Key"],
                "LastModified": float(found["LastModified"] // 1000),
                "Size": found["Size"],
                "StorageClass": found.get("StorageClass", "STANDARD"),
            }
        if not page.get("NextContinuationToken"):
            return
        request = {**request, "ContinuationToken": page["NextContinuationToken"]}


def _uri(bucket: Any, key: Any) -> str:
    return f"s3://{bucket}/{key}"


def values_of(body: Blob | bytes, config: dict[str, Any]) -> Iterable[Any]:
    """The items that an object holds."""
    kind = config.get("InputType")
    if kind == "PARQUET":
        return _parquet(body)
    pieces = unpacked(pieces_of(body))
    if kind == "JSON":
        return json_items(pieces, config.get("ItemsPointer", ""))
    if kind == "JSONL":
        return json_lines(pieces)
    headers = config.get("CSVHeaders") if config.get("CSVHeaderLocation") == "GIVEN" else None
    return csv_items(pieces, headers, DELIMITERS[config.get("CSVDelimiter", "COMMA")])


def _parquet(body: Blob | bytes) -> Iterator[Any]:
    if find_spec("pyarrow") is None:
        raise SourceError("Reading Parquet needs pyarrow: pip install 'headwater[parquet]'")
    from pyarrow import ArrowException, parquet

    data = body.read() if isinstance(body, Blob) else bytes(body)
    try:
        for batch in parquet.ParquetFile(io.BytesIO(data)).iter_batches(batch_size=_ROWS):
            yield from (orjson.loads(orjson.dumps(row, default=str)) for row in batch.to_pylist())
    except (ArrowException, OSError) as error:
        raise SourceError(f"The Parquet file could not be read: {error}") from None


def _inventory_files(body: Blob | bytes) -> list[tuple[str, str, dict[str, Any]]]:
    """The files that an S3 inventory's manifest lists, and how they are read."""
    try:
        manifest = orjson.loads(b"".join(pieces_of(body)))
        bucket = manifest["destinationBucket"].rpartition(":")[2]
        kind = manifest["fileFormat"].upper()
        headers = [name.strip() for name in manifest["fileSchema"].split(",")] if kind == "CSV" else []
        keys = [file["key"] for file in manifest["files"]]
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        raise SourceError("The file is not an S3 Inventory manifest") from None
    if kind not in ("CSV", "PARQUET"):
        raise SourceError(f"S3 Inventory files of format {kind} are not supported")
    config = {"InputType": kind, "CSVHeaderLocation": "GIVEN", "CSVHeaders": headers}
    return [(bucket, key, config) for key in keys]


def _athena_files(body: Blob | bytes) -> list[tuple[str, str, dict[str, Any]]]:
    """The objects that the manifest of an UNLOAD lists, a URI a line; the configuration says what they hold."""
    found: list[tuple[str, str, dict[str, Any]]] = []
    for line in "".join(texts(pieces_of(body))).splitlines():
        bucket, _, key = line.strip().strip('"').removeprefix("s3://").partition("/")
        if key:
            found.append((bucket, key, {}))
    return found
