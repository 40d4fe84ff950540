"""Bounds on those of JSONata's own functions that the engine does not bound in one call: their time grows with the
square of what they are given, or they make texts and lists of any length, up to the end of the whole process. And
those of Step Functions' functions that yield nothing for some arguments, which a function of the host cannot say.

Each is put in front of an expression that names it, as a function of the same name and signature which looks at what it
is given and then calls the engine's.
"""

from collections.abc import Callable
from typing import Any

import orjson

# Characters of a text that a function takes or makes, and of a picture; elements of a list that one makes.
LONGEST_TEXT = 1_000_000
LONGEST_PICTURE = 1_000
MOST_ELEMENTS = 100_000
# Elements from which on what takes quadratic time in the engine is done here, in linear time.
_MANY = 2_000


class Refused(Exception):
    """The message goes through the engine as it is."""


def _picture(name: str, signature: str, first: str) -> str:
    return f"""${name}_ := ${name}; ${name} := function($v, $p, $o)<{signature}>{{(
        $type($p) = "string" and $length($p) > {LONGEST_PICTURE} ? $refusing_("picture");
        $exists($o) ? ${name}_($v, $p, $o) : $exists($p) ? ${name}_($v, $p) : {first})}}; """


_TOO_LONG = f'$type($s) = "string" and $length($s) > {LONGEST_TEXT} ? $refusing_("text"); '
_BOUNDED = {
    "replace": """$replace_ := $replace; $replace := function($s, $p, $r, $l)<s-(sf)(sf)n?:s>{(
        $replacing_($s, $type($p) = "string" ? $p : "", $type($r) = "string" ? $r : "");
        $exists($l) ? $replace_($s, $p, $r, $l) : $replace_($s, $p, $r))}; """,
    "join": f"""$join_ := $join; $join := function($a, $s)<a<s>s?:s>{{(
        $sum($append($a, []).$length($)) + $count($a) * ($exists($s) ? $length($s) : 0) > {LONGEST_TEXT}
            ? $refusing_("text");
        $exists($s) ? $join_($a, $s) : $join_($a))}}; """,
    "split": f"""$split_ := $split; $split := function($s, $p, $l)<s-(sf)n?:a<s>>{{(
        {_TOO_LONG}
        $found_ := $split_($s, $p, $exists($l) ? $l : {MOST_ELEMENTS + 1});
        $count($found_) > {MOST_ELEMENTS} ? $refusing_("list");
        $found_)}}; """,
    "match": f"""$match_ := $match; $match := function($s, $p, $l)<s-f<s:o>n?:a<o>>{{(
        {_TOO_LONG}
        $found_ := $match_($s, $p, $exists($l) ? $l : {MOST_ELEMENTS + 1});
        $count($found_) > {MOST_ELEMENTS} ? $refusing_("list");
        $found_)}}; """,
    "distinct": f"""$distinct_ := $distinct; $distinct := function($a)<x:x>{{
        $type($a) = "array" and $count($a) > {_MANY} ? $unique_($a) : $distinct_($a)}}; """,
    "keys": f"""$keys_ := $keys; $keys := function($o)<x-:a<s>>{{
        $type($o) = "array" and $count($o) > {_MANY} ? $all_keys_($o) : $keys_($o)}}; """,
    "partition": "$partition := function($a, $n)<an:x>{$count($a) > 0 and $n >= 1 ? $partition_($a, $n)}; ",
    "range": "$range := function($f, $l, $s)<nnn?:x>{$exists($s) and ($l - $f) * $s >= 0 ? $range_($f, $l, $s)}; ",
    "hash": "$hash := function($s, $h)<ss?:x>{$exists($h) ? $hash_($s, $h)}; ",
    "formatNumber": _picture("formatNumber", "n-so?:s", "$formatNumber_($v, $p)"),
    "toMillis": _picture("toMillis", "s-s?:n", "$toMillis_($v)").replace("$exists($o) ? $toMillis_($v, $p, $o) : ", ""),
    "fromMillis": _picture("fromMillis", "n-s?s?:s", "$fromMillis_($v)"),
}
# Of these the engine words a wrong argument without their names.
NAMED = frozenset(_BOUNDED)


def bounded(text: str) -> str:
    """The expression behind the bounds that it needs; the text itself where it needs none."""
    prelude = "".join(bound for name, bound in _BOUNDED.items() if f"${name}" in text)
    return f"({prelude}{text})" if prelude else text


def _refusing(what: str) -> None:
    most, unit = {
        "text": (LONGEST_TEXT, "characters"),
        "list": (MOST_ELEMENTS, "elements"),
        "picture": (LONGEST_PICTURE, "characters"),
    }[what]
    raise Refused(f"D3141: The {what} would be longer than {most} {unit}")


def _replacing(text: Any, pattern: Any, replacement: Any) -> None:
    """Refuse what would become too long. A pattern that is no text (``""`` here) may match at every place."""
    if type(text) is str and type(replacement) is str:
        matches = text.count(pattern) if pattern else len(text) + 1
        if matches * len(replacement) > LONGEST_TEXT:
            _refusing("text")


def _unique(array: list[Any]) -> list[Any]:
    """The values of an array, each once, as the first of them is; 1 and 1.0 are the same number."""
    found: dict[bytes, Any] = {}
    for value in array:
        found.setdefault(_told(value), value)
    return list(found.values())


def _told(value: Any) -> bytes:
    return orjson.dumps(_plain(value), option=orjson.OPT_SORT_KEYS)


def _plain(value: Any) -> Any:
    if type(value) is float and value.is_integer():
        return int(value)
    if type(value) is list:
        return [_plain(each) for each in value]
    if type(value) is dict:
        return {name: _plain(each) for name, each in value.items()}
    return value


def _all_keys(objects: list[Any]) -> list[str]:
    return list({name: None for each in objects if type(each) is dict for name in each})


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "refusing_": _refusing,
    "replacing_": _replacing,
    "unique_": _unique,
    "all_keys_": _all_keys,
}
