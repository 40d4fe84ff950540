"""The fields of a distributed Map, compiled."""

import re
from typing import Any

from headwater.languages.asl.distributed_map_state import Distribution
from headwater.languages.asl.fields import FieldCompiler
from headwater.languages.asl.item_batcher import Batcher
from headwater.languages.asl.item_reader import ItemReader
from headwater.languages.asl.numbers import Number
from headwater.languages.asl.result_writer import COMPACT, FLATTEN, JSON, JSONL, NONE, ResultWriter
from headwater.languages.asl.templates import Constant, Template, jsonata_text

# Refused in inline mode; the tolerated failures and the label are merely without effect there.
_DISTRIBUTED_ONLY = ("ItemReader", "ItemBatcher", "ResultWriter")
_BATCHER_FIELDS = {
    "MaxItemsPerBatch",
    "MaxItemsPerBatchPath",
    "MaxInputBytesPerBatch",
    "MaxInputBytesPerBatchPath",
    "BatchInput",
}
_READER_FIELDS = {"Resource", "ReaderConfig", "Parameters", "Arguments"}
_READ_ACTIONS = {"arn:aws:states:::s3:getObject": "getObject", "arn:aws:states:::s3:listObjectsV2": "listObjectsV2"}
# What ReaderConfig's fields may be; None: anything.
_READER_CONFIG: dict[str, tuple[str, ...] | None] = {
    "InputType": ("CSV", "JSON", "JSONL", "PARQUET", "MANIFEST"),
    "CSVHeaderLocation": ("FIRST_ROW", "GIVEN"),
    "CSVHeaders": None,
    "CSVDelimiter": ("COMMA", "PIPE", "SEMICOLON", "SPACE", "TAB"),
    "MaxItems": None,
    "MaxItemsPath": None,
    "ItemsPointer": None,
    "ManifestType": ("ATHENA_DATA", "S3_INVENTORY"),
    "Transformation": ("NONE", "LOAD_AND_FLATTEN"),
}
_WRITER_FIELDS = {"Resource", "Parameters", "Arguments", "WriterConfig"}
_WRITE_RESOURCE = "arn:aws:states:::s3:putObject"
_WRITER_CONFIG: dict[str, tuple[str, ...] | None] = {
    "Transformation": (NONE, COMPACT, FLATTEN),
    "OutputType": (JSON, JSONL),
}
# AWS's limit, and what may be part of an ARN.
_LABEL = re.compile(r"[^\s?*<>{}\[\]:;,\\|^~$#%&`\"\x00-\x1f\x7f-\x9f]{1,40}")


def parse_distribution(fields: FieldCompiler, processor: dict[str, Any]) -> Distribution | None:
    """None for an inline Map."""
    config = processor.get("ProcessorConfig", {})
    mode = config.get("Mode", "INLINE") if type(config) is dict else "INLINE"
    if mode != "DISTRIBUTED":
        for name in _DISTRIBUTED_ONLY:
            if name in fields.state:
                fields.diagnostics.schema(f"Field '{name}' is not supported", fields.location)
        return None
    label = fields.state.get("Label", "")
    if label and _LABEL.fullmatch(label) is None:
        fields.diagnostics.schema("Value is not a valid label", f"{fields.location}/Label")
    kind = config.get("ExecutionType", "STANDARD")
    if kind not in ("STANDARD", "EXPRESS"):
        where = f"{fields.location}/ItemProcessor/ProcessorConfig/ExecutionType"
        fields.diagnostics.schema("Value should be one of the following: [STANDARD, EXPRESS]", where)
    return Distribution(
        label=label,
        express=kind == "EXPRESS",
        tolerated_count=fields.number("ToleratedFailureCount"),
        tolerated_percentage=fields.number("ToleratedFailurePercentage", integer=False),
        batcher=_batcher(fields),
        reader=_reader(fields),
        writer=_writer(fields),
    )


def _batcher(fields: FieldCompiler) -> Batcher | None:
    given = fields.state.get("ItemBatcher")
    if given is None:
        return None
    location = f"{fields.location}/ItemBatcher"
    if not fields.check_object(given, _BATCHER_FIELDS, (), location):
        return None
    if not given.keys() - {"BatchInput"}:
        message = "One of these fields is required: [MaxItemsPerBatch, MaxItemsPerBatchPath, MaxInputBytesPerBatch, "
        fields.diagnostics.schema(f"{message}MaxInputBytesPerBatchPath]", location)
    template = None
    if given.get("BatchInput") is not None:
        template = fields.template_of(given["BatchInput"], "ItemBatcher/BatchInput", f"{location}/BatchInput")
    items = _number(fields, given, "MaxItemsPerBatch", location)
    return Batcher(items, _number(fields, given, "MaxInputBytesPerBatch", location), template)


def _number(fields: FieldCompiler, holder: dict[str, Any], name: str, location: str) -> Number | None:
    """A whole number among a field's own fields, or its …Path."""
    path = f"{name}Path"
    if path in holder and name in holder:
        fields.diagnostics.schema(f"Only one of these fields is allowed: [{name}, {path}]", location)
    if path in holder:
        return Number(path, fields.input_path_of(holder[path], path, f"{location}/{path}"), holder[path])
    if name not in holder:
        return None
    value = holder[name]
    computed = fields.jsonata and jsonata_text(value) is not None
    if not computed:
        if type(value) is not int:
            fields.diagnostics.schema("Expected value of type [INTEGER]", f"{location}/{name}")
            return None
        fields.diagnostics.limits(value, f"{location}/{name}", 0)
    field = f"{location.rpartition('/')[2]}/{name}"
    return Number(name, fields.template_of(value, field, f"{location}/{name}"))


def _reader(fields: FieldCompiler) -> ItemReader | None:
    given = fields.state.get("ItemReader")
    if given is None:
        return None
    location = f"{fields.location}/ItemReader"
    if "Items" in fields.state:  # an ItemsPath is let be, and not looked at
        fields.diagnostics.schema("Only one of these fields is allowed: [Items, ItemReader]", fields.location)
    if not fields.check_object(given, _READER_FIELDS, ("Resource",), location):
        return None
    action = _READ_ACTIONS.get(str(given["Resource"]))
    if action is None:
        message = f"Value should be one of the following: [{', '.join(_READ_ACTIONS)}]"
        fields.diagnostics.schema(message, f"{location}/Resource")
        return None
    config = given.get("ReaderConfig", {})
    if not _check_config(fields, config, _READER_CONFIG, f"{location}/ReaderConfig"):
        return None
    if action == "getObject" and "InputType" not in config:
        fields.diagnostics.schema("These fields are required: [InputType]", f"{location}/ReaderConfig")
    if config.get("InputType") == "CSV":
        _check_csv(fields, config, f"{location}/ReaderConfig")
    limit = _number(fields, config, "MaxItems", f"{location}/ReaderConfig")
    kept = {name: value for name, value in config.items() if not name.startswith("MaxItems")}
    return ItemReader(action, _parameters(fields, given, location) or Constant({}), kept, limit)


def _check_csv(fields: FieldCompiler, config: dict[str, Any], location: str) -> None:
    headers = config.get("CSVHeaders")
    if "CSVHeaderLocation" not in config:
        fields.diagnostics.schema("These fields are required: [CSVHeaderLocation]", location)
    if config.get("CSVHeaderLocation") == "GIVEN" and (
        type(headers) is not list or not all(type(name) is str for name in headers)
    ):
        fields.diagnostics.schema("These fields are required: [CSVHeaders]", location)


def _check_config(fields: FieldCompiler, config: Any, known: dict[str, tuple[str, ...] | None], location: str) -> bool:
    if not fields.check_object(config, set(known), (), location):
        return False
    for name, allowed in known.items():
        if allowed is not None and name in config and config[name] not in allowed:
            fields.diagnostics.schema(
                f"Value should be one of the following: [{', '.join(allowed)}]", f"{location}/{name}"
            )
            return False
    return True


def _parameters(fields: FieldCompiler, holder: dict[str, Any], location: str) -> Template | None:
    """Parameters in JSONPath, Arguments in JSONata."""
    mine, other = ("Arguments", "Parameters") if fields.jsonata else ("Parameters", "Arguments")
    if other in holder:
        fields.wrong_language(other, location)
    if mine not in holder:
        return None
    return fields.template_of(holder[mine], f"{location.rpartition('/')[2]}/{mine}", f"{location}/{mine}")


def _writer(fields: FieldCompiler) -> ResultWriter | None:
    given = fields.state.get("ResultWriter")
    if given is None:
        return None
    location = f"{fields.location}/ResultWriter"
    if not fields.check_object(given, _WRITER_FIELDS, (), location):
        return None
    config = given.get("WriterConfig", {})
    if not _check_config(fields, config, _WRITER_CONFIG, f"{location}/WriterConfig"):
        return None
    parameters = _parameters(fields, given, location)
    if "Resource" in given and given["Resource"] != _WRITE_RESOURCE:
        fields.diagnostics.schema(f"Value should be one of the following: [{_WRITE_RESOURCE}]", f"{location}/Resource")
    if ("Resource" in given) != (parameters is not None) or (parameters is None and "WriterConfig" not in given):
        wanted = "Resource, Arguments" if fields.jsonata else "Resource, Parameters"
        fields.diagnostics.schema(f"These fields are required: [{wanted}]", location)
    default = COMPACT if parameters is None else NONE
    return ResultWriter(config.get("Transformation", default), config.get("OutputType", JSON), parameters)
