"""Deliveries that were given up: kept with all that is needed to see why, and to do them anew."""

from __future__ import annotations

from typing import NamedTuple

import orjson

from headwater.spine.deliveries import Delivery, Exhausted, Policy
from headwater.spine.spans import split_cause
from headwater.spine.store import Transaction

SCHEMA = (
    """
    CREATE TABLE dead_deliveries (
        id BIGINT PRIMARY KEY, delivery BIGINT NOT NULL, handler TEXT NOT NULL, target TEXT NOT NULL,
        payload BLOB NOT NULL, attempt INTEGER NOT NULL, policy TEXT NOT NULL, ordering TEXT, cause TEXT NOT NULL,
        account TEXT NOT NULL, region TEXT NOT NULL, created BIGINT NOT NULL, died BIGINT NOT NULL,
        code TEXT NOT NULL, message TEXT NOT NULL, condition TEXT, dead_letter TEXT
    );
    CREATE INDEX dead_deliveries_by_delivery ON dead_deliveries (delivery);
    """,
)
_INSERT = """
INSERT INTO dead_deliveries (id, delivery, handler, target, payload, attempt, policy, ordering, cause, account, region,
    created, died, code, message, condition, dead_letter)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_SELECT = """
SELECT delivery, handler, target, payload, attempt, policy, ordering, cause, account, region, created, died,
    code, message, condition, dead_letter FROM dead_deliveries
"""
_FIND = f"{_SELECT} WHERE delivery = ? ORDER BY id DESC LIMIT 1"
_LIST = f"{_SELECT} ORDER BY id DESC LIMIT ?"
_DELETE = "DELETE FROM dead_deliveries WHERE delivery = ?"
_SIZE = 500  # bytes of a row beside its payload, about


class Dead(NamedTuple):
    """A row: the delivery as it was, when and why it was given up, and where its dead letter went.
    ``condition``: the limit that was reached; None where the error itself was final."""

    delivery: int
    handler: str
    target: str
    payload: bytes
    attempt: int
    policy: str
    ordering: str | None
    cause: str
    account: str
    region: str
    created: int
    died: int
    code: str
    message: str
    condition: str | None
    dead_letter: str | None

    def anew(self, now: int) -> Delivery:
        """The same delivery with no attempt made; its age counts from now."""
        policy = Policy(*orjson.loads(self.policy))
        return Delivery(
            self.delivery, now, self.handler, self.target, orjson.loads(self.payload), 0, policy, self.ordering,
            *split_cause(self.cause), self.account, self.region, now, False,
        )  # fmt: skip


def bury(store: Transaction, identity: int, item: Delivery, why: Exhausted, dead_letter: str | None, now: int) -> int:
    """Keep a delivery that is given up; about how many bytes that takes."""
    payload = orjson.dumps(item.payload)
    policy = orjson.dumps([*item.policy]).decode()
    row = (identity, item.id, item.handler, item.target, payload, item.attempt, policy, item.ordering, item.cause)
    told = (item.created, now, why.code, why.message, why.condition, dead_letter)
    store.run(_INSERT, (*row, item.account, item.region, *told))
    return _SIZE + len(payload)


def find(store: Transaction, delivery: int) -> Dead | None:
    row = store.one(_FIND, (delivery,))
    return None if row is None else Dead(*row)


def newest(store: Transaction, limit: int) -> list[Dead]:
    return [Dead(*row) for row in store.all(_LIST, (limit,))]


def exhume(store: Transaction, delivery: int) -> Dead | None:
    """Take out a delivery that was given up, to be done anew."""
    found = find(store, delivery)
    if found is not None:
        store.run(_DELETE, (delivery,))
    return found
