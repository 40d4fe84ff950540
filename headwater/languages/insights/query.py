"""A whole query: its commands one after the other, and the rows that come of records."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from headwater.languages.insights.commands import (
    Shown,
    Stage,
    read_dedup,
    read_display,
    read_fields,
    read_filter,
    read_limit,
    read_parse,
    read_sort,
    read_stats,
)
from headwater.languages.insights.expressions import Parser
from headwater.languages.insights.records import Record
from headwater.languages.insights.scanner import InvalidQuery, Scanner, UnsupportedCommand
from headwater.languages.insights.values import text

Row = list[dict[str, str]]
_COMMANDS = MappingProxyType(
    {
        "fields": read_fields,
        "display": read_display,
        "filter": read_filter,
        "parse": read_parse,
        "sort": read_sort,
        "limit": read_limit,
        "head": read_limit,
        "dedup": read_dedup,
        "stats": read_stats,
    }
)
_LACKS = ("anomaly", "diff", "filterindex", "join", "lookup", "pattern", "source", "unmask", "unnest")
_DEFAULT = ("@timestamp", "@message")
POINTER = "@ptr"


class Query:
    """``select`` takes one record after the other and tells whether it counts; ``rows`` makes the answer of those."""

    def __init__(self, stages: list[Stage], shown: Shown, limited: bool) -> None:
        first = next((place for place, stage in enumerate(stages) if stage.each is None), len(stages))
        self._each = [stage.each for stage in stages[:first] if stage.each is not None]
        self._rest = stages[first:]
        self.columns = shown.columns or list(_DEFAULT)
        self._of_events = not shown.grouped
        self._limited = limited

    def select(self, record: Record) -> bool:
        return all(each(record) for each in self._each)

    def rows(self, records: list[Record], most: int) -> list[Row]:
        """``records`` in the order of time, the newest first. ``most``: how many rows, where the query does not say."""
        for stage in self._rest:
            if stage.all is not None:
                records = stage.all(records)
            elif stage.each is not None:
                records = [record for record in records if stage.each(record)]
        return [self._row(record) for record in (records if self._limited else records[:most])]

    def _row(self, record: Mapping[str, object]) -> Row:
        columns = [*self.columns, POINTER] if self._of_events and POINTER not in self.columns else self.columns
        return [{"field": name, "value": text(value)} for name in columns if (value := record[name]) is not None]


def parse_query(written: str, now: int) -> Query:
    """Compile a query; ``now`` (ms) is what ``now()`` tells. Raises InvalidQuery, UnsupportedCommand."""
    try:
        return _parse(Scanner(written), now)
    except RecursionError:
        raise InvalidQuery("the query is nested too deeply", 0, len(written)) from None


def _parse(scanner: Scanner, now: int) -> Query:
    parser, shown = Parser(scanner, now), Shown()
    stages: list[Stage] = []
    limited = False
    while True:
        token = scanner.take()
        read = _COMMANDS.get(token.word)
        if read is None:
            if token.word in _LACKS:
                raise UnsupportedCommand(token.text)
            raise scanner.unexpected(token)
        stages.append(read(parser, shown))
        limited = limited or token.word in ("limit", "head")
        if scanner.peek().kind == "end":
            return Query(stages, shown, limited)
        scanner.needs("|")
