"""ItemBatcher: several items for one child execution.

https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itembatcher.html
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from headwater.languages.asl.errors import runtime
from headwater.languages.asl.numbers import Number
from headwater.languages.asl.queries import Scope, dump
from headwater.languages.asl.templates import JsonataScope, Template

if TYPE_CHECKING:
    from headwater.languages.asl.execution import Frame
    from headwater.languages.asl.run import Run

LARGEST_BATCH = 262_144


@dataclass(frozen=True, slots=True)
class Batcher:
    """The compiled field: limits fixed, by path or by expression."""

    items: Number | None = None
    input_bytes: Number | None = None
    batch_input: Template | None = None

    def evaluate(self, run: "Run", frame: "Frame", effective: Any, *, jsonata: bool) -> dict[str, Any]:
        """`items` and `bytes`, 0 for no limit; `given`: what every batch has beside its items."""
        limits = []
        for field, number in (("MaxItemsPerBatch", self.items), ("MaxInputBytesPerBatch", self.input_bytes)):
            limit = 0 if number is None else int(number.evaluate(run, frame, effective, jsonata=jsonata))
            if limit < 0:
                raise runtime(f"{field} cannot be negative.")
            limits.append(limit)
        given = {}
        if self.batch_input is not None:
            scope = JsonataScope(run, frame) if jsonata else Scope(run, frame, effective)
            given["BatchInput"] = self.batch_input.evaluate(scope)
        return {"items": limits[0], "bytes": limits[1], "given": given}


class Batching:
    """Gathers items to batches. `rest`: the items of the batch that is not full yet."""

    def __init__(self, settings: dict[str, Any], rest: list[Any]) -> None:
        self._items = settings["items"]
        self._most = min(settings["bytes"] or LARGEST_BATCH, LARGEST_BATCH)
        self._given = settings["given"]
        self._overhead = len(dump({**self._given, "Items": []}).encode())
        self.rest: list[Any] = []
        self._size = self._overhead
        self._full: list[tuple[int, Any]] = []
        for value in rest:
            self.add(value)

    def add(self, value: Any) -> None:
        """An item is never split, so a batch of one may be too large."""
        length = len(dump(value).encode()) + 1
        if self.rest and ((self._items and len(self.rest) >= self._items) or self._size + length > self._most):
            self._close()
        self.rest.append(value)
        self._size += length

    def _close(self) -> None:
        self._full.append((len(self.rest), {**self._given, "Items": self.rest}))
        self.rest, self._size = [], self._overhead

    def take(self, *, last: bool) -> list[tuple[int, Any]]:
        """The full batches, each a child's input with the number of its items; at last what is left too."""
        if last and self.rest:
            self._close()
        full, self._full = self._full, []
        return full
