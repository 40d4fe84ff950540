"""Secrets and seals: the same as long as the root is, of no use with another key or root."""

from __future__ import annotations

from headwater.spine.ids import Ids
from headwater.spine.keyring import SCHEMA, Keyring
from headwater.spine.session_tokens import Session, session_of
from headwater.spine.store.sqlite import SqliteStore


def store_of_a_cloud() -> SqliteStore:
    store = SqliteStore(None)
    store.begin()
    store.run(SCHEMA[0])
    return store


def test_the_root_is_kept_and_outlives_a_reset() -> None:
    store, ids = store_of_a_cloud(), Ids()
    first, second = Keyring(), Keyring()
    first.load(store, ids)
    second.load(store, ids)
    secret = first.secret_of("AKIA1")
    assert secret == second.secret_of("AKIA1") != first.secret_of("AKIA2")
    assert len(secret) == 40
    first.load(store_of_a_cloud(), ids)  # whose rows are gone
    assert first.secret_of("AKIA1") == secret
    other, another = store_of_a_cloud(), Keyring()
    another.load(other, ids)
    assert another.secret_of("AKIA1") != secret
    first.load(other, ids)  # as with a snapshot of another cloud
    assert first.secret_of("AKIA1") == another.secret_of("AKIA1")


def test_a_token_is_of_one_key() -> None:
    keyring, stranger, ids = Keyring(), Keyring(), Ids()
    keyring.load(store_of_a_cloud(), ids)
    stranger.load(store_of_a_cloud(), ids)
    session = Session(1_800_000_000_000, "arn:aws:sts::000000000000:assumed-role/r/s")
    token = keyring.make_token(session, "ASIA1", ids)
    assert session_of(token) == session
    assert keyring.is_sealed(token, "ASIA1")
    assert not keyring.is_sealed(token, "ASIA2")
    assert not stranger.is_sealed(token, "ASIA1")
    standing = keyring.standing_token(session.principal, "000000000000")
    assert keyring.is_sealed(standing, "000000000000") and not keyring.is_sealed(standing, "111111111111")
    for forged in (
        "",
        "x",
        token[:-120],
        token.replace("ASIA", "A"),
        token[:40] + "A" + token[41:],
        "IQoJb3JpZ2luX2Vj",
    ):
        assert forged == token or not keyring.is_sealed(forged, "ASIA1")
