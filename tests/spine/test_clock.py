"""The clock: its modes, its timers, what it makes of other people's dates."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from headwater.spine.clock import Clock, machine_now

START = 1_700_000_000_000


def test_a_frozen_clock_rings_in_order_and_only_when_moved() -> None:
    clock, rung = Clock(START), []
    for due in (30, 10, 20):
        clock.call_at(START + due, lambda due=due: rung.append((due, clock.now() - START)))
    cancelled = clock.call_at(START + 15, lambda: rung.append((15, 0)))
    cancelled.cancel()
    assert clock.next_due() == START + 10
    clock.advance_to(START + 25)
    assert rung == [(10, 10), (20, 20)]
    assert (clock.now(), clock.next_due()) == (START + 25, START + 30)


def test_a_timer_set_while_it_rings_is_in_its_place() -> None:
    clock, rung = Clock(START), []

    def first() -> None:
        rung.append("first")
        clock.call_at(START + 15, lambda: rung.append("between"))

    clock.call_at(START + 10, first)
    clock.call_at(START + 20, lambda: rung.append("last"))
    clock.advance_to(START + 20)
    assert rung == ["first", "between", "last"]


def test_a_real_clock_rings_by_itself_and_goes_on_from_where_it_was_moved() -> None:
    async def test() -> None:
        clock = Clock()
        assert abs(clock.now() - machine_now()) < 1000
        clock.stand()
        clock.advance_to(clock.now() + 86_400_000)
        rung = asyncio.get_running_loop().create_future()
        clock.call_at(clock.now() + 5, lambda: rung.set_result(clock.now()))
        due = clock.next_due()
        clock.go_on()
        assert clock.mode == "real"
        assert due is not None
        assert await asyncio.wait_for(rung, 60) >= due
        assert 86_000_000 < clock.now() - machine_now() < 87_000_000

    asyncio.run(test())


def test_a_timer_of_the_past_rings_at_once_though_time_stands_still() -> None:
    async def test() -> None:
        clock, rung = Clock(START), asyncio.get_running_loop().create_future()
        clock.call_at(START, lambda: rung.set_result(None))
        await asyncio.wait_for(rung, 60)

    asyncio.run(test())


@given(st.lists(st.tuples(st.integers(0, 1000), st.booleans()), max_size=300))
def test_timers_called_off_never_ring(timers: list[tuple[int, bool]]) -> None:
    clock, rung = Clock(START), []
    made = [(due, keep, clock.call_at(START + due + 1, lambda due=due: rung.append(due))) for due, keep in timers]
    for _, keep, timer in made:
        if not keep:
            timer.cancel()
    clock.advance_to(START + 2000)
    assert rung == sorted(due for due, keep in timers if keep)
    assert clock.next_due() is None


def test_its_state_is_what_it_goes_on_with() -> None:
    clock, successor = Clock(), Clock()
    clock.stand()
    clock.advance_to(clock.now() + 1_000_000)
    successor.restore(clock.state("frozen"))
    assert (successor.mode, successor.now()) == ("frozen", clock.now())


def test_a_process_that_dies_while_the_clock_is_moved_does_not_leave_it_standing() -> None:
    async def test() -> None:
        clock, successor = Clock(), Clock()
        clock.stand()
        clock.advance_to(clock.now() + 1_000_000)
        successor.restore(clock.state("real"))
        assert successor.mode == "real"
        assert 0 <= successor.now() - clock.now() < 60_000

    asyncio.run(test())


def test_a_signature_is_as_old_as_the_clock_says() -> None:
    async def test() -> None:
        clock = Clock()
        signed = machine_now() - 60_000
        clock.stand()
        stood = clock.now()
        clock.advance_to(stood + 7_200_000)
        clock.go_on()
        # signed before the clock was moved: two hours and a minute ago
        assert abs(clock.now() - clock.signed_at(signed) - 7_260_000) < 1000
        # signed now, by a client that knows nothing of it
        assert abs(clock.now() - clock.signed_at(machine_now())) < 1000
        # signed by someone who sees our clock
        assert clock.signed_at(clock.now()) == clock.now()

    asyncio.run(test())


def test_what_the_clock_showed_of_late() -> None:
    async def test() -> None:
        clock, minute, day = Clock(), 60_000, 86_400_000
        clock.stand()
        stood = clock.now()
        clock.advance_to(stood + 30 * day)
        # either clock's time, and all that this one showed on its way
        for date in (machine_now(), machine_now() - 4 * minute, clock.now(), clock.now() + 4 * minute, stood + day):
            assert clock.showed(date, 5 * minute, 5 * minute), date
        for date in (stood - 7 * minute, clock.now() + 6 * minute, stood + 31 * day):
            assert not clock.showed(date, 5 * minute, 5 * minute), date

    asyncio.run(test())
