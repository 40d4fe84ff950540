"""The order of a Java HashMap's keys, which AWS's interpreter lets through.

Fields whose names end in `.$` and merged objects come out of AWS in this order (seen in recorded executions),
and a history shows it wherever an object stands inside a JSON text.
"""

from collections.abc import Iterable

_LOAD_FACTOR = 0.75


def hash_order(keys: Iterable[str]) -> list[str]:
    """The keys as a java.util.HashMap iterates over them: by bucket, in order of insertion within one."""
    names = list(keys)
    capacity = 16
    while len(names) > capacity * _LOAD_FACTOR:
        capacity *= 2
    return sorted(names, key=lambda name: _spread(java_hash(name)) & (capacity - 1))


def _spread(code: int) -> int:
    return code ^ (code >> 16)


def java_hash(text: str) -> int:
    """``String.hashCode``, as a number that is not negative."""
    code = 0
    units = text.encode("utf-16-be")
    for at in range(0, len(units), 2):
        code = (31 * code + (units[at] << 8) + units[at + 1]) & 0xFFFFFFFF
    return code
