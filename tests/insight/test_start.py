"""What a cloud that cannot start says: one plain line, whatever is in its way."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from headwater.cli.main import main
from headwater.spine.store import sqlite


def refusal(*arguments: str) -> str:
    result = CliRunner().invoke(main, ["start", "--mqtt-port", "0", *arguments])
    assert result.exit_code == 1 and "Traceback" not in result.output
    return result.output


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody else listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_a_port_that_is_taken(taken: int) -> None:
    assert refusal("--ephemeral", "--port", str(taken)) == (
        f"Error: Cannot listen on 127.0.0.1:{taken}: Address already in use. Choose another port with --port.\n"
    )


def test_a_folder_that_another_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "_BUSY_MILLISECONDS", 0)
    other = sqlite.SqliteStore(tmp_path / "headwater.db")
    assert refusal("--port", "0", "--data", str(tmp_path)) == (
        f"Error: The data folder {tmp_path} is in use by another Headwater. "
        "Name another one with --data, or keep nothing with --ephemeral.\n"
    )
    other.close()


def test_folders_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "file/x cannot be used: Not a directory." in refusal("--port", "0", "--data", str(tmp_path / "file" / "x"))
    (tmp_path / "headwater.db").write_bytes(b"junk" * 2000)
    assert "is damaged: file is not a database." in refusal("--port", "0", "--data", str(tmp_path))
