"""Commands: each is read into a stage that goes over records, one by one or all together.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-commands.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from headwater.languages.insights.expressions import Evaluate, Parser, Slot
from headwater.languages.insights.records import Record
from headwater.languages.insights.scanner import InvalidQuery, unquoted
from headwater.languages.insights.values import is_true, sort_key, text
from headwater.languages.regular_expressions import Expression, compile_expression

Each = Callable[[Record], bool]
All = Callable[[list[Record]], list[Record]]


class Stage(NamedTuple):
    """``each`` changes a record and tells whether it stays; ``all`` gives the records that follow. One is None."""

    each: Each | None
    all: All | None


class Named(NamedTuple):
    """An expression and the name under which its value is shown."""

    name: str
    value: Evaluate


class Shown:
    """Which columns a query shows: as its commands go on, more, or others."""

    def __init__(self) -> None:
        self.columns: list[str] = []
        self.fixed = False  # after display
        self.grouped = False  # after stats, there are no log events any more

    def add(self, *names: str) -> None:
        if not self.fixed:
            self.columns += [name for name in names if name not in self.columns]

    def only(self, names: list[str]) -> None:
        self.columns = list(dict.fromkeys(names))


def _named(parser: Parser) -> Named:
    """An expression, with ``as`` a name, else with its own text."""
    start = parser.scanner.peek_start()
    value = parser.expression()
    written = parser.scanner.source[start : parser.scanner.at].strip("`")
    return Named(parser.scanner.name() if parser.scanner.takes("as") else written, value)


def _several(parser: Parser) -> list[Named]:
    found = [_named(parser)]
    while parser.scanner.takes(","):
        found.append(_named(parser))
    return found


def read_fields(parser: Parser, shown: Shown) -> Stage:
    named = _several(parser)
    shown.add(*(each.name for each in named))
    return _computing(named)


def read_display(parser: Parser, shown: Shown) -> Stage:
    named = _several(parser)
    shown.only([each.name for each in named])
    shown.fixed = True
    return _computing(named)


def _computing(named: list[Named]) -> Stage:
    def compute(record: Record) -> bool:
        for name, value in named:
            found = value(record)
            if found is not None:
                record[name] = found
        return True

    return Stage(compute, None)


def read_filter(parser: Parser, shown: Shown) -> Stage:
    condition = parser.expression()
    return Stage(lambda record: is_true(condition(record)), None)


def read_parse(parser: Parser, shown: Shown) -> Stage:
    """``parse @message "user=*, took *" as user, took``, or with a regular expression that may name its groups."""
    scanner = parser.scanner
    field = scanner.name() if scanner.peek().kind == "name" else "@message"
    start, pattern = scanner.peek_start(), scanner.regex()
    if pattern is None:
        token = scanner.take()
        if token.kind != "text":
            raise scanner.unexpected(token)
        pattern = _glob(unquoted(token))
    names = pattern.names
    groups = list(map(pattern.place, names))
    if not names:
        groups = list(range(1, pattern.groups + 1))
        scanner.needs("as")
        names = [scanner.name()]
        while scanner.takes(","):
            names.append(scanner.name())
        if len(names) != len(groups):
            raise InvalidQuery("the number of fields does not match the number of wildcards", start, scanner.at)
    shown.add(*names)

    def parsed(record: Record) -> bool:
        value = record[field]
        found = pattern.search(text(value)) if value is not None else None
        if found is not None:
            for name, group in zip(names, groups, strict=True):
                if found[group] is not None:
                    record[name] = found[group]
        return True

    return Stage(parsed, None)


def _glob(written: str) -> Expression:
    """Each ``*`` is as short as it can be, but the last one of the text."""
    parts = [re.escape(part) for part in written.split("*")]
    if len(parts) == 1:
        return compile_expression(parts[0])
    first, *middle, last = parts
    # what follows a wildcard is looked for once, at its first place: a later one could not do better
    found = "".join(f"(?>(.*?){part})" for part in middle)
    return compile_expression(f"(?s){first}{found}{'(.*?)' if last else '(.*)'}{last}")


def read_sort(parser: Parser, shown: Shown) -> Stage:
    keys: list[tuple[Evaluate, bool]] = []
    while not keys or parser.scanner.takes(","):
        value = parser.expression()
        order = parser.scanner.takes("asc", "desc")
        keys.append((value, order is not None and order.word == "desc"))

    def in_order(records: list[Record]) -> list[Record]:
        for value, descending in reversed(keys):
            records = sorted(records, key=lambda record: sort_key(value(record)), reverse=descending)
        return records

    return Stage(None, in_order)


def read_limit(parser: Parser, shown: Shown) -> Stage:
    token = parser.scanner.take()
    if not token.text.isdecimal():
        raise parser.scanner.unexpected(token)
    most = int(token.text)
    return Stage(None, lambda records: records[:most])


def read_dedup(parser: Parser, shown: Shown) -> Stage:
    """The first of those that have the same; what lacks one of the fields stays."""
    names = [parser.scanner.name()]
    while parser.scanner.takes(","):
        names.append(parser.scanner.name())

    def first_of_each(records: list[Record]) -> list[Record]:
        seen: set[tuple[str, ...]] = set()
        kept = []
        for record in records:
            values = [record[name] for name in names]
            key = tuple(map(text, values))
            if None in values or key not in seen:
                seen.add(key)
                kept.append(record)
        return kept

    return Stage(None, first_of_each)


def read_stats(parser: Parser, shown: Shown) -> Stage:
    slots: list[Slot] = []
    parser.slots = slots
    results = _several(parser)
    parser.slots = None
    keys = _several(parser) if parser.scanner.takes("by") else []
    names = [each.name for each in keys + results]
    shown.only(names)
    shown.fixed, shown.grouped = False, True

    def summarise(records: list[Record]) -> list[Record]:
        groups: dict[tuple[str | None, ...], tuple[dict[str, Any], list[Record]]] = {}
        for record in records:
            values = {each.name: each.value(record) for each in keys}
            identity = tuple(None if value is None else text(value) for value in values.values())
            groups.setdefault(identity, (values, []))[1].append(record)
        if not keys and not groups:
            groups[()] = ({}, [])
        return [_summary(values, members, slots, results) for values, members in groups.values()]

    return Stage(None, summarise)


def _summary(values: dict[str, Any], members: list[Record], slots: list[Slot], results: list[Named]) -> Record:
    group = Record({name: value for name, value in values.items() if value is not None})
    for slot in slots:
        group[slot.name] = slot.aggregate.run(_collected(members, slot.value), *slot.further)
    shown = {each.name: found for each in results if (found := each.value(group)) is not None}
    return Record({**{name: value for name, value in group.items() if not name.startswith("\0")}, **shown})


def _collected(members: list[Record], value: Evaluate | None) -> list[tuple[int, Any]]:
    if value is None:
        return [(0, record) for record in members]
    pairs = ((record["@timestamp"] or 0, value(record)) for record in members)
    return [pair for pair in pairs if pair[1] is not None]
