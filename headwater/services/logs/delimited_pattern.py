"""Filter patterns of space-delimited fields: `[ip, user, ..., status = 4* || status = 500, size > 1000]`.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html

    fields    = [ field *( "," field ) ]
    field     = "..." / [ name / all *( "||" all ) ]             ; "..." at most once: as many fields as there are
    all       = one *( "&&" one )
    one       = name ("=" / "!=" / "<" / "<=" / ">" / ">=") ( word / quoted / "%" regex "%" )

Text between brackets or double quotes is one field. The last field named takes the rest of the message.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from headwater.services.logs.filter_values import ORDERINGS, InvalidFilterPattern, Test, as_number, compares, equals

Extract = Callable[[str], dict[str, str] | None]

_PIECE = re.compile(r'"(?:\\.|[^"\\])*"|%(?:\\.|[^%])*%|\|\||&&|!=|<=|>=|[=<>,]|[^\s"%=<>!,|&]+|\S')
_FIELD = re.compile(r'\s*(?:\[([^\]]*)\]|"((?:\\.|[^"\\])*)"|(\S+))')
_WORD = re.compile(r'[^\s"%=<>!,|&]+')


class Field(NamedTuple):
    name: str
    test: Callable[[str], bool] | None


def compile_delimited(text: str) -> Extract:
    """What tells the fields of a message by ``$name``, or ``$`` and their number; None where it does not match."""
    if not text.endswith("]"):
        raise InvalidFilterPattern(text)
    terms = _terms(_PIECE.findall(text[1:-1]))
    gaps = [place for place, term in enumerate(terms) if term == ["..."]]
    if len(gaps) > 1:
        raise InvalidFilterPattern("more than one ellipsis")
    fields = [_field(term) for term in terms if term != ["..."]]
    if gaps or not fields:
        first = gaps[0] if gaps else 0
        return lambda message: _matched(_split(message), fields, first)
    return lambda message: _matched(_split(message, len(fields)), fields, len(fields))


def _terms(pieces: list[str]) -> list[list[str]]:
    """What stands between the commas."""
    if not pieces:
        return []
    terms: list[list[str]] = [[]]
    for piece in pieces:
        if piece == ",":
            terms.append([])
        else:
            terms[-1].append(piece)
    return terms


def _field(term: list[str]) -> Field:
    name = term[0] if term else ""
    if term and not _WORD.fullmatch(name):
        raise InvalidFilterPattern(" ".join(term))
    if len(term) < 2:
        return Field(name, None)
    choices = [[_one(name, one) for one in _parts(choice, "&&")] for choice in _parts(term, "||")]
    return Field(name, lambda value: any(all(test(value) for test in tests) for tests in choices))


def _parts(term: list[str], symbol: str) -> list[list[str]]:
    parts: list[list[str]] = [[]]
    for piece in term:
        if piece == symbol:
            parts.append([])
        else:
            parts[-1].append(piece)
    return parts


def _one(name: str, comparison: list[str]) -> Test:
    """A field is compared with values, never with another field."""
    if len(comparison) != 3 or comparison[0] != name:
        raise InvalidFilterPattern(" ".join(comparison))
    _, symbol, text = comparison
    if symbol in ORDERINGS:
        test = compares(ORDERINGS[symbol], text)
        return lambda value: test(as_number(value))
    kind = {'"': "quoted", "%": "regex"}.get(text[0], "word")
    if symbol not in ("=", "!=") or (kind == "word" and not _WORD.fullmatch(text)):
        raise InvalidFilterPattern(" ".join(comparison))
    equal = equals(kind, text)
    return equal if symbol == "=" else lambda value: not equal(value)


def _split(message: str, most: int = 0) -> list[str]:
    """The fields of a message; of more than ``most``, the last is all that is left."""
    found: list[str] = []
    at = 0
    while match := _FIELD.match(message, at):
        rest = message[match.end() :].strip()
        if len(found) + 1 == most and rest:
            return [*found, message[at:].strip()]
        found.append(next(group for group in match.groups() if group is not None))
        at = match.end()
    return found


def _matched(values: list[str], fields: list[Field], first: int) -> dict[str, str] | None:
    """The first fields count from the front, the others from the end; what has no name is told by its number."""
    if len(values) < len(fields):
        return None
    behind = len(values) - len(fields)
    names = {place if place < first else place + behind: field for place, field in enumerate(fields)}
    if any(field.test is not None and not field.test(values[place]) for place, field in names.items()):
        return None
    named = ((names[place].name if place in names else "", place, value) for place, value in enumerate(values))
    return {f"${name or place + 1}": value for name, place, value in named}
