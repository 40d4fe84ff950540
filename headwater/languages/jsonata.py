"""JSONata expressions as Step Functions evaluates them: jsonatapy with bounds, and Step Functions' own functions.

AWS documents JSONata 2.0.6 without `$eval`, and adds `$partition`, `$range`, `$hash`, `$random` (seedable), `$uuid`
and `$parse`. https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

import hashlib
import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

import jsonatapy
import orjson

from headwater.languages.java_random import JavaRandom
from headwater.languages.jsonata_bounds import FUNCTIONS as BOUNDING
from headwater.languages.jsonata_bounds import LONGEST_PICTURE, LONGEST_TEXT, NAMED, Refused, bounded

# Bounds on one evaluation; a hostile expression fails its state and nothing else.
TIMEOUT_MILLISECONDS = 1_000
# AWS's own, as measured there: 100 levels, which the engine begins to count at 0. What bounds functions is put around
# the expression and takes levels itself.
MAXIMUM_STACK_DEPTH = 99
_BOUNDING_DEPTH = 10
MAXIMUM_SEQUENCE_LENGTH = 873_782
_RANGE_LIMIT = 360_145
_TOO_DEEP = (
    "Stack overflow error: Check for non-terminating recursive function.  Consider rewriting as tail-recursive. "
    "Depth=101 max=100"
)
_TOO_LARGE = "Expression evaluation memory limit exceeded: Check for excessive memory usage"
_TOO_SLOW = "Expression evaluation timeout: Check for infinite loop"

UNDEFINED: Any = type("Undefined", (), {"__repr__": lambda self: "UNDEFINED"})()


class JsonataSyntaxError(Exception):
    """The expression does not parse; the argument is JSONata's message without its code."""


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
_PARSE_ERROR = re.compile(r"(?:Parse error: )?(?:Invalid \w+: )?(?:S\d{4}: )?")
_HOST_ERROR = re.compile(r"host function raised (?:_HostError|Refused): (.*)", re.DOTALL)
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
            self._compiled = jsonatapy.compile(text)
            within = bounded(text)
            if within is not text:
                self._compiled = jsonatapy.compile(within)
                self._depth += _BOUNDING_DEPTH
                for name, function in BOUNDING.items():
                    self._compiled.register(name, function)
        except ValueError as error:
            raise JsonataSyntaxError(_reword_syntax(str(error), text)) from None
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
            failure = _reword(str(error), self.text)
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


# The engine's wording where it differs from the reference implementation's, which AWS shows.
_WORDINGS: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"^Signature validation failed: "), ""),
    (re.compile(r"^D1011: .*$"), _TOO_DEEP),
    (re.compile(r"^D1012: .*$"), _TOO_SLOW),
    (re.compile(r"^D2015: .*$"), _TOO_LARGE),
    (re.compile(r"^(T0411: Context value) at argument \d"), r"\1"),
    (re.compile(r"^(T200[12]: The (?:left|right) side of the )([^\s\"]+)( operator .*)$"), r'\1"\2"\3'),
    (
        re.compile(r"^D3030: Cannot convert '(.*)' to number$"),
        r'D3030: Unable to cast value to a number: "\1"',
    ),
    (re.compile(r"^(T1006: Attempted to invoke a non-function).*$"), r"\1"),
    (
        re.compile(r"^(T200[34]: )(Left|Right) operand of range operator must be an? \w+$"),
        lambda found: f"{found[1]}The {found[2].lower()} side of the range operator (..) must evaluate to an integer",
    ),
    (re.compile(r"^(D3020: .* must) be a positive number$"), r"\1 evaluate to a positive number"),
    (
        re.compile(r"^D3010: Pattern cannot be empty$"),
        "D3010: Second argument of replace function cannot be an empty string",
    ),
    (
        re.compile(r"^D3100: Radix must be between 2 and 36, got (.*)$"),
        r"D3100: The radix of the formatBase function must be between 2 and 36.  It was given \1",
    ),
    (re.compile(r"^(D3138: .* matched more\.) \(.*\)$"), r"\1"),
)
# What the signatures of bounded functions say (see jsonata_bounds).
_BOUNDED_SIGNATURE = re.compile(r"^(T041[02]): Argument (\d+) of function (?:must be an array of (\w+)|does not match)")
_SIGNATURE = re.compile(r"^(T041[02]): Argument (\d+) must be (?:an array of (\w+)|.*)$")
_COUNT = re.compile(r"^(?:Signature validation failed: )?T0410: Argument count mismatch: expected (\d+), got (\d+)$")
_INCOMPARABLE = re.compile(r"^T2010: Cannot compare \w+ and \w+$")
_CALLED = re.compile(r"\$(\w+)\s*\(")
_QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|~>")
_QUOTE = re.compile("['\"]")
_COMPARISON = re.compile(r"[<>]=?")
# The engine's names of symbols, which JSONata's messages quote as they are written.
_TOKENS = {
    "Ampersand": "&", "At": "@", "Caret": "^", "Colon": ":", "ColonEqual": ":=", "Comma": ",", "Dot": ".",
    "DotDot": "..", "Equal": "=", "False": "false", "GreaterThan": ">", "GreaterThanOrEqual": ">=", "Hash": "#",
    "LeftBrace": "{", "LeftBracket": "[", "LeftParen": "(", "LessThan": "<", "LessThanOrEqual": "<=", "NotEqual": "!=",
    "Null": "null", "Percent": "%", "Pipe": "|", "Plus": "+", "Question": "?", "QuestionColon": "?:",
    "QuestionQuestion": "??", "RightBrace": "}", "RightBracket": "]", "RightParen": ")", "Semicolon": ";", "Slash": "/",
    "Star": "*", "StarStar": "**", "TildeArrow": "~>", "True": "true",
}  # fmt: skip
_VALUE = re.compile(r'(?:String|Identifier|Variable|Function)\("(.*)"\)|Number\((-?[\d.e+-]+?)(?:\.0)?\)', re.DOTALL)
_EXPECTED = re.compile(r"Expected (\w+)(?:, got (.*)| before end of expression)", re.DOTALL)
_NAMING = re.compile(
    r"(Syntax error: |The symbol |Unknown operator: |Number out of range: |Unsupported escape sequence: \\"
    r"|The literal value )(.*?)( cannot be used as .*)?",
    re.DOTALL,
)
_UNBOUND = re.compile(r"Expected a variable reference after (\S+)")
_PARAMETERS = re.compile(r"(?:function|λ)\s*\(([^()]*)\)")


def _reword(message: str, expression: str) -> str:
    if (refused := _HOST_ERROR.search(message)) is not None:
        return refused[1]
    names = _CALLED.findall(expression)
    if (match := _BOUNDED_SIGNATURE.match(message)) is not None:
        known = (name for name in (*names, *sorted(NAMED)) if name in NAMED and f"${name}" in expression)
        return _misfit(next(known, "function"), *match.groups())
    called = set(names)
    if len(called) == 1 and (match := _SIGNATURE.match(message)):
        return _misfit(called.pop(), *match.groups())
    if len(called) == 1 and (match := _COUNT.match(message)):
        wanted, given = map(int, match.groups())
        return _misfit(called.pop(), "T0410", str(min(max(wanted, 1), given) + 1), None)
    operators = set(_COMPARISON.findall(_QUOTED.sub("", expression)))
    if len(operators) == 1 and _INCOMPARABLE.match(message):
        explained = "must evaluate to numeric or string values"
        return f'T2010: The expressions either side of operator "{operators.pop()}" {explained}'
    for pattern, wording in _WORDINGS:
        message = pattern.sub(wording, message)
    return message


def _misfit(function: str, code: str, position: str, element: str | None) -> str:
    wanted = f'must be an array of "{element.lower()}s"' if element else "does not match function signature"
    return f'{code}: Argument {position} of function "{function}" {wanted}'


def _reword_syntax(message: str, expression: str) -> str:
    if message.endswith("must be terminated by a matching quote") and not _QUOTE.search(_QUOTED.sub("", expression)):
        return "No terminating / in regular expression"
    message = _PARSE_ERROR.sub("", message, count=1)
    if (unbound := _UNBOUND.fullmatch(message)) is not None:
        return f'The right side of "{unbound[1]}" must be a variable name (start with $)'
    if message.startswith("Parameter of function definition"):
        names = [name.strip() for listing in _PARAMETERS.findall(expression) for name in listing.split(",")]
        name = next((name for name in names if not name.startswith("$")), "")
        return message.replace("Parameter", f'Parameter "{name}"', 1)
    if (expected := _EXPECTED.fullmatch(message)) is not None:
        wanted, got = expected.groups()
        return f"Expected {_token(wanted)}" + (" before end of expression" if got is None else f", got {_token(got)}")
    if (naming := _NAMING.fullmatch(message)) is not None:
        return naming[1] + _token(naming[2]) + (naming[3] or "")
    return "Comment has no closing tag" if message == "Unclosed comment" else message


def _token(name: str) -> str:
    """In quotes, as it is written."""
    value = _VALUE.fullmatch(name)
    if value is None:
        return f'"{_TOKENS.get(name, name)}"'
    return '"' + (value[2] or re.sub(r"\\(.)", r"\1", value[1])) + '"'


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
        raise _HostError(_TOO_LARGE)
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
        return str(jsonatapy.compile(text).evaluate(None, arguments))
    except ValueError as error:
        raise _HostError(str(error)) from None


def _pad(host: Host, text: Any = None, width: Any = None, filling: Any = " ") -> str | None:
    """As the engine's own, which makes texts of any length."""
    if text is None:
        return None
    if type(text) is not str or type(width) not in (int, float) or type(filling) is not str:
        raise _HostError('T0410: Argument 1 of function "pad" does not match function signature')
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
