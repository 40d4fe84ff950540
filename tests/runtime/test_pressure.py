"""Whether the machine has a processor to spare, from what the system says of its load."""

from __future__ import annotations

from pathlib import Path

import pytest

from headwater.runtime import pressure
from headwater.runtime.pressure import Pressure


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "loadavg"
    monkeypatch.setattr(pressure, "_LOAD", str(file))
    return file


def test_it_is_high_while_more_runs_than_there_are_processors_and_falls_again(load: Path) -> None:
    machine = Pressure()
    load.write_text(f"0.20 0.18 0.12 {machine.processors + 2}/80 11206")
    assert machine.is_high(10.0)
    load.write_text("0.20 0.18 0.12 1/80 11206")
    assert machine.is_high(10.01)  # one look is not enough
    assert not machine.is_high(10.5)


def test_it_is_not_looked_at_anew_within_a_moment(load: Path) -> None:
    machine = Pressure()
    load.write_text("0.20 0.18 0.12 1/80 11206")
    assert not machine.is_high(10.0)
    load.write_text("0.20 0.18 0.12 90/80 11206")
    assert not machine.is_high(10.001)
    assert machine.is_high(10.2)


@pytest.mark.parametrize("text", [None, "", "0.20 0.18 0.12 many/80 1"])
def test_a_system_that_does_not_tell_is_never_under_pressure(load: Path, text: str | None) -> None:
    if text is not None:
        load.write_text(text)
    assert not Pressure().is_high(10.0)
