"""Requests for any operation of any model: right types, values at random, what was answered before among them."""

from __future__ import annotations

import random
import string
from collections import defaultdict, deque
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from headwater.spine.models import Model, Reference
from tests.fuzz.seeds import BY_NAME, FRACTIONS, HURTFUL, NUMBERS

_DEEPEST = 7
_REMEMBERED = 12
_PLAIN = string.ascii_letters + string.digits
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# no request may wait: what is asked for patience is none
_PATIENCE = frozenset(("waittimeseconds", "receivemessagewaittimeseconds"))


class Vocabulary:
    """What members of a name held in requests and answers before, by service: names and identifiers that exist."""

    def __init__(self) -> None:
        self._values: dict[tuple[str, str], deque[Any]] = defaultdict(lambda: deque(maxlen=_REMEMBERED))

    def learn(self, service: str, value: Any, name: str = "") -> None:
        if isinstance(value, dict):
            for key, item in value.items():
                self.learn(service, item, str(key).lower())
        elif isinstance(value, list):
            for item in value[:3]:
                self.learn(service, item, name)
        elif isinstance(value, str) and 0 < len(value) < 400:
            self._values[service, name].append(value)
            self._values["", name].append(value)
            self._values["", ""].append(value)
            if value.startswith("arn:"):
                self._values["", "arn"].append(value)

    def recall(self, service: str, name: str, source: random.Random) -> str | None:
        ends = next((end for end in ("arn", "name", "id") if name.endswith(end)), "")
        places = [(service, name), ("", name), (service, ends), ("", ends)]
        if source.random() < 0.3:
            source.shuffle(places)
        found = next((values for place in places if (values := self._values.get(place))), None)
        return str(source.choice(found)) if found else None


class Requests:
    """Makes requests for the operations of one service."""

    def __init__(self, service: str, model: Model, vocabulary: Vocabulary, source: random.Random) -> None:
        self._service = service
        self._model = model
        self._vocabulary = vocabulary
        self._source = source
        self._hurt = 0.0
        self._fullness = 0.5

    def make(self, operation: str) -> dict[str, Any]:
        """A request; some are all well-meant, some all but."""
        self._hurt = self._source.choice((0.0, 0.0, 0.03, 0.1, 0.4))
        self._fullness = self._source.choice((0.05, 0.2, 0.5, 0.9))
        shape = self._model.input(operation)
        request: dict[str, Any] = self._structure(shape, 0)
        return request

    def _chance(self, share: float) -> bool:
        return self._source.random() < share

    def _structure(self, shape: Any, depth: int) -> dict[str, Any]:
        required = {*shape.get("required", ())}
        members = list(shape["members"].items())
        if shape.get("union") and members:
            members = [self._source.choice(members)]
            required = {members[0][0]}
        made = {}
        for name, member in members:
            wanted = (
                not self._chance(self._hurt / 5) if name in required else self._chance(self._fullness / (depth + 1))
            )
            if name == "ContentLength":
                continue  # the client's own: a server waits for what is announced
            if wanted and (value := self._value(member, name.lower(), depth + 1)) is not None:
                made[name] = value
        return made

    def _value(self, member: Reference, name: str, depth: int) -> Any:
        shape = self._model.shape(member)
        kind = shape["type"]
        if depth > _DEEPEST or shape.get("eventstream"):
            return None
        if name in _PATIENCE:
            return 0
        seeds = BY_NAME.get(name, ())
        if seeds and self._chance(0.5) and (fit := [seed for seed in seeds if _fits(kind, seed)]):
            return self._bent(self._source.choice(fit))
        if kind == "structure":
            return {} if shape.get("document") else self._structure(shape, depth)
        if kind == "list":
            count = self._source.choice((0, 1, 1, 1, 2, 3)) if not self._chance(self._hurt / 5) else 30
            return [item for _ in range(count) if (item := self._value(shape["member"], name, depth + 1)) is not None]
        if kind == "map":
            keys = [self._text(self._model.shape(shape["key"]), name) for _ in range(self._source.choice((0, 1, 1, 2)))]
            return {
                key: item for key in keys if (item := self._value(shape["value"], key.lower(), depth + 1)) is not None
            }
        return self._scalar(kind, shape, name)

    def _bent(self, seed: Any) -> Any:
        """A seed, or what is one no more: a document with something strange in it."""
        if not self._chance(3 * self._hurt) or not isinstance(seed, str | bytes) or seed[:1] not in ("{", b"{"):
            return seed
        try:
            document = orjson.loads(seed)
        except orjson.JSONDecodeError:
            return seed
        bend(document, self._source)
        text = orjson.dumps(document)
        return text if isinstance(seed, bytes) else text.decode()

    def _scalar(self, kind: str, shape: Any, name: str) -> Any:
        if kind == "string":
            return self._text(shape, name)
        if kind == "blob":
            return self._text(shape, name).encode()
        if kind == "boolean":
            return self._chance(0.5)
        if kind == "timestamp":
            return self._moment()
        if kind in ("integer", "long"):
            if self._chance(self._hurt + 0.05):
                return self._source.choice(NUMBERS)
            least = int(shape.get("min", 0))
            return self._source.randint(least, max(least, min(int(shape.get("max", least + 20)), least + 1000)))
        return self._source.choice(FRACTIONS) if self._chance(self._hurt) else self._source.random() * 10

    def _moment(self) -> datetime:
        if self._chance(self._hurt):
            return self._source.choice((_EPOCH, datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)))
        return _EPOCH + timedelta(seconds=1_790_000_000 + self._source.randint(-10_000_000, 10_000_000))

    def _text(self, shape: Any, name: str) -> str:
        if self._chance(self._hurt):
            return self._source.choice(HURTFUL)
        if "enum" in shape:
            return str(self._source.choice(shape["enum"]))
        if self._chance(0.85) and (known := self._vocabulary.recall(self._service, name, self._source)) is not None:
            return known + self._source.choice(HURTFUL) if self._chance(self._hurt) else known
        least = int(shape.get("min", 1))
        length = max(least, min(int(shape.get("max", 12)), self._source.randint(1, 12)))
        return "".join(self._source.choices(_PLAIN, k=min(length, 2000)))


def bend(document: Any, source: random.Random) -> None:
    """Put something of another type, or something hurtful, in one or two places of a document."""
    strange: tuple[Any, ...] = (None, True, [], {}, "x", [None], {"a": {}}, *NUMBERS[:12], *HURTFUL[:20], 0.5)
    places = list(_places(document))
    for holder, key in source.sample(places, min(len(places), source.choice((0, 1, 1, 2)))):
        holder[key] = source.choice(strange)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in list(pairs):
        yield value, key
        yield from _places(item)


def _fits(kind: str, value: Any) -> bool:
    kinds: dict[str, Any] = {"structure": dict, "map": dict, "list": (list, tuple), "string": str, "blob": (bytes, str)}
    return kind in kinds and isinstance(value, kinds[kind])
