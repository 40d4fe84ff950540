"""Identifiers that tell when they were given, and look as those that do not."""

from __future__ import annotations

from uuid import RFC_4122, UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.spine import records
from headwater.spine.ids import Ids, first_at, instant_in, number_in
from tests.server import ServerThread


@settings(max_examples=25)
@given(st.integers(0, 2**43))
def test_a_uuid_tells_its_instant(now: int) -> None:
    text = Ids().uuid_at(now)
    assert instant_in(text) == now
    assert (UUID(text).version, UUID(text).variant, str(UUID(text))) == (4, RFC_4122, text)


@settings(max_examples=25)
@given(st.integers(0, 2**63 - 1))
def test_digits_hide_a_number(number: int) -> None:
    text = Ids().hex_of(number)
    assert number_in(text) == number and len(text) == 32


def test_a_seeded_source_repeats() -> None:
    assert Ids(7).uuid_at(1) == Ids(7).uuid_at(2)


@settings(max_examples=25)
@given(st.text(max_size=40))
def test_of_any_text_something_is_told(text: str) -> None:
    assert isinstance(instant_in(text), int)


def test_records_are_found_early_late_and_whatever_their_name(timed: ServerThread) -> None:
    engine = timed.cloud.engine
    now = engine.clock.now()

    def put(at: int, name: str) -> int:
        identity = first_at(at) + 5
        records.write(engine.store, [records.make_row(identity, "", "c", name, "{}", [])])
        return identity

    def check() -> None:
        engine.begin()
        early, late, other = Ids().uuid_at(now), Ids().uuid_at(now - 50_000), "shardId-1:7"
        wanted = {early: put(now + 9_000, early), late: put(now, late), other: put(now + 1, other)}
        again = {early: put(now + 99_000, early)}
        for name, identity in {**wanted, **again}.items():
            found = records.find(engine.store, name, "c")
            assert found is not None and found.id == identity
            assert records.find(engine.store, name, "d") is None

    timed.call(check)
