"""Ciphertexts of symmetric keys: AES-GCM, with the key's name and the encryption context authenticated.

A version, the key's id (its length first), the id of its material, a nonce, and what was encrypted with its tag. So a
ciphertext says by itself which key decrypts it, also once the key has been rotated. Nothing here knows the store.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12
_VERSION = 1
_MATERIAL_BYTES = 32


class Ciphertext(NamedTuple):
    """What a ciphertext says of itself; ``head`` is the authenticated part."""

    key_id: str
    material: str
    head: bytes
    nonce: bytes
    sealed: bytes


def seal(
    secret: bytes, key_id: str, material: str, nonce: bytes, plaintext: bytes, context: Mapping[str, str] | None
) -> bytes:
    name = key_id.encode()
    head = bytes((_VERSION, len(name))) + name + bytes.fromhex(material)
    return head + nonce + AESGCM(secret).encrypt(nonce, plaintext, head + _canonical(context))


def parse(blob: bytes) -> Ciphertext | None:
    """None where the bytes are no ciphertext of ours."""
    if len(blob) < 2 or blob[0] != _VERSION:
        return None
    name_end = 2 + blob[1]
    head_end = name_end + _MATERIAL_BYTES
    nonce_end = head_end + NONCE_BYTES
    if len(blob) <= nonce_end or not blob[2:name_end].isascii():
        return None
    material = blob[name_end:head_end].hex()
    return Ciphertext(blob[2:name_end].decode(), material, blob[:head_end], blob[head_end:nonce_end], blob[nonce_end:])


def unseal(secret: bytes, ciphertext: Ciphertext, context: Mapping[str, str] | None) -> bytes | None:
    """The plaintext; None where it was tampered with, or the context is another one."""
    try:
        return AESGCM(secret).decrypt(ciphertext.nonce, ciphertext.sealed, ciphertext.head + _canonical(context))
    except InvalidTag:
        return None


def _canonical(context: Mapping[str, str] | None) -> bytes:
    """The same bytes for the same pairs, in whatever order they were given; none and an empty one are the same."""
    return orjson.dumps(dict(context or {}), option=orjson.OPT_SORT_KEYS)
