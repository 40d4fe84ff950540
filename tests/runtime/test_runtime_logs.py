"""The log pipe apart from any process: whatever way the bytes arrive, the events are the same."""

from __future__ import annotations

import os

from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.runtime.logs import TAIL, LogPipe
from headwater.spine.functions import LogEvents

LINES = st.text(st.characters(codec="utf-8", exclude_characters="\n\0"), max_size=20)
RECORDS = st.lists(st.lists(LINES, min_size=1, max_size=3), max_size=6)


@settings(max_examples=60)
@given(RECORDS, st.lists(st.integers(1, 40), max_size=20))
def test_events_do_not_depend_on_how_bytes_arrive(records: list[list[str]], cuts: list[int]) -> None:
    data = b"".join("\0\n".join(lines).encode() + b"\n" for lines in records)
    reader, writer = os.pipe()
    seen: LogEvents = []
    pipe = LogPipe(reader, lambda: 7, seen.extend)
    try:
        while data:
            size = cuts.pop() if cuts else len(data)
            os.write(writer, data[:size])
            data = data[size:]
            assert pipe.read()
        pipe.flush()
        assert seen == [(7, "\n".join(lines)) for lines in records]
    finally:
        os.close(writer)
        assert not pipe.read()
        pipe.close()


@settings(max_examples=30)
@given(st.lists(st.builds(lambda text, times: text * times, LINES, st.integers(0, 500)), max_size=12))
def test_the_tail_is_the_end_of_what_was_logged(lines: list[str]) -> None:
    reader, writer = os.pipe()
    pipe = LogPipe(reader, lambda: 0, lambda events: None)
    try:
        pipe.begin("START")
        for line in lines:
            pipe.add(line)
        whole = ("\n".join(["START", *lines]) + "\n").encode()
        tail = pipe.tail()
        assert len(tail) == min(TAIL, len(whole))
        # a character cut in two at the front may differ, what follows may not
        assert tail[8:] == whole[-TAIL:][8:]
    finally:
        os.close(writer)
        pipe.close()
