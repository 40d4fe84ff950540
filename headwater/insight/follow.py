"""What happens, as it happens: spans, and where asked events, as lines of JSON once they are committed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import orjson

from headwater.spine import records
from headwater.spine.arns import parse_arn
from headwater.spine.engine import Engine
from headwater.spine.errors import AwsError
from headwater.spine.ids import instant_of
from headwater.spine.records import Record
from headwater.spine.spans import Span, brief, name_of

if TYPE_CHECKING:
    from headwater.languages.patterns import Pattern

SPANS = "spans"
RECORDS = "records"
_MOST_REMEMBERED = 100_000


def follow(engine: Engine, query: Mapping[str, str], send: Callable[[bytes], None]) -> Callable[[], None]:
    """Send every span that ends from now on; the returned function stops it.

    ``kind``: only spans of it (``delivery``); ``service``: only of it; ``events``: also what is published; ``bus`` (a
    name or the ARN of a channel) and ``pattern``: only such events, and the deliveries that come of them.
    """
    choice = _Choice(query)

    def heard(spans: object) -> None:
        assert isinstance(spans, list)
        _tell(_line(span) for span in spans if span.outcome is not None and choice.takes(span))

    def published(rows: object) -> None:
        assert isinstance(rows, list)
        chosen = [record for record in map(records.read, rows) if choice.takes_event(record)]
        if query.get("events"):
            _tell(map(_event, chosen))

    def _tell(lines: Iterable[dict[str, Any]]) -> None:
        text = b"".join(orjson.dumps(line, default=str) + b"\n" for line in lines)
        if text:
            send(text)

    ends = [engine.listen(SPANS, heard)]
    if query.get("events") or choice.by_event:
        ends.append(engine.listen(RECORDS, published))

    def stop() -> None:
        for end in ends:
            end()

    return stop


class _Choice:
    """What somebody wants to be told."""

    def __init__(self, query: Mapping[str, str]) -> None:
        self._kind = query.get("kind")
        self._service = query.get("service")
        self._bus = query.get("bus")
        self._pattern = _compiled(query["pattern"]) if query.get("pattern") else None
        self.by_event = self._bus is not None or self._pattern is not None
        # deliveries of the events that were chosen
        self._deliveries: OrderedDict[int, None] = OrderedDict()

    def takes(self, span: Span) -> bool:
        if self._kind is not None and span.kind != self._kind:
            return False
        if self._service is not None and span.name.replace(".", ":").partition(":")[0] != self._service:
            return False
        return not self.by_event or span.delivery in self._deliveries

    def takes_event(self, record: Record) -> bool:
        channel = parse_arn(record.channel)
        if self._service is not None and (channel is None or channel.service != self._service):
            return False
        if self._bus is not None and record.channel != self._bus and _bus_name(record.channel) != self._bus:
            return False
        if self._pattern is not None and not self._pattern.matches(orjson.loads(record.body)):
            return False
        if self.by_event:
            for route in record.routes:
                self._deliveries[route.delivery] = None
            while len(self._deliveries) > _MOST_REMEMBERED:
                self._deliveries.popitem(last=False)
        return True


def _compiled(text: str) -> Pattern:
    from headwater.languages.patterns import EVENTBRIDGE, InvalidPattern, compile_pattern

    try:
        return compile_pattern(text, EVENTBRIDGE)
    except InvalidPattern as refusal:
        raise AwsError("InvalidEventPatternException", refusal.message) from None


def _bus_name(channel: str) -> str:
    return channel.partition(":event-bus/")[2]


def _event(record: Record) -> dict[str, Any]:
    return {
        "id": record.name,
        "trace": record.trace,
        "kind": "event",
        "channel": record.channel,
        "started": instant_of(record.id),
        "event": orjson.loads(record.body),
        "deliveries": [f"{route.delivery:016x}" for route in record.routes],
    }


def _line(span: Span) -> dict[str, Any]:
    line = {
        "id": f"{span.id:016x}",
        "trace": span.trace,
        "parent": name_of(span.parent) if span.parent is not None else None,
        "kind": span.kind,
        "name": span.name,
        "subject": span.subject,
        "account": span.account,
        "region": span.region,
        "started": span.started,
        "duration": span.duration,
        "outcome": span.outcome,
        "notes": brief(span.notes) if span.notes else {},
    }
    if span.delivery is not None:
        line["delivery"] = f"{span.delivery:016x}"
    return line
