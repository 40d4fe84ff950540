"""Verification of the signatures of requests: who may have signed, and how AWS says that they have not."""
