"""Which of a template's properties a resource type looks at: what nobody looked at had no effect, and is told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

# a type gets them otherwise, merged with the stack's own
_TAGS = ("Tags",)


class Witness(dict[str, Any]):
    """A resource's properties, and which of them were asked for."""

    def __init__(self, properties: dict[str, Any]) -> None:
        super().__init__(properties)
        self._seen: set[str] = set()

    @property
    def unseen(self) -> list[str]:
        """The properties that had no effect, by name."""
        return sorted(dict.keys(self) - self._seen - {*_TAGS})

    def __getitem__(self, name: str) -> Any:
        self._seen.add(name)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self._seen.add(name)
        return super().get(name, default)

    def __contains__(self, name: object) -> bool:
        self._seen.add(str(name))
        return super().__contains__(name)

    def __iter__(self) -> Iterator[str]:
        # who goes through all of them passes them on; that this is overridden keeps `{**properties}` from a shortcut
        self._seen.update(dict.keys(self))
        return super().__iter__()

    def keys(self) -> Any:
        self._seen.update(dict.keys(self))
        return super().keys()

    def items(self) -> Any:
        self._seen.update(dict.keys(self))
        return super().items()
