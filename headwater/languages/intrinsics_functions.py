"""What each intrinsic function of the Amazon States Language computes, with its limits.

Every function takes the source of randomness and its evaluated arguments; wrong ones raise IntrinsicError.
https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html
"""

import base64
import binascii
import hashlib
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol, Self

import orjson

from headwater.languages.intrinsics_order import hash_order
from headwater.languages.java_random import JavaRandom


class Randomness(Protocol):
    def uuid(self) -> str: ...
    def random(self) -> float: ...


class IntrinsicError(Exception):
    """A call failed: `call` is its text, the message says why."""

    call = ""

    def at(self, call: str) -> Self:
        self.call = self.call or call
        return self


@dataclass(frozen=True, slots=True)
class Function:
    run: Callable[..., Any]
    least: int
    most: int


_HASHES = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}
_STRING_LIMIT = 10_000
_RANGE_LIMIT = 1_000
# Of Java's int.
_INTEGERS = range(-(2**31), 2**31)
_PLACE = re.compile(r"\\([\\{}])|\{\}")


def _fail(message: str) -> NoReturn:
    raise IntrinsicError(message)


def _array(value: Any, position: int = 1) -> list[Any]:
    return value if type(value) is list else _fail(f"Argument {position} is not a valid array")


def _text(value: Any, position: int = 1) -> str:
    return value if type(value) is str else _fail(f"Argument {position} is not a valid string")


def _integer(value: Any, position: int) -> int:
    """AWS rounds to the nearest integer where it needs one, halves upwards as Java does."""
    if type(value) is float and math.isfinite(value):
        value = math.floor(value + 0.5)
    if type(value) is not int or value not in _INTEGERS:
        _fail(f"Argument {position} is not a valid integer")
    return value


def _dump(value: Any) -> str:
    return orjson.dumps(value).decode()


def _format(ids: Randomness, template: Any, *values: Any) -> str:
    rest = iter(values)
    used = 0

    def fill(match: re.Match[str]) -> str:
        nonlocal used
        if match.group(1):
            return match.group(1)
        used += 1
        value = next(rest, None) if used <= len(values) else _mismatch()
        return value if type(value) is str else _dump(value)

    def _mismatch() -> NoReturn:
        _fail("The number of occurrences of {} does not match the number of arguments")

    text = _PLACE.sub(fill, _text(template))
    return text if used == len(values) else _mismatch()


def _string_to_json(ids: Randomness, text: Any) -> Any:
    try:
        return orjson.loads(_text(text))
    except orjson.JSONDecodeError:
        _fail("Argument 1 is not a valid JSON string")


def _array_partition(ids: Randomness, array: Any, size: Any) -> list[list[Any]]:
    items, step = _array(array), _integer(size, 2)
    if step < 1:
        _fail("Argument 2 must be a positive, non-zero integer")
    return [items[at : at + step] for at in range(0, len(items), step)]


def _same(one: Any, other: Any) -> bool:
    """JSON equality: true is not 1."""
    return (type(one) is type(other) and bool(one == other)) or (_number(one) and _number(other) and one == other)


def _number(value: Any) -> bool:
    return type(value) is int or type(value) is float


def _array_contains(ids: Randomness, array: Any, value: Any) -> bool:
    return any(_same(item, value) for item in _array(array))


def _array_range(ids: Randomness, first: Any, last: Any, step: Any) -> list[int]:
    start, end, stride = _integer(first, 1), _integer(last, 2), _integer(step, 3)
    if stride == 0:
        _fail("Argument 3 must not be zero")
    if (end - start) // stride >= _RANGE_LIMIT:
        _fail(f"The range must not hold more than {_RANGE_LIMIT} elements")
    return list(range(start, end + (1 if stride > 0 else -1), stride))


def _array_get_item(ids: Randomness, array: Any, index: Any) -> Any:
    items, at = _array(array), _integer(index, 2)
    return items[at] if 0 <= at < len(items) else _fail(f"Index {at} out of bounds for length {len(items)}")


def _array_unique(ids: Randomness, array: Any) -> list[Any]:
    return list({_dump(item): item for item in _array(array)}.values())


def _limited(value: Any) -> str:
    text = _text(value)
    return text if len(text) <= _STRING_LIMIT else _fail(f"Argument 1 is longer than {_STRING_LIMIT} characters")


def _base64_encode(ids: Randomness, value: Any) -> str:
    return base64.b64encode(_limited(value).encode()).decode()


def _base64_decode(ids: Randomness, value: Any) -> str:
    try:
        return base64.b64decode(_limited(value), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        _fail("Argument 1 is not a valid Base64 string")


def _hash(ids: Randomness, data: Any, algorithm: Any) -> str:
    name = _HASHES.get(_text(algorithm, 2)) or _fail(f"Argument 2 must be one of {list(_HASHES)}")
    text = data if type(data) is str else _dump(data)
    return hashlib.new(name, _limited(text).encode(), usedforsecurity=False).hexdigest()


def _json_merge(ids: Randomness, one: Any, other: Any, deep: Any) -> dict[str, Any]:
    if type(one) is not dict or type(other) is not dict:
        _fail("Arguments 1 and 2 must be JSON objects")
    if deep is not False:
        _fail("Deep merging is not supported: argument 3 must be false")
    merged = {**one, **other}
    return {key: merged[key] for key in hash_order(merged)}


def _math_random(ids: Randomness, start: Any, end: Any, seed: Any = None) -> int:
    low, high = _integer(start, 1), _integer(end, 2)
    if low >= high:
        _fail("Argument 1 must be less than argument 2")
    if seed is not None:
        return low + JavaRandom(_integer(seed, 3)).below(high - low)
    return low + int(ids.random() * (high - low))


def _math_add(ids: Randomness, one: Any, other: Any) -> int:
    total = _integer(one, 1) + _integer(other, 2)
    return total if total in _INTEGERS else _fail("The sum is out of range")


def _string_split(ids: Randomness, text: Any, delimiters: Any) -> list[str]:
    """Every character of the second argument is a delimiter; empty pieces are left out."""
    characters = _text(delimiters, 2)
    if not characters:
        return [_text(text)]
    return [piece for piece in re.split(f"[{re.escape(characters)}]", _text(text)) if piece]


FUNCTIONS: dict[str, Function] = {
    "Format": Function(_format, 1, 100),
    "StringToJson": Function(_string_to_json, 1, 1),
    "JsonToString": Function(lambda ids, value: _dump(value), 1, 1),
    "Array": Function(lambda ids, *values: list(values), 0, 1000),
    "ArrayPartition": Function(_array_partition, 2, 2),
    "ArrayContains": Function(_array_contains, 2, 2),
    "ArrayRange": Function(_array_range, 3, 3),
    "ArrayGetItem": Function(_array_get_item, 2, 2),
    "ArrayLength": Function(lambda ids, array: len(_array(array)), 1, 1),
    "ArrayUnique": Function(_array_unique, 1, 1),
    "Base64Encode": Function(_base64_encode, 1, 1),
    "Base64Decode": Function(_base64_decode, 1, 1),
    "Hash": Function(_hash, 2, 2),
    "JsonMerge": Function(_json_merge, 3, 3),
    "MathRandom": Function(_math_random, 2, 3),
    "MathAdd": Function(_math_add, 2, 2),
    "StringSplit": Function(_string_split, 2, 2),
    "UUID": Function(lambda ids: ids.uuid(), 0, 0),
}
