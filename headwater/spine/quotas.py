"""Quotas: numbers that AWS lets an account ask to have changed, and rates at which operations may be asked for.

A number holds as its house declares it until it is changed: by an option of ``headwater start``, or over the surface,
which is kept in rows and goes before. Rates are off until one is set; then each account has a bucket of tokens in each
region, which fills by the clock. Buckets begin full with each process.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import ceil
from typing import NamedTuple

from headwater.spine.operations import Caller, Operation
from headwater.spine.quota import Quota
from headwater.spine.service import Catalogue
from headwater.spine.store import Transaction

SCHEMA = ("CREATE TABLE quotas (name TEXT PRIMARY KEY, value TEXT NOT NULL);",)
_ALL = "SELECT name, value FROM quotas ORDER BY name"
_PUT = "INSERT INTO quotas (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
_FORGET = "DELETE FROM quotas WHERE name = ?"
_FORGET_ALL = "DELETE FROM quotas"

_NUMBER = re.compile(r"\d{1,12}")
_RATE = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)(?:/(\d{1,9}))?")


class BadQuota(ValueError):
    """A quota that cannot be; the text says why."""


class Allowance(NamedTuple):
    """So many a second, after as many at once as the bucket holds."""

    per_second: float
    burst: int


class Rate:
    """Buckets of tokens, one for each account and region."""

    __slots__ = ("_buckets", "allowance")

    def __init__(self, allowance: Allowance) -> None:
        self.allowance = allowance
        self._buckets: dict[tuple[str, str], tuple[float, int]] = {}  # tokens, and when there were so many (ms)

    def take(self, account: str, region: str, now: int, count: int = 1) -> bool:
        """Take ``count`` tokens, if there are that many."""
        per_second, burst = self.allowance
        tokens, since = self._buckets.get((account, region), (burst, now))
        tokens = min(burst, tokens + max(0, now - since) * per_second / 1000)
        taken = tokens >= count
        self._buckets[account, region] = (tokens - count if taken else tokens, now)
        return taken


def read_rate(text: str) -> Allowance:
    """``100`` or ``100/200``: so many a second, and as many at once (a second's worth, unless told)."""
    match = _RATE.fullmatch(text)
    if match is None:
        raise BadQuota(f"{text!r} is no rate: say so many a second, and as many at once, such as 100 or 100/200.")
    per_second = float(match[1])
    return Allowance(per_second, int(match[2]) if match[2] else ceil(per_second))


def read_number(text: str) -> int:
    if _NUMBER.fullmatch(text) is None:
        raise BadQuota(f"{text!r} is no whole number.")
    return int(text)


def is_rate(name: str) -> bool:
    """Whether a quota's name is that of an operation, such as ``events:PutEvents``."""
    return name.partition(":")[2][:1].isupper()


def check_value(name: str, text: str) -> None:
    """BadQuota where a quota of that name cannot have the value."""
    if is_rate(name):
        read_rate(text)
    else:
        read_number(text)


def check_name(catalogue: Catalogue, name: str) -> None:
    """BadQuota unless the name is of a number that its service declares, or of an operation that is there."""
    service = name.partition(":")[0]
    if service not in catalogue.houses:
        raise BadQuota(f"There is no service {service!r}; a quota is named such as events:rules-per-bus.")
    declared = [quota.name for quota in catalogue.quotas(service)]
    if name not in declared and not (is_rate(name) and catalogue.has_operation(service, name.partition(":")[2])):
        known = ", ".join(declared) or "none but the rates of its operations"
        raise BadQuota(f"There is no quota {name!r}; those of {service} are {known}.")


class Quotas:
    """What holds in one cloud. ``numbers`` are those that differ from what is declared."""

    def __init__(self, operations: Mapping[tuple[str, str], Operation]) -> None:
        self._operations = operations
        self.options: Mapping[str, str] = {}
        self.numbers: dict[str, int] = {}
        self.rates: dict[str, Rate] = {}

    def of(self, quota: Quota) -> int:
        return self.numbers.get(quota.name, quota.default)

    def allows(self, name: str, caller: Caller, now: int, count: int = 1) -> bool:
        """Whether ``count`` more may happen now of what a rate is named by; always where none is set."""
        rate = self.rates.get(name)
        return rate is None or rate.take(caller.account, caller.region, now, count)

    def load(self, store: Transaction) -> None:
        """Hold to what the options and the rows say."""
        said = {**self.options, **dict(store.all(_ALL))}
        self.numbers = {name: read_number(text) for name, text in said.items() if not is_rate(name)}
        wanted = {name: read_rate(text) for name, text in said.items() if is_rate(name)}
        self.rates = {
            name: self.rates[name] if name in self.rates and self.rates[name].allowance == each else Rate(each)
            for name, each in wanted.items()
        }
        self.attend()

    def attend(self) -> None:
        """Operations know their own rate, those of a service that has just been loaded too."""
        for operation in self._operations.values():
            operation.rate = rate = self.rates.get(operation.title)
            if operation.in_role is not None:
                operation.in_role.rate = rate

    def change(self, store: Transaction, wanted: Mapping[str, str | None]) -> None:
        """Write what shall hold; None: as it was at the start. In a transaction."""
        for name, text in wanted.items():
            if text is None:
                store.run(_FORGET, (name,))
            else:
                store.run(_PUT, (name, text))
        self.load(store)

    def clear(self, store: Transaction) -> None:
        """All as at the start. In a transaction."""
        store.run(_FORGET_ALL)
        self.load(store)
