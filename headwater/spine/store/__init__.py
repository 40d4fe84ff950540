"""State: transactions over SQLite, and large bodies as files."""

from headwater.spine.store.transaction import Row, Store, Transaction, Value

__all__ = ["Row", "Store", "Transaction", "Value"]
