"""Public keys of those who issue tokens, by OpenID Connect's discovery.

They are kept for two hours, as API Gateway keeps them; a key that is not among them has them fetched again. What could
not be had is not remembered.
https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig
"""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from headwater.spine.outgoing import Unreachable, send

_KEPT = 7_200_000  # milliseconds
_AGAIN = 60_000  # at least, between two looks for a key that is unknown
_SECONDS = 5.0
_DISCOVERY = "/.well-known/openid-configuration"


class NoKeys(Exception):
    """The issuer's keys cannot be had."""


class KeySets:
    """Key sets by issuer."""

    def __init__(self) -> None:
        self._sets: dict[str, tuple[int, KeySet]] = {}
        self._fetching: dict[str, asyncio.Task[KeySet]] = {}

    async def of(self, issuer: str, name: str | None, now: int) -> KeySet:
        """The keys to verify a token with that names a key, or none. NoKeys."""
        since, keys = self._sets.get(issuer, (0, None))
        if keys is not None and now - since < (_KEPT if _has_key(keys, name) else _AGAIN):
            return keys
        task = self._fetching.get(issuer)
        if task is None:
            task = self._fetching[issuer] = asyncio.create_task(_fetch(issuer))
            task.add_done_callback(lambda _: self._fetching.pop(issuer))
        keys = await asyncio.shield(task)
        self._sets[issuer] = (now, keys)
        return keys


def _has_key(keys: KeySet, name: str | None) -> bool:
    """True too where the token names none, for then there is no use in looking."""
    return name is None or any(key.kid == name for key in keys.keys)


async def _fetch(issuer: str) -> KeySet:
    address = (await _document(issuer.rstrip("/") + _DISCOVERY)).get("jwks_uri")
    if not isinstance(address, str):
        raise NoKeys(f"{issuer} names no jwks_uri")
    try:
        return KeySet.import_key_set(await _document(address))  # type: ignore[arg-type]
    except (JoseError, KeyError, TypeError, ValueError) as error:
        raise NoKeys(f"{address} holds no key set: {error}") from error


async def _document(address: str) -> dict[str, Any]:
    try:
        answer = await send("GET", address, {"Accept": "application/json"}, b"", seconds=_SECONDS)
        document = orjson.loads(answer.body)
    except (Unreachable, orjson.JSONDecodeError) as error:
        raise NoKeys(f"{address}: {error}") from error
    if answer.status != 200 or not isinstance(document, dict):
        raise NoKeys(f"{address} answered {answer.status}")
    return document
