"""What a JSONata expression reads of the context that it is evaluated in.

Step Functions evaluates expressions without a context: input and variables come as `$states` and `$name`. So it refuses
a definition with an expression that begins a path with a bare name, with `$` or with `$$`. Only a path's first step
reads the context; predicates, later steps, sort terms and groups read what stands before them. A function's body reads
the context that the function was written in.
https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

import re
from typing import NamedTuple

_TOKEN = re.compile(
    r"""(?:\s|/\*.*?\*/)*(?:
        (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
      | (?P<number>(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?)
      | `(?P<quoted>[^`]*)`
      | (?P<variable>\$[^\s.\[\]{}(),@\#;:?+\-*/%|=<>^&!~"'`]*)
      | (?P<symbol>\.\.|:=|!=|>=|<=|\*\*|~>|[.\[\]{}(),@\#;:?+\-*/%|=<>^&!~])
      | (?P<name>[^\s.\[\]{}(),@\#;:?+\-*/%|=<>^&!~"'`]+)
    )""",
    re.VERBOSE | re.DOTALL,
)
_END = re.compile(r"(?:\s|/\*.*?\*/)*\Z", re.DOTALL)
_REGULAR_EXPRESSION = re.compile(r"(?:\s|/\*.*?\*/)*/(?!\*)(?:[^/\\]|\\.)+/[a-z]*", re.DOTALL)
# How strongly each operator binds what is left of it.
_POWERS = {
    ".": 75, "[": 80, "{": 70, "(": 80, "@": 80, "#": 80, "?": 20, "+": 50, "-": 50, "*": 60, "/": 60, "%": 60,
    "=": 40, "<": 40, ">": 40, "^": 40, "..": 20, ":=": 10, "!=": 40, "<=": 40, ">=": 40, "~>": 40, "and": 30,
    "or": 25, "in": 40, "&": 50,
}  # fmt: skip
_LITERALS = frozenset({"true", "false", "null"})
_FUNCTION = frozenset({"function", "λ"})
_CLOSING = frozenset({")", "]", "}"})


class _Token(NamedTuple):
    kind: str
    text: str


class _Part(NamedTuple):
    """A part of an expression: what it reads of the context, and the token that it is, if it is but one."""

    reads: tuple[str, ...] = ()
    token: _Token | None = None


class _Unreadable(Exception):
    pass


def context_references(text: str) -> list[str]:
    """Each once, in order: names, `$`, `$$`, and `$states.NAME` where a path begins so. None of what is no JSONata."""
    try:
        reader = _Reader(_tokens(text))
        return list(dict.fromkeys(reader.part(0).reads))
    except (_Unreadable, RecursionError):
        return []


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    at = 0
    while not _END.match(text, at):
        last = tokens[-1] if tokens else _Token("symbol", "(")
        begins = last.kind == "symbol" and last.text not in _CLOSING
        match = (_REGULAR_EXPRESSION.match(text, at) if begins else None) or _TOKEN.match(text, at)
        if match is None:
            raise _Unreadable
        at = match.end()
        kind = match.lastgroup or "regular expression"
        tokens.append(_Token(kind, match.group(kind) if match.lastgroup else match.group()))
    return tokens


class _Reader:
    """Reads by precedence, as the language's own parser does."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0

    def _next(self) -> _Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _is(self, *texts: str) -> bool:
        token = self._next()
        return token is not None and token.kind == "symbol" and token.text in texts

    def _take(self, *texts: str) -> _Token:
        token = self._next()
        if token is None or (texts and token.text not in texts):
            raise _Unreadable
        self._at += 1
        return token

    def _power(self) -> int:
        token = self._next()
        if token is None or token.kind not in ("symbol", "name"):
            return 0
        return _POWERS.get(token.text, 0)

    def part(self, power: int) -> _Part:
        left = self._first()
        while power < self._power():
            left = self._following(left, self._take())
        return left

    def _first(self) -> _Part:
        token = self._take()
        match token.kind, token.text:
            case (("name" | "quoted"), name):
                return _Part(() if token.kind == "name" and name in _LITERALS else (name,), token)
            case "variable", name:
                return _Part((name,) if name in ("$", "$$") else (), token)
            case "symbol", "-":
                return _Part(self.part(70).reads)
            case "symbol", "(":
                return _Part(self._list(")", ";"))
            case "symbol", "[":
                return _Part(self._list("]", ","))
            case "symbol", "{":
                return _Part(self._list("}", ",", ":"))
            case "symbol", "|":
                self.part(20)
                self._take("|")
                self._list("|", ",")
                return _Part()
            case "symbol", ("*" | "**" | "%" | "?"):
                return _Part()
            case "symbol", _:
                raise _Unreadable
        return _Part((), token)

    def _list(self, end: str, *separators: str) -> tuple[str, ...]:
        reads: tuple[str, ...] = ()
        while not self._is(end):
            if self._is(*separators):
                self._take()
                continue
            # of a transformation the next bar ends it
            reads += self.part(20 if end == "|" else 0).reads
            if not self._is(end, *separators):
                raise _Unreadable
        self._take(end)
        return reads

    def _following(self, left: _Part, operator: _Token) -> _Part:
        match operator.text:
            case ".":
                return self._step(left)
            case "[":
                self._list("]", ",")
                return _Part(left.reads)
            case "{":
                self._list("}", ",", ":")
                return _Part(left.reads)
            case "(":
                if left.token is not None and left.token.kind == "name" and left.token.text in _FUNCTION:
                    return self._function()
                return _Part(left.reads + self._list(")", ","))
            case "^":
                self._sort()
                return _Part(left.reads)
            case "@" | "#":
                self.part(80)
                return _Part(left.reads)
            case "?":
                reads = left.reads + self.part(0).reads
                if self._is(":"):
                    self._take()
                    reads += self.part(0).reads
                return _Part(reads)
            case ":=":
                return _Part(self.part(9).reads)
        return _Part(left.reads + self.part(_POWERS[operator.text]).reads)

    def _step(self, left: _Part) -> _Part:
        right = self.part(75)
        begins, follows = left.token, right.token
        if begins is not None and begins.kind == "string":
            return _Part((begins.text[1:-1],))
        if begins == ("variable", "$states") and follows is not None and follows.kind in ("name", "quoted"):
            return _Part((f"$states.{follows.text}",))
        return _Part(left.reads)

    def _function(self) -> _Part:
        self._list(")", ",")
        if self._is("<"):
            depth = 0
            while True:
                token = self._take()
                depth += {"<": 1, ">": -1}.get(token.text, 0)
                if not depth:
                    break
        self._take("{")
        body = self.part(0)
        self._take("}")
        return _Part(body.reads)

    def _sort(self) -> None:
        self._take("(")
        while True:
            if self._is("<", ">"):
                self._take()
            self.part(0)
            if self._take(",", ")").text == ")":
                return
