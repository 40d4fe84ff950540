"""What may be wrong with a signature. How AWS says it hangs on the service: ``gateway/signatures/wording.py``."""

from __future__ import annotations

from enum import Enum, auto
from typing import Any


class Fault(Enum):
    """In brackets what a :class:`Flaw` of it tells beside."""

    MISSING = auto()
    ASYMMETRIC = auto()  # version 4a, which is not verified here
    ALGORITHM = auto()  # (algorithm, header)
    ALGORITHM_IN_QUERY = auto()  # (algorithm)
    NO_EQUALS = auto()  # (part, header)
    INCOMPLETE = auto()  # (missing parts, whether there is a date, header)
    INCOMPLETE_QUERY = auto()  # (missing parameters)
    CREDENTIAL = auto()  # (credential, in the query)
    DATE = auto()  # (date, in the query)
    TERMINATOR = auto()  # (terminator, in the query)
    OTHER_DAY = auto()  # (day of the scope, date, in the query)
    UNKNOWN_KEY = auto()  # (access key)
    TOKEN = auto()  # (token)
    SKEW = auto()  # (date, now, how far the date may be off; all in ms)
    UNSIGNED = auto()  # (names of headers)
    NO_HASH = auto()
    HASH = auto()  # (the client's, ours)
    MISMATCH = auto()  # (access key, signature, string to sign, canonical request)


class Flaw(Exception):
    """A signature that AWS would not take. ``why``: the difference in our own words, '' where none was found.
    ``found``: whether the difference shows that the secret is the one which is known. ``access_key``: whose signature
    it says to be, '' where that could not be read."""

    def __init__(self, fault: Fault, *told: Any, why: str = "", found: bool = False) -> None:
        super().__init__(fault, *told)
        self.fault = fault
        self.told = told
        self.why = why
        self.found = found
        self.access_key = ""
