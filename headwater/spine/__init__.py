"""The five ideas: operation, transaction, delivery, clock, span."""
