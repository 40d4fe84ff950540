"""JSONata without compiled code, by the package jsonata-python: where jsonatapy, whose face it has, has no wheel.

It is slower, words some failures otherwise, fails where a number is divided by zero, and what one function does by
itself (a date's picture that asks for a million digits) is not bounded in time.
"""

import sys

_LIMIT = sys.getrecursionlimit()  # which the package changes for the whole process when it is loaded

# ruff: noqa: E402
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

import regex
from jsonata.jexception import JException
from jsonata.jsonata import Jsonata
from jsonata.regex_engine import RegexFlags
from jsonata.utils import Utils

from headwater.languages.jsonata_bounds import Refused

sys.setrecursionlimit(_LIMIT)
_NULL = Utils.NULL_VALUE
# A level of JSONata is some ten of Python's, and a hundred levels are AWS's bound.
_LEVELS_OF_PYTHON = 4_000
_TOO_DEEP, _TOO_SLOW, _TOO_LARGE = "D1011: Stack overflow", "D1012: Timeout", "D2015: Sequence too long"
_NOTHING: Mapping[str, Any] = MappingProxyType({})
# What the package leaves to Python: it divides by zero, and looks up what is not there.
_DEFECTS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
_SECONDS = 1.0  # for one search of a regular expression


class PureExpression:
    """A compiled expression; ValueError where it does not parse."""

    def __init__(self, text: str) -> None:
        try:
            self._expression = Jsonata(text, _Pattern)
        except JException as error:
            raise ValueError(f"{error.error}: {error}") from None
        except (RecursionError, *_DEFECTS) as defect:
            raise ValueError(f"S0200: The expression could not be read: {defect}") from None
        self._expression.set_output_convert_nulls(False)

    def register(self, name: str, function: Callable[..., Any]) -> None:
        """Let the expression call ``$name``; a name of JSONata's own is overridden."""

        def call(*arguments: Any) -> Any:
            return _inwards(function(*map(_outwards, arguments)))

        self._expression.register_lambda(name, call)

    register_override = register

    def evaluate(self, data: Any, bindings: Mapping[str, Any] = _NOTHING, **bounds: int) -> Any:
        """The value, None for null and for none; ValueError on failure. ``bounds``: ``timeout`` in milliseconds,
        ``max_stack_depth`` in levels, ``max_sequence_length`` in elements."""
        return _outwards(self._evaluate(data, bindings, **bounds), bounds.get("max_sequence_length", sys.maxsize))

    def evaluate_json_or_none(self, data: Any, bindings: Mapping[str, Any] = _NOTHING, **bounds: int) -> str | None:
        """``null`` where the value is null, to be told from none."""
        return "null" if self._evaluate(data, bindings, **bounds) is _NULL else None

    def _evaluate(self, data: Any, bindings: Mapping[str, Any], **bounds: int) -> Any:
        frame = self._expression.create_frame(self._expression.environment)
        if bounds:
            frame.set_runtime_bounds(bounds["timeout"], bounds["max_stack_depth"] + 1)  # it begins to count at 1
        for name, value in bindings.items():
            frame.bind(name, _inwards(value))
        try:
            with _deep():
                return self._expression.evaluate(_inwards(data), frame)
        except JException as error:
            raise ValueError(f"{error.error}: {error}") from None
        except RecursionError:
            raise ValueError(_TOO_DEEP) from None
        except TimeoutError:
            raise ValueError(_TOO_SLOW) from None
        except Refused as error:
            raise ValueError(f"host function raised Refused: {error}") from None
        except _DEFECTS as defect:
            raise ValueError(f"The expression could not be evaluated: {defect}") from None


@contextmanager
def _deep() -> Iterator[None]:
    """More levels of Python, as long as an evaluation takes: what else nests too deeply is refused as ever."""
    former = sys.getrecursionlimit()
    sys.setrecursionlimit(former + _LEVELS_OF_PYTHON)
    try:
        yield
    finally:
        sys.setrecursionlimit(former)


class _Pattern:
    """A regular expression in bounded time, as the package asks for it."""

    def __init__(self, pattern: str, flags: RegexFlags) -> None:
        asked = (regex.IGNORECASE if flags.case_insensitive else 0) | (regex.MULTILINE if flags.multiline else 0)
        self._compiled = regex.compile(pattern, asked)

    def search(self, text: str) -> Any:
        return self._compiled.search(text, timeout=_SECONDS)

    def finditer(self, text: str) -> Iterator[Any]:
        return iter(self._compiled.finditer(text, timeout=_SECONDS))

    def sub(self, filled: Any, text: str, count: int = 0) -> str:
        return self._compiled.sub(filled, text, count=count, timeout=_SECONDS)

    def split(self, text: str, maxsplit: int = 0) -> list[str]:
        return [piece or "" for piece in self._compiled.split(text, maxsplit=maxsplit, timeout=_SECONDS)]


def _inwards(value: Any) -> Any:
    """JSON with the null that the package knows, whose None is no value at all."""
    if value is None:
        return _NULL
    if type(value) is dict:
        return {name: _inwards(each) for name, each in value.items()}
    return [_inwards(each) for each in value] if type(value) in (list, tuple) else value


def _outwards(value: Any, most: int = sys.maxsize) -> Any:
    if value is _NULL or Utils.is_function(value):
        return None
    if isinstance(value, dict):
        return {name: _outwards(each, most) for name, each in value.items()}
    if not isinstance(value, list):
        return value
    if len(value) > most:
        raise ValueError(_TOO_LARGE)
    return [_outwards(each, most) for each in value]
