"""What failed in JSONata, in the words of the reference implementation, which AWS shows: jsonata 2.0.6 of npm."""

import re
from collections.abc import Callable

from headwater.languages.jsonata_bounds import NAMED

_TOO_DEEP = (
    "Stack overflow error: Check for non-terminating recursive function.  Consider rewriting as tail-recursive. "
    "Depth=101 max=100"
)
TOO_LARGE = "Expression evaluation memory limit exceeded: Check for excessive memory usage"
_TOO_SLOW = "Expression evaluation timeout: Check for infinite loop"

_PARSE_ERROR = re.compile(r"(?:Parse error: )?(?:Invalid \w+: )?(?:S\d{4}: )?")
_HOST_ERROR = re.compile(r"host function raised (?:_HostError|Refused): (.*)", re.DOTALL)
# Of pictures of numbers and dates.
_PICTURES = {
    "D3080": "The picture string must only contain a maximum of two sub-pictures",
    "D3081": "The sub-picture must not contain more than one instance of the 'decimal-separator' character",
    "D3082": "The sub-picture must not contain more than one instance of the 'percent' character",
    "D3083": "The sub-picture must not contain more than one instance of the 'per-mille' character",
    "D3084": "The sub-picture must not contain both a 'percent' and a 'per-mille' character",
    "D3085": "The mantissa part of a sub-picture must contain at least one character that is either an 'optional digit "
    "character' or a member of the 'decimal digit family'",
    "D3086": "The sub-picture must not contain a passive character that is preceded by an active character and that is "
    "followed by another active character",
    "D3087": "The sub-picture must not contain a 'grouping-separator' character that appears adjacent to a "
    "'decimal-separator' character",
    "D3088": "The sub-picture must not contain a 'grouping-separator' at the end of the integer part",
    "D3089": "The sub-picture must not contain two adjacent instances of the 'grouping-separator' character",
    "D3090": "The integer part of the sub-picture must not contain a member of the 'decimal digit family' that is "
    "followed by an instance of the 'optional digit character'",
    "D3091": "The fractional part of the sub-picture must not contain an instance of the 'optional digit character' "
    "that is followed by a member of the 'decimal digit family'",
    "D3092": "A sub-picture that contains a 'percent' or 'per-mille' character must not contain a character treated as "
    "an 'exponent-separator'",
    "D3093": "The exponent part of the sub-picture must comprise only of one or more characters that are members of "
    "the 'decimal digit family'",
    "D3130": 'Formatting or parsing an integer as a sequence starting with "{0}" is not supported by this '
    "implementation",
    "D3131": "In a decimal digit pattern, all digits must be from the same decimal group",
    "D3132": 'Unknown component specifier "{0}" in date/time picture string',
    "D3133": "The 'name' modifier can only be applied to months and days in the date/time picture string, not \"{0}\"",
    "D3134": "The timezone integer format specifier cannot have more than four digits",
    "D3135": "No matching closing bracket ']' in date/time picture string",
}
# The engine's wording where it differs from the reference implementation's, which AWS shows.
_WORDINGS: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"^Signature validation failed: "), ""),
    (re.compile(r"^D1011: .*$"), _TOO_DEEP),
    (re.compile(r"^D1012: .*$"), _TOO_SLOW),
    (re.compile(r"^D2015: .*$"), TOO_LARGE),
    (re.compile(r"^(T200[12]: The (?:left|right) side of the )([^\s\"]+)( operator .*)$"), r'\1"\2"\3'),
    (
        re.compile(r"^D3030: Cannot convert '(.*)' to number$"),
        r'D3030: Unable to cast value to a number: "\1"',
    ),
    (re.compile(r"^D1002: .*$"), "D1002: Cannot negate a non-numeric value"),
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
    (
        re.compile(rf"^({'|'.join(_PICTURES)}): (.*)$", re.DOTALL),
        lambda found: f"{found[1]}: {_PICTURES[found[1]].replace('{0}', found[2])}",
    ),
)
# What the signatures of bounded functions say (see jsonata_bounds).
_BOUNDED_SIGNATURE = re.compile(r"^(T041[02]): Argument (\d+) of function (?:must be an array of (\w+)|does not match)")
_CONTEXT = re.compile(r"^T0411: Context value (?:at argument (\d))?")
_CONTEXT = re.compile(r"^T0411: Context value (?:at argument (\d))?")
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
    "DotDot": "..", "Equal": "=", "GreaterThan": ">", "GreaterThanOrEqual": ">=", "Hash": "#",
    "LeftBrace": "{", "LeftBracket": "[", "LeftParen": "(", "LessThan": "<", "LessThanOrEqual": "<=", "NotEqual": "!=",
    "Null": "null", "Percent": "%", "Pipe": "|", "Plus": "+", "Question": "?", "QuestionColon": "?:",
    "QuestionQuestion": "??", "RightBrace": "}", "RightBracket": "]", "RightParen": ")", "Semicolon": ";", "Slash": "/",
    "Star": "*", "StarStar": "**", "TildeArrow": "~>", "True": "true",
}  # fmt: skip
_BARE = {"True": "true", "False": "false", "Null": "null"}
_NUMBER = re.compile(r"-?\d[\d.e+-]*")
_VALUE = re.compile(r'(?:String|Identifier|Variable|Function)\("(.*)"\)|Number\((-?[\d.e+-]+?)(?:\.0)?\)', re.DOTALL)
_EXPECTED = re.compile(r"Expected (\w+)(?:, got (.*)| before end of expression)", re.DOTALL)
_NAMING = re.compile(
    r"(Syntax error: |The symbol |Unknown operator: |Number out of range: |Unsupported escape sequence: \\"
    r"|The literal value )(.*?)( cannot be used as .*)?",
    re.DOTALL,
)
_UNBOUND = re.compile(r"Expected a variable reference after (\S+)")
_PARAMETERS = re.compile(r"(?:function|λ)\s*\(([^()]*)\)")


def reword(message: str, expression: str) -> str:
    if (refused := _HOST_ERROR.search(message)) is not None:
        return _worded(refused[1])
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
    if len(called) == 1 and (match := _CONTEXT.match(message)):
        return (
            f'T0411: Context value is not a compatible type with argument {match[1] or 1} of function "{called.pop()}"'
        )
    operators = set(_COMPARISON.findall(_QUOTED.sub("", expression)))
    if len(operators) == 1 and _INCOMPARABLE.match(message):
        explained = "must evaluate to numeric or string values"
        return f'T2010: The expressions either side of operator "{operators.pop()}" {explained}'
    return _worded(message)


def _worded(message: str) -> str:
    for pattern, wording in _WORDINGS:
        message = pattern.sub(wording, message)
    return message


def _misfit(function: str, code: str, position: str, element: str | None) -> str:
    wanted = f'must be an array of "{element.lower()}s"' if element else "does not match function signature"
    return f'{code}: Argument {position} of function "{function}" {wanted}'


def reword_syntax(message: str, expression: str) -> str:
    if message.endswith("must be terminated by a matching quote") and not _QUOTE.search(_QUOTED.sub("", expression)):
        return "No terminating / in regular expression"
    message = _PARSE_ERROR.sub("", message, count=1)
    if (unbound := _UNBOUND.fullmatch(message)) is not None:
        return f'The right side of "{unbound[1]}" must be a variable name (start with $)'
    if message.startswith("Parameter of function definition"):
        listings = [listing.split(",") for listing in _PARAMETERS.findall(expression)]
        named = (at for names in listings for at, name in enumerate(names, 1) if not name.strip().startswith("$"))
        return message.replace("Parameter", f"Parameter {next(named, 1)}", 1)
    if (expected := _EXPECTED.fullmatch(message)) is not None:
        wanted, got = expected.groups()
        return f"Expected {_token(wanted)}" + (" before end of expression" if got is None else f", got {_token(got)}")
    if (naming := _NAMING.fullmatch(message)) is not None:
        literal = naming[3] is not None and _NUMBER.fullmatch(naming[2]) is not None
        return naming[1] + (naming[2] if literal else _token(naming[2])) + (naming[3] or "")
    return "Comment has no closing tag" if message == "Unclosed comment" else message


def _token(name: str) -> str:
    """As it is written: in quotes, but for values that are no text."""
    value = _VALUE.fullmatch(name)
    if value is None:
        return _BARE.get(name) or f'"{_TOKENS.get(name, name)}"'
    return value[2] or '"' + re.sub(r"\\(.)", r"\1", value[1]) + '"'
