"""Text: searching, cutting, padding, replacing, regular expressions, hashes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from functools import lru_cache

from headwater.languages.iot_sql.functions.signature import VERSION_2, Function
from headwater.languages.iot_sql.values import UNDEFINED, Value, to_int, to_string
from headwater.languages.regular_expressions import Expression, InvalidExpression, Match, TooSlow, compile_expression

_MOST_PADDING = 1000
_REFERENCE = re.compile(r"\\(.)|\$(\d)")


def _texts(function: Callable[..., Value]) -> Callable[..., Value]:
    """A function of strings: every argument is converted, and none may be Null or Undefined."""

    def call(*arguments: Value) -> Value:
        texts = [to_string(argument) for argument in arguments]
        return UNDEFINED if UNDEFINED in texts else function(*texts)

    return call


def _concat(*arguments: Value) -> Value:
    if len(arguments) < 2:
        return arguments[0] if arguments else UNDEFINED
    if any(isinstance(argument, list) for argument in arguments):
        joined: list[Value] = []
        for argument in arguments:
            joined += argument if isinstance(argument, list) else [argument]
        return joined
    if not any(isinstance(argument, str) for argument in arguments):
        return UNDEFINED
    return _joined(*arguments)


_joined = _texts(lambda *texts: "".join(texts))


def _character(value: Value) -> Value:
    code = to_int(value)
    return chr(code) if isinstance(code, int) and 0 <= code < 128 else UNDEFINED


def _padded(value: Value, count: Value, pad: Callable[[str, str], str]) -> Value:
    text, spaces = to_string(value), to_int(count)
    if not isinstance(text, str) or not isinstance(spaces, int):
        return UNDEFINED
    return pad(text, " " * min(max(spaces, 0), _MOST_PADDING))


def _substring(value: Value, start: Value, stop: Value = None) -> Value:
    text, first = to_string(value), to_int(start)
    if not isinstance(text, str) or not isinstance(first, int):
        return UNDEFINED
    if stop is None:
        return text[max(first, 0) :]
    last = to_int(stop)
    return text[max(first, 0) : max(last, 0)] if isinstance(last, int) else UNDEFINED


@lru_cache(256)
def _pattern(text: str) -> Expression | None:
    try:
        return compile_expression(text)
    except InvalidExpression:
        return None


def _regexp_matches(text: str, pattern: str) -> Value:
    compiled = _pattern(pattern)
    return UNDEFINED if compiled is None else compiled.finds(text)


def _regexp_substr(text: str, pattern: str) -> Value:
    compiled = _pattern(pattern)
    try:
        match = compiled.search(text) if compiled is not None else None
    except TooSlow:
        return UNDEFINED
    return UNDEFINED if match is None else match.group()


def _regexp_replace(text: str, pattern: str, replacement: str) -> Value:
    compiled = _pattern(pattern)
    if compiled is None:
        return UNDEFINED
    if any(int(reference[2] or 0) > compiled.groups for reference in _REFERENCE.finditer(replacement)):
        return UNDEFINED

    def expand(match: Match) -> str:
        return _REFERENCE.sub(lambda part: part[1] or match[int(part[2])] or "", replacement)

    try:
        return compiled.replace(text, expand)
    except TooSlow:
        return UNDEFINED


def _hash(name: str) -> Function:
    return Function(_texts(lambda text: hashlib.new(name, text.encode()).hexdigest()), 1, 1)


FUNCTIONS = {
    "chr": Function(_character, 1, 1),
    "concat": Function(_concat, 0, 1_000),
    "endswith": Function(_texts(str.endswith), 2, 2),
    "indexof": Function(_texts(str.find), 2, 2, VERSION_2),
    "length": Function(_texts(len), 1, 1, VERSION_2),
    "lower": Function(_texts(str.lower), 1, 1),
    "lpad": Function(lambda value, count: _padded(value, count, lambda text, pad: pad + text), 2, 2),
    "ltrim": Function(_texts(lambda text: text.lstrip(" \t")), 1, 1),
    "numbytes": Function(_texts(lambda text: len(text.encode())), 1, 1, VERSION_2),
    "regexp_matches": Function(_texts(_regexp_matches), 2, 2),
    "regexp_replace": Function(_texts(_regexp_replace), 3, 3),
    "regexp_substr": Function(_texts(_regexp_substr), 2, 2),
    "replace": Function(_texts(str.replace), 3, 3),
    "rpad": Function(lambda value, count: _padded(value, count, lambda text, pad: text + pad), 2, 2),
    "rtrim": Function(_texts(lambda text: text.rstrip(" \t")), 1, 1),
    "startswith": Function(_texts(str.startswith), 2, 2),
    "substring": Function(_substring, 2, 3),
    "trim": Function(_texts(str.strip), 1, 1),
    "upper": Function(_texts(str.upper), 1, 1),
    **{name: _hash(name) for name in ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")},
}
