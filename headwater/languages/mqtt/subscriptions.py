"""Topic filters in a tree of their levels: a topic finds its filters without trying the others."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class _Node(Generic[K, V]):
    __slots__ = ("children", "entries")

    def __init__(self) -> None:
        self.children: dict[str, _Node[K, V]] = {}
        self.entries: dict[K, V] = {}


class SubscriptionTree(Generic[K, V]):
    """Values by (topic filter, key). Filters are valid and without `$share/`; they match as in `topics`."""

    def __init__(self) -> None:
        self._root: _Node[K, V] = _Node()

    def add(self, topic_filter: str, key: K, value: V) -> None:
        """Set the value of `key` under the filter."""
        node = self._root
        for level in topic_filter.split("/"):
            child = node.children.get(level)
            if child is None:
                child = node.children[level] = _Node()
            node = child
        node.entries[key] = value

    def remove(self, topic_filter: str, key: K) -> bool:
        """Take `key` out; False if it was not there."""
        path = [self._root]
        levels = topic_filter.split("/")
        for level in levels:
            child = path[-1].children.get(level)
            if child is None:
                return False
            path.append(child)
        if key not in path[-1].entries:
            return False
        del path[-1].entries[key]
        for parent, level, node in zip(path[-2::-1], reversed(levels), reversed(path), strict=False):
            if node.entries or node.children:
                break
            del parent.children[level]
        return True

    def get(self, topic_filter: str, key: K) -> V | None:
        node = self._root
        for level in topic_filter.split("/"):
            child = node.children.get(level)
            if child is None:
                return None
            node = child
        return node.entries.get(key)

    def match(self, topic: str) -> Iterator[tuple[K, V]]:
        """Every (key, value) whose filter takes the topic; a key under two such filters comes twice."""
        nodes = [self._root]
        top = topic[:1] == "$"  # wildcards of the first level do not take $-topics
        for level in topic.split("/"):
            following = []
            for node in nodes:
                children = node.children
                if child := children.get(level):
                    following.append(child)
                if top:
                    continue
                if child := children.get("+"):
                    following.append(child)
                if child := children.get("#"):
                    yield from child.entries.items()
            if not following:
                return
            nodes = following
            top = False
        for node in nodes:
            yield from node.entries.items()
