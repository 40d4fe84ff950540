"""Secrets of access keys that were issued here, and seals on session tokens: all of them follow from one root, so that
none needs to be kept. Who does not know the root cannot sign for somebody else.
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from functools import lru_cache
from hmac import compare_digest

from headwater.spine import session_tokens
from headwater.spine.ids import Ids
from headwater.spine.session_tokens import Session
from headwater.spine.store.transaction import Transaction

SCHEMA = ("CREATE TABLE keyring (id BIGINT PRIMARY KEY, root TEXT NOT NULL);",)
_FIND = "SELECT root FROM keyring WHERE id = 1"
_PUT = "INSERT INTO keyring (id, root) VALUES (1, ?) ON CONFLICT (id) DO NOTHING"
_BYTES = 32
_SECRET_LENGTH = 40


class Keyring:
    """The root of one cloud's secrets. It goes with snapshots, and outlives a reset, as warm functions do."""

    def __init__(self) -> None:
        self._root = b""
        self.secret_of = lru_cache(maxsize=4096)(self._secret_of)
        self.standing_token = lru_cache(maxsize=4096)(self._standing_token)
        self._is_sealed = lru_cache(maxsize=4096)(self._looks_sealed)

    def load(self, store: Transaction, ids: Ids) -> None:
        """Take up the root that the store has, or leave one there."""
        row = store.one(_FIND)
        if row is None:
            root = self._root or ids.bits(8 * _BYTES).to_bytes(_BYTES, "big")
            store.run(_PUT, (root.hex(),))
        else:
            root = bytes.fromhex(row[0])
        if root != self._root:
            self._root = root
            for kept in (self.secret_of, self.standing_token, self._is_sealed):
                kept.cache_clear()

    def make_token(self, session: Session, access_key: str, ids: Ids) -> str:
        """A token for a session, of no use with any other access key."""
        return session_tokens.make_token(session, ids, lambda text: self._seal(access_key, text))

    def is_sealed(self, token: str, access_key: str) -> bool:
        """Whether a token was made here, for that access key."""
        return self._is_sealed(token, access_key)

    def _secret_of(self, access_key: str) -> str:
        """40 characters, as AWS's have; also of an id that was never issued."""
        made = b64encode(hmac.digest(self._root, b"secret " + access_key.encode(), "sha256"))
        return made.decode()[:_SECRET_LENGTH]

    def _standing_token(self, principal: str, access_key: str) -> str:
        """One that holds for ever, and is the same each time: for whom we vouch ourselves, such as a function."""
        return session_tokens.standing_token(principal, lambda text: self._seal(access_key, text))

    def _looks_sealed(self, token: str, access_key: str) -> bool:
        text, seal = session_tokens.sealed_text(token)
        return compare_digest(self._seal(access_key, text), seal)

    def _seal(self, access_key: str, text: bytes) -> bytes:
        return hmac.digest(self._root, b"token " + access_key.encode() + b"\n" + text, "sha256")
