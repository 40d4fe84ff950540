"""Intrinsic functions of the Amazon States Language: parsing and calling `States.Format('{}', $.name)`.

Compiled once; paths in arguments are compiled by the caller's `compile_path`, so this file knows no scopes.
https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html
"""

import math
import re
from collections.abc import Callable
from typing import Any, NoReturn, Protocol

from headwater.languages.intrinsics_functions import FUNCTIONS, IntrinsicError, Randomness


class IntrinsicSyntaxError(Exception):
    """The text is not a call of an intrinsic function."""


class Scope(Protocol):
    """What an evaluation may look at: the caller's own scope, with its source of ids and random numbers."""

    @property
    def ids(self) -> Randomness: ...


PathQuery = Callable[[Any], Any]
_Argument = Callable[[Any], Any]

_NAME = re.compile(r"\s*States\.([A-Za-z0-9]+)\s*\(")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?=[\s,)])")
_WORD = re.compile(r"(true|false|null)(?=[\s,)])")
_QUOTED = r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""
# In brackets there may be texts, and in a filter further brackets.
_INNER = rf"\[(?:{_QUOTED}|[^\]'\"])*\]"
_PATH = re.compile(rf"\$(?:\[(?:{_QUOTED}|{_INNER}|[^\[\]'\"])*\]|[^,()\[\]\s]|\(\)| (?=[^,)\s]))*")
# Integers that the state's data may hold.
_LEAST, _MOST, _MOST_DIGITS = -(2**63), 2**64 - 1, 20
_WORDS = {"true": True, "false": False, "null": None}
_MAXIMUM_DEPTH = 10


class Intrinsic:
    """A compiled call: `call(scope)` gives its value or raises IntrinsicError."""

    __slots__ = ("_evaluate", "text")

    def __init__(self, text: str, compile_path: Callable[[str], PathQuery]) -> None:
        self.text = text
        self._evaluate = _Parser(text, compile_path).parse()

    def call(self, scope: Scope) -> Any:
        return self._evaluate(scope)


class _Parser:
    def __init__(self, text: str, compile_path: Callable[[str], PathQuery]) -> None:
        self.text = text
        self.at = 0
        self.compile_path = compile_path

    def parse(self) -> _Argument:
        call = self._call(1)
        self._space()
        if self.at != len(self.text):
            self._fail()
        return call

    def _fail(self) -> NoReturn:
        raise self._error()

    def _error(self) -> IntrinsicSyntaxError:
        return IntrinsicSyntaxError(f"Invalid intrinsic function call at position {self.at}")

    def _space(self) -> None:
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1

    def _call(self, depth: int) -> _Argument:
        match = _NAME.match(self.text, self.at)
        if match is None or depth > _MAXIMUM_DEPTH:
            self._fail()
        function = FUNCTIONS.get(match.group(1))
        if function is None:
            raise IntrinsicSyntaxError(f"Unknown intrinsic function States.{match.group(1)}")
        self.at = match.end()
        arguments = self._arguments(depth)
        if not function.least <= len(arguments) <= function.most:
            raise IntrinsicSyntaxError(f"Wrong number of arguments for States.{match.group(1)}")
        run, start = function.run, match.start()
        text = self.text[start : self.at].strip()

        def evaluate(scope: Scope) -> Any:
            values = [argument(scope) for argument in arguments]
            try:
                return run(scope.ids, *values)
            except IntrinsicError as error:
                raise error.at(text) from None

        return evaluate

    def _arguments(self, depth: int) -> list[_Argument]:
        arguments: list[_Argument] = []
        self._space()
        if self.text.startswith(")", self.at):
            self.at += 1
            return arguments
        while True:
            self._space()
            arguments.append(self._argument(depth))
            self._space()
            if self.text.startswith(",", self.at):
                self.at += 1
            elif self.text.startswith(")", self.at):
                self.at += 1
                return arguments
            else:
                self._fail()

    def _argument(self, depth: int) -> _Argument:
        text, at = self.text, self.at
        if text.startswith("'", at):
            return _constant(self._string())
        if text.startswith("$", at):
            match = _PATH.match(text, at)
            assert match is not None
            self.at = match.end()
            return self.compile_path(match.group().rstrip())
        if match := _NUMBER.match(text, at):
            self.at = match.end()
            return _constant(self._number(match.group()))
        if match := _WORD.match(text, at):
            self.at = match.end()
            return _constant(_WORDS[match.group()])
        return self._call(depth + 1)

    def _number(self, text: str) -> int | float:
        """As JSON's: integers of 64 bits, and what is larger with a loss; none that is infinite."""
        if text.lstrip("-").isdigit() and len(text) <= _MOST_DIGITS and _LEAST <= (whole := int(text)) <= _MOST:
            return whole
        if math.isinf(number := float(text)):
            self._fail()
        return number

    def _string(self) -> str:
        """A quoted string. `\\'` and `\\\\` are unescaped here; `\\{` and `\\}` stay for States.Format."""
        characters: list[str] = []
        self.at += 1
        while self.at < len(self.text):
            character = self.text[self.at]
            self.at += 1
            if character == "'":
                return "".join(characters)
            if character == "\\" and self.at < len(self.text):
                escaped = self.text[self.at]
                self.at += 1
                character = "\\" + escaped if escaped in "{}" else escaped
            characters.append(character)
        raise self._error()


def _constant(value: Any) -> _Argument:
    return lambda scope: value
