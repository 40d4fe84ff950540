"""Tokens to nodes, by recursive descent. Operators from loose to tight: OR, AND, NOT, comparison, + -, * / %."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from headwater.languages.iot_sql.errors import SqlParseError
from headwater.languages.iot_sql.lexer import Kind, Token, next_token
from headwater.languages.iot_sql.nodes import (
    ArrayLiteral,
    Binary,
    Call,
    Case,
    Cast,
    Expression,
    Item,
    Literal,
    Member,
    Name,
    NestedQuery,
    ObjectLiteral,
    Query,
    Selection,
    Star,
    Unary,
)
from headwater.languages.iot_sql.values import UNDEFINED, to_decimal

_RESERVED = frozenset(
    ("SELECT", "FROM", "WHERE", "AS", "AND", "OR", "NOT", "IN", "CASE", "WHEN", "THEN", "ELSE", "END")
)
_CONSTANTS = {"TRUE": True, "FALSE": False, "NULL": None, "UNDEFINED": UNDEFINED}
_COMPARISONS = {"=": "=", "<>": "<>", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_LONGEST_NUMBER = 40
_DEEPEST = 32  # nesting of expressions, so that no text exhausts the stack


class Parser:
    def __init__(self, text: str, position: int = 0) -> None:
        self._text = text
        self._token = next_token(text, position)
        self._depth = 0

    def query(self) -> Query:
        """A whole statement."""
        self._expect_word("SELECT")
        selection = self._selection()
        topic_filter = None
        if self._accept_word("FROM"):
            if self._token.kind is not Kind.STRING:
                raise self._unexpected("a quoted topic filter")
            topic_filter = self._advance().text
        where, start = None, self._token.end
        if self._accept_word("WHERE"):
            where = self.expression()
        if self._token.kind is not Kind.END:
            raise self._unexpected("the end of the statement")
        return Query(selection, topic_filter, where, self._text[start:].strip())

    def template(self) -> tuple[Expression, int]:
        """The expression of `${expression}` and the position after its brace."""
        expression = self.expression()
        if not self._token.is_symbol("}"):
            raise self._unexpected("'}'")
        return expression, self._token.end

    def expression(self) -> Expression:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise SqlParseError("The expression is nested too deeply.", self._token.start)
        result = self._left_associative(self._conjunction, lambda token: "OR" if token.is_word("OR") else None)
        self._depth -= 1
        return result

    def _conjunction(self) -> Expression:
        return self._left_associative(self._negation, lambda token: "AND" if token.is_word("AND") else None)

    def _negation(self) -> Expression:
        negations = 0
        while self._accept_word("NOT"):
            negations += 1
        operand = self._comparison()
        for _ in range(negations):
            operand = Unary("NOT", operand)
        return operand

    def _comparison(self) -> Expression:
        return self._left_associative(
            self._sum, lambda token: "IN" if token.is_word("IN") else _symbol(token, _COMPARISONS)
        )

    def _sum(self) -> Expression:
        return self._left_associative(self._product, lambda token: _symbol(token, {"+": "+", "-": "-"}))

    def _product(self) -> Expression:
        return self._left_associative(self._signed, lambda token: _symbol(token, {"*": "*", "/": "/", "%": "%"}))

    def _left_associative(
        self, operand: Callable[[], Expression], operator_of: Callable[[Token], str | None]
    ) -> Expression:
        left = operand()
        while (operator := operator_of(self._token)) is not None:
            self._advance()
            left = Binary(operator, left, operand())
        return left

    def _signed(self) -> Expression:
        signs = 0
        while self._accept_symbol("-"):
            signs += 1
        operand = self._path()
        return operand if signs % 2 == 0 else Unary("-", operand)

    def _path(self) -> Expression:
        value = self._primary()
        while self._accept_symbol("."):
            value = Member(value, self._expect(Kind.NAME, "an attribute name").text)
        return value

    def _primary(self) -> Expression:
        token = self._token
        if token.kind is Kind.STRING:
            return Literal(self._advance().text)
        if token.kind is Kind.NUMBER:
            return Literal(_number(self._advance()))
        if self._accept_symbol("("):
            inner = self._nested_query() if self._accept_word("SELECT") else self.expression()
            self._expect_symbol(")")
            return inner
        if self._accept_symbol("["):
            return ArrayLiteral(self._list("]"))
        if self._accept_symbol("{"):
            return self._object()
        if self._accept_word("CASE"):
            return self._case()
        if token.kind is not Kind.NAME or token.is_word(*_RESERVED):
            raise self._unexpected("an expression")
        self._advance()
        if self._accept_symbol("("):
            return self._call(token)
        if (word := token.text.upper()) in _CONSTANTS:
            return Literal(_CONSTANTS[word])
        return Name(token.text)

    def _call(self, name: Token) -> Expression:
        lowered = name.text.lower()
        if lowered == "cast":
            value = self.expression()
            self._expect_word("AS")
            kind = self._expect(Kind.NAME, "a type").text.lower()
            self._expect_symbol(")")
            return Cast(value, kind, name.start)
        return Call(lowered, self._list(")"), name.start)

    def _list(self, closing: str) -> tuple[Expression, ...]:
        items: list[Expression] = []
        if self._accept_symbol(closing):
            return ()
        while True:
            if closing == ")" and self._token.is_symbol("*"):
                self._advance()
                items.append(Star())
            else:
                items.append(self.expression())
            if self._accept_symbol(closing):
                return tuple(items)
            self._expect_symbol(",")

    def _object(self) -> ObjectLiteral:
        items: list[tuple[str, Expression]] = []
        if self._accept_symbol("}"):
            return ObjectLiteral(())
        while True:
            key = self._expect(Kind.STRING, "a quoted key").text
            self._expect_symbol(":")
            items.append((key, self.expression()))
            if self._accept_symbol("}"):
                return ObjectLiteral(tuple(items))
            self._expect_symbol(",")

    def _case(self) -> Case:
        value = self.expression()
        branches = []
        while self._accept_word("WHEN"):
            wanted = self.expression()
            self._expect_word("THEN")
            branches.append((wanted, self.expression()))
        if not branches:
            raise self._unexpected("WHEN")
        otherwise = self.expression() if self._accept_word("ELSE") else Literal(UNDEFINED)
        self._expect_word("END")
        return Case(value, tuple(branches), otherwise)

    def _nested_query(self) -> NestedQuery:
        selection = self._selection()
        self._expect_word("FROM")
        source = self.expression()
        where = self.expression() if self._accept_word("WHERE") else None
        return NestedQuery(selection, source, where)

    def _selection(self) -> Selection:
        if self._token.is_word("VALUE") and self._value_is_keyword():
            self._advance()
            value: Expression = Star() if self._accept_symbol("*") else self.expression()
            return Selection((Item(value, ()),), is_value=True)
        items = [self._item(0)]
        while self._accept_symbol(","):
            items.append(self._item(len(items)))
        return Selection(tuple(items), is_value=False)

    def _value_is_keyword(self) -> bool:
        """`value` may be an attribute's name too: then an operator, a comma, AS, FROM or the end follows."""
        following = next_token(self._text, self._token.end)
        if following.is_symbol("*"):
            after = next_token(self._text, following.end)
            return after.kind is Kind.END or after.is_word("FROM") or after.is_symbol(")")
        if following.kind is Kind.SYMBOL:
            return following.text in "([{"
        return following.kind is not Kind.END and not following.is_word("FROM", "AS", "AND", "OR", "IN")

    def _item(self, index: int) -> Item:
        value: Expression = Star() if self._accept_symbol("*") else self.expression()
        if not self._accept_word("AS"):
            return Item(value, _default_path(value, index))
        path = [self._expect(Kind.NAME, "an alias").text]
        while self._accept_symbol("."):
            path.append(self._expect(Kind.NAME, "an alias").text)
        return Item(value, tuple(path))

    def _advance(self) -> Token:
        token = self._token
        self._token = next_token(self._text, token.end)
        return token

    def _accept_symbol(self, symbol: str) -> bool:
        if not self._token.is_symbol(symbol):
            return False
        self._advance()
        return True

    def _accept_word(self, word: str) -> bool:
        if not self._token.is_word(word):
            return False
        self._advance()
        return True

    def _expect_symbol(self, symbol: str) -> None:
        if not self._accept_symbol(symbol):
            raise self._unexpected(f"'{symbol}'")

    def _expect_word(self, word: str) -> None:
        if not self._accept_word(word):
            raise self._unexpected(word)

    def _expect(self, kind: Kind, description: str) -> Token:
        if self._token.kind is not kind:
            raise self._unexpected(description)
        return self._advance()

    def _unexpected(self, wanted: str) -> SqlParseError:
        token = self._token
        found = "the end of the text" if token.kind is Kind.END else f"'{token.text}'"
        return SqlParseError(f"Expected {wanted} but found {found} at position {token.start}.", token.start)


def _symbol(token: Token, operators: dict[str, str]) -> str | None:
    return operators.get(token.text) if token.kind is Kind.SYMBOL else None


def _number(token: Token) -> int | Decimal:
    number = to_decimal(token.text.replace("+", ""))
    if not isinstance(number, (int, Decimal)) or len(token.text) > _LONGEST_NUMBER:
        raise SqlParseError(f"Invalid number at position {token.start}.", token.start)
    return number


def _default_path(value: Expression, index: int) -> tuple[str, ...]:
    """Without AS: the last attribute of a path, the name of a function, else the item's place."""
    match value:
        case Star():
            return ()
        case Name(name) | Member(_, name) | Call(name, _, _):
            return (name,)
        case Cast():
            return ("cast",)
        case _:
            return (f"_{index}",)
