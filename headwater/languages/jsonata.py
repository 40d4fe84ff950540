"""JSONata expressions as Step Functions evaluates them: an engine with bounds, and Step Functions' own functions.

AWS documents JSONata 2.0.6 without `$eval`, and adds `$partition`, `$range`, `$hash`, `$random` (seedable), `$uuid`
and `$parse`. https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

import hashlib
import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

import orjson

from headwater.languages.java_random import JavaRandom
from headwater.languages.jsonata_bounds import FUNCTIONS as BOUNDING
from headwater.languages.jsonata_bounds import LONGEST_PICTURE, LONGEST_TEXT, Refused, bounded
from headwater.languages.jsonata_engine import compile_text
from headwater.languages.jsonata_wording import TOO_LARGE, reword, reword_syntax

# Bounds on one evaluation; a hostile expression fails its state and nothing else.
TIMEOUT_MILLISECONDS = 1_000
# AWS's own, as measured there: 100 levels, which the engine begins to count at 0. What bounds functions is put around
# the expression and takes levels itself.
MAXIMUM_STACK_DEPTH = 99
_BOUNDING_DEPTH = 10
MAXIMUM_SEQUENCE_LENGTH = 873_782
_RANGE_LIMIT = 360_145

UNDEFINED: Any = type("Undefined", (), {"__repr__": lambda self: "UNDEFINED"})()


class JsonataSyntaxError(Exception):
    """The expression does not parse, or nothing here can; the argument is JSONata's message without its code."""


class JsonataError(Exception):
    """The evaluation failed; the argument is JSONata's message, with its code where it has one."""

    @property
    def coded(self) -> bool:
        return _CODED.match(str(self)) is not None


class Host(Protocol):
    """The world outside of the expression: ids and random numbers, and the time in ms since the epoch."""

    @property
    def ids(self) -> "Ids": ...

    @property
    def now(self) -> int: ...


class Ids(Protocol):
    def uuid(self) -> str: ...
    def random(self) -> float: ...


_CODED = re.compile(r"[A-Z]\d{4}: ")
# A variable and fields of it, nothing else: most of what state machines ask for.
_PATH = re.compile(r"\$[A-Za-z]\w*(?:\.(?!(?:and|or|in|true|false|null|function)\b)[A-Za-z]\w*)*", re.ASCII)
# What may yield a number that is not finite.
_ARITHMETIC = re.compile(r"[/*+-]|\$(?:sum|average|parseInteger|number|power)\b")
_STATES_FIELD = re.compile(r"\$states\b(?!\s*\.\s*(?:input|result|errorOutput)\b)")


class _Place:
    """Where functions of ours find the host of the present evaluation. Apart from the expression, so that there is no
    cycle: the engine's objects must be dropped in the thread that made them, not wherever the collector runs."""

    host: Host | None = None


class Expression:
    """A compiled expression. `wants_context`: whether it may read `$states.context`."""

    __slots__ = ("_compiled", "_depth", "_finite", "_path", "_place", "text", "wants_context")

    def __init__(self, text: str) -> None:
        self.text = text
        self.wants_context = _STATES_FIELD.search(text) is not None
        self._path = text[1:].split(".") if _PATH.fullmatch(text) else None
        self._place = _Place()
        self._depth = MAXIMUM_STACK_DEPTH
        self._finite = _ARITHMETIC.search(text) is None
        try:
            self._compiled = compile_text(text)
            within = bounded(text)
            if within is not text:
                self._compiled = compile_text(within)
                self._depth += _BOUNDING_DEPTH
                for name, function in BOUNDING.items():
                    self._compiled.register(name, function)
        except ValueError as error:
            raise JsonataSyntaxError(reword_syntax(str(error), text)) from None
        for name, function in _FUNCTIONS.items():
            if f"${name.rstrip('_')}" in text:
                self._compiled.register(name, self._bind(name, function))
        for name, function in _OVERRIDES.items():
            if f"${name}" in text:
                self._compiled.register_override(name, self._bind(name, function))

    def _bind(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        place = self._place

        def call(*arguments: Any) -> Any:
            try:
                return function(place.host, *arguments)
            except (TypeError, OverflowError):
                raise _HostError(f'T0410: Argument 1 of function "{name}" does not match function signature') from None

        return call

    def evaluate(self, bindings: Mapping[str, Any], host: Host) -> Any:
        """The value, UNDEFINED where the expression yields nothing; JsonataError on failure."""
        if self._path is not None and (text := _walk(self._path, bindings)) is not None:
            return text
        self._place.host = host
        value, failure = None, ""
        try:
            value = self._run(self._compiled.evaluate, bindings)
            if value is None and self._run(self._compiled.evaluate_json_or_none, bindings) != "null":
                return UNDEFINED
        except ValueError as error:
            failure = reword(str(error), self.text)
        except BaseException as panic:
            # the engine's own defects (a picture that it divides by zero for) must not end more than the evaluation
            if type(panic).__module__ != "pyo3_runtime":
                raise
            failure = f"The expression could not be evaluated: {panic}"
        finally:
            self._place.host = None
        if failure:
            # raised here, so that it does not keep the engine's error and with it the engine's objects
            raise JsonataError(failure)
        if not self._finite:
            value = _spelled(value)
        if type(value) is float and value.is_integer() and abs(value) < 2**53:
            return int(value)
        return value

    def _run(self, evaluate: Callable[..., Any], bindings: Mapping[str, Any]) -> Any:
        return evaluate(
            None,
            bindings,
            timeout=TIMEOUT_MILLISECONDS,
            max_stack_depth=self._depth,
            max_sequence_length=MAXIMUM_SEQUENCE_LENGTH,
        )


def _walk(path: list[str], bindings: Mapping[str, Any]) -> str | None:
    """The text at the end of a path; None for all else, which is the engine's to tell."""
    value: Any = bindings
    for name in path:
        if type(value) is not dict:
            return None
        value = value.get(name)
    return value if type(value) is str else None


def _spelled(value: Any) -> Any:
    """A value with every number that JSON does not know as a text, which is what AWS makes of them."""
    if type(value) is float and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if type(value) is list:
        return [_spelled(each) for each in value]
    if type(value) is dict:
        return {name: _spelled(each) for name, each in value.items()}
    return value


class _HostError(Refused):
    """A function of ours refused its arguments; the engine carries the message through."""


def _partition(host: Host, array: Any, size: Any) -> list[Any]:
    step = int(size)
    return [array[at : at + step] for at in range(0, len(array), step)]


def _range(host: Host, first: Any, last: Any, step: Any) -> Any:
    """Numbers that are not whole are cut off; one element stands alone."""
    start, end, stride = int(first), int(last), int(step)
    if stride == 0:
        raise _HostError('T0410: Argument 3 of function "range" does not match function signature')
    numbers = range(start, end + (1 if stride > 0 else -1), stride)
    if (end - start) // stride >= _RANGE_LIMIT:
        raise _HostError(TOO_LARGE)
    return start if len(numbers) == 1 else list(numbers)


_HASHES = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}


def _hash(host: Host, text: Any, algorithm: Any) -> str:
    if type(text) is not str or algorithm not in _HASHES:
        raise _HostError('T0410: Argument 1 of function "hash" does not match function signature')
    return hashlib.new(_HASHES[algorithm], text.encode(), usedforsecurity=False).hexdigest()


def _random(host: Host, seed: Any = None) -> float:
    if seed is None:
        return host.ids.random()
    if type(seed) not in (int, float):
        raise _HostError('T0410: Argument 1 of function "random" does not match function signature')
    return JavaRandom(int(seed)).share()


def _parse(host: Host, text: Any) -> Any:
    try:
        return orjson.loads(text)
    except (orjson.JSONDecodeError, TypeError):
        raise _HostError('T0410: Argument 1 of function "parse" is not a valid JSON text') from None


def _now(host: Host, picture: Any = None, timezone: Any = None) -> str:
    if picture is None:
        return datetime.fromtimestamp(host.now / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{host.now % 1000:03}Z"
    if type(picture) is str and len(picture) > LONGEST_PICTURE:
        raise _HostError(f"D3141: The picture would be longer than {LONGEST_PICTURE} characters")
    arguments = {"ms": host.now, "picture": picture, "timezone": timezone}
    text = "$fromMillis($ms, $picture)" if timezone is None else "$fromMillis($ms, $picture, $timezone)"
    try:
        return str(compile_text(text).evaluate(None, arguments))
    except ValueError as error:
        raise _HostError(str(error)) from None


def _pad(host: Host, text: Any = None, width: Any = None, filling: Any = " ") -> str | None:
    """As the engine's own, which makes texts of any length."""
    if text is None:
        return None
    if type(text) is not str or type(width) not in (int, float) or type(filling) is not str:
        wrong = 1 if type(text) is not str else 2 if type(width) not in (int, float) else 3
        raise _HostError(f'T0410: Argument {wrong} of function "pad" does not match function signature')
    missing = int(abs(width)) - len(text)
    if missing > LONGEST_TEXT:
        raise _HostError(f"D3141: The text would be longer than {LONGEST_TEXT} characters")
    if missing <= 0:
        return text
    padding = ((filling or " ") * (missing // len(filling or " ") + 1))[:missing]
    return text + padding if width > 0 else padding + text


def _eval(host: Host, *arguments: Any) -> Any:
    raise _HostError("T1006: Attempted to invoke a non-function")


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "partition_": _partition,
    "range_": _range,
    "hash_": _hash,
    "uuid": lambda host: host.ids.uuid(),
    "parse": _parse,
}
_OVERRIDES: dict[str, Callable[..., Any]] = {
    "now": _now,
    "millis": lambda host: host.now,
    "random": _random,
    "eval": _eval,
    "pad": _pad,
}
