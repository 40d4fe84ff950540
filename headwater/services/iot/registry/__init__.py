"""The registry: things, their types and groups, and the certificates that are theirs."""
