"""The fields of a distributed Map, compiled."""

from typing import Any

from headwater.languages.asl.distributed_map_state import Batcher, Distribution
from headwater.languages.asl.fields import FieldCompiler

# Refused in inline mode; the tolerated failures and the label are merely without effect there.
_DISTRIBUTED_ONLY = ("ItemReader", "ItemBatcher", "ResultWriter")
_BATCHER_FIELDS = {"MaxItemsPerBatch", "MaxInputBytesPerBatch", "BatchInput"}


def parse_distribution(fields: FieldCompiler, processor: dict[str, Any]) -> Distribution | None:
    """None for an inline Map. ItemReader and ResultWriter are refused: they are not implemented yet."""
    config = processor.get("ProcessorConfig", {})
    mode = config.get("Mode", "INLINE") if type(config) is dict else "INLINE"
    if mode != "DISTRIBUTED":
        for name in _DISTRIBUTED_ONLY:
            if name in fields.state:
                fields.diagnostics.schema(f"Field '{name}' is not supported", fields.location)
        return None
    for name in ("ItemReader", "ResultWriter"):
        if name in fields.state:
            fields.diagnostics.schema(f"Field '{name}' is not implemented by Headwater yet", fields.location)
    return Distribution(
        label=fields.state.get("Label", ""),
        tolerated_count=fields.number("ToleratedFailureCount"),
        tolerated_percentage=fields.number("ToleratedFailurePercentage", integer=False),
        batcher=_batcher(fields),
    )


def _batcher(fields: FieldCompiler) -> Batcher | None:
    given = fields.state.get("ItemBatcher")
    if given is None:
        return None
    location = f"{fields.location}/ItemBatcher"
    if not fields.check_object(given, _BATCHER_FIELDS, (), location):
        return None
    sizes = {name: given.get(name, 0) for name in ("MaxItemsPerBatch", "MaxInputBytesPerBatch")}
    for name, size in sizes.items():
        if type(size) is not int or size < 0:
            fields.diagnostics.schema("Expected value of type Integer", f"{location}/{name}")
            return None
    batch_input = given.get("BatchInput")
    template = None
    if batch_input is not None:
        template = fields.template_of(batch_input, "ItemBatcher/BatchInput", f"{location}/BatchInput")
    return Batcher(sizes["MaxItemsPerBatch"], sizes["MaxInputBytesPerBatch"], template)
