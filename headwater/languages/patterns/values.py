"""Leaf values as the language compares them: numbers, texts without case, addresses, wildcards."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

TextTest = Callable[[str], bool]

# Numbers are compared up to half a trillion, with six decimals; others only as they are written.
LARGEST_NUMBER = 500_000_000_000
MOST_DECIMALS = 6

_IPV4 = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+")
_IPV6 = re.compile(r"[0-9a-fA-F:]*:[0-9a-fA-F:]*")


def number_problem(number: int | Decimal) -> str | None:
    """Why a number in a pattern cannot be compared, or None."""
    exact = Decimal(number)
    if abs(exact) <= LARGEST_NUMBER and exact != round(exact, MOST_DECIMALS):
        return f"Only values upto {MOST_DECIMALS} decimals are supported"
    if abs(exact) > LARGEST_NUMBER:
        return f"Value must be between -{LARGEST_NUMBER / 10**11}E11 and {LARGEST_NUMBER / 10**11}E11, inclusive"
    return None


def comparable(number: float) -> bool:
    """Whether a number in an event takes part in comparisons."""
    if not -LARGEST_NUMBER <= number <= LARGEST_NUMBER:
        return False
    return type(number) is int or round(number, MOST_DECIMALS) == number


def address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """An IP address literal; None for any other text. Leading zeros of a part count as decimal."""
    try:
        if _IPV4.fullmatch(text):
            return ipaddress.IPv4Address(".".join(str(int(part)) for part in text.split(".")))
        if _IPV6.fullmatch(text):
            parsed = ipaddress.IPv6Address(text)
            return parsed.ipv4_mapped or parsed
    except ValueError:
        return None
    return None


def address_test(wanted: ipaddress.IPv4Address | ipaddress.IPv6Address) -> TextTest:
    return lambda text: address(text) == wanted


class Block(NamedTuple):
    """The addresses of a block in CIDR notation, first and last included.

    It begins at the address as written, not at the network's: ``10.0.0.77/28`` leaves out ``10.0.0.70``.
    """

    version: int
    first: int
    last: int

    def holds(self, text: str) -> bool:
        found = address(text)
        return found is not None and found.version == self.version and self.first <= int(found) <= self.last

    def holds_digits(self, number: float) -> bool:
        """AWS compares hexadecimal digits from the left and stops once they decide, whatever they are
        the digits of: so the number 10 lies in ``::/0``."""
        width = 8 if self.version == 4 else 32
        bottom, top = f"{self.first:0{width}X}", f"{self.last:0{width}X}"
        above = below = False
        for digit, low, high in zip(str(number), bottom, top, strict=False):
            if digit not in "0123456789ABCDEF" or (not above and digit < low) or (not below and digit > high):
                return False
            above, below = above or digit > low, below or digit < high
            if above and below:
                return True
        return len(str(number)) >= width


def parse_cidr(text: str) -> Block:
    """A block in CIDR notation; raises ValueError with AWS's reason. Slashes at the end do not count."""
    parts = text.rstrip("/").split("/")
    if len(parts) != 2 or not parts[1]:
        raise ValueError("Malformed CIDR, one '/' required")
    if not re.fullmatch(r"[+-]?[0-9]+", parts[1]) or not -(2**31) <= int(parts[1]) < 2**31:
        raise ValueError("Malformed CIDR, mask bits must be an integer")
    bits = int(parts[1])
    if bits < 0:
        raise ValueError("Malformed CIDR, mask bits must not be negative")
    first = address(parts[0])
    if first is None:
        literal = _IPV4.fullmatch(parts[0]) or _IPV6.fullmatch(parts[0])
        raise ValueError(f"{'Invalid' if literal else 'Nonstandard'} IP address: {parts[0]}")
    width = first.max_prefixlen
    if bits >= width:
        raise ValueError(f"IPv{first.version} mask bits must be < {width}")
    return Block(first.version, int(first), int(first) | ((1 << (width - bits)) - 1))


def caseless(text: str) -> str:
    """A regular expression for a text in any case, each character by itself."""
    return "".join(_either_case(character) for character in text)


def _either_case(character: str) -> str:
    lower, upper = character.lower(), character.upper()
    if lower == upper or ord(character) > 0xFFFF:
        return re.escape(character)
    return f"(?:{re.escape(lower)}|{re.escape(upper)})"


def wildcard_pieces(text: str) -> list[str]:
    """The literal texts between the asterisks of a wildcard; raises ValueError with AWS's reason.

    Positions in the reasons count UTF-8 bytes, the opening quotation mark included.
    """
    pieces = [""]
    at, position = 0, 1
    while at < len(text):
        character = text[at]
        following = text[at + 1 : at + 2]
        if character == "*":
            if following == "*":
                raise ValueError(f"Consecutive wildcard characters at pos {position}")
            pieces.append("")
        elif character == "\\":
            if following not in ("*", "\\"):
                raise ValueError(f"Invalid escape character at pos {position}")
            pieces[-1] += following
            at += 1
            position += 1
        else:
            pieces[-1] += character
        at += 1
        position += len(character.encode(errors="surrogatepass"))
    return pieces


def wildcard_test(pieces: list[str]) -> TextTest:
    """Literal pieces with anything between them, found from left to right without backtracking."""
    first, *middle, last = pieces if len(pieces) > 1 else [pieces[0], ""]
    if len(pieces) == 1:
        return first.__eq__
    shortest = len(first) + len(last)

    def test(value: str) -> bool:
        if len(value) < shortest or not (value.startswith(first) and value.endswith(last)):
            return False
        at, end = len(first), len(value) - len(last)
        for piece in middle:
            found = value.find(piece, at, end)
            if found < 0:
                return False
            at = found + len(piece)
        return True

    return test


def wildcard_states(pieces: list[str]) -> int:
    """The most positions of a wildcard that one text can hold open at once: AWS's complexity."""
    symbols: list[str | None] = []
    for piece in pieces:
        symbols += [*piece, None]
    symbols.pop()
    alphabet = {symbol for symbol in symbols if symbol is not None}
    start = _closure({0}, symbols)
    seen, queue, most = {start}, [start], len(start)
    while queue and len(seen) < 1000:
        states = queue.pop()
        for character in alphabet:
            moved = {
                state if symbols[state] is None else state + 1
                for state in states
                if state < len(symbols) and symbols[state] in (None, character)
            }
            following = _closure(moved, symbols)
            if following not in seen:
                seen.add(following)
                queue.append(following)
                most = max(most, len(following))
    return most


def _closure(states: set[int], symbols: list[str | None]) -> frozenset[int]:
    """An asterisk may stand for nothing."""
    reached = set(states)
    for state in states:
        if state < len(symbols) and symbols[state] is None:
            reached.add(state + 1)
    return frozenset(reached)
