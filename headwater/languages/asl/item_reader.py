"""ItemReader: the items of a distributed Map are read from Amazon S3.

https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from headwater.languages.asl.numbers import Number
from headwater.languages.asl.queries import Scope
from headwater.languages.asl.templates import JsonataScope, Template

if TYPE_CHECKING:
    from headwater.languages.asl.execution import Frame
    from headwater.languages.asl.run import Run

MOST_ITEMS = 100_000_000


@dataclass(frozen=True, slots=True)
class ItemReader:
    """`action`: getObject or listObjectsV2; `config`: ReaderConfig without its MaxItems. Of MaxItems 0 means all, and a
    negative one is for whoever reads to refuse."""

    action: str
    parameters: Template
    config: dict[str, Any]
    max_items: Number | None = None

    def evaluate(self, run: "Run", frame: "Frame", effective: Any, *, jsonata: bool) -> dict[str, Any]:
        scope = JsonataScope(run, frame) if jsonata else Scope(run, frame, effective)
        limit = 0
        if self.max_items is not None:
            limit = int(self.max_items.evaluate(run, frame, effective, jsonata=jsonata))
        return {
            "action": self.action,
            "parameters": self.parameters.evaluate(scope),
            "config": self.config,
            "max_items": min(limit or MOST_ITEMS, MOST_ITEMS),
        }
