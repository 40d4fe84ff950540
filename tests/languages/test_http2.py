"""Header blocks and frames of HTTP/2."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.languages.http2.frames import FrameReader, Http2Error, Kind, Reason, frame
from headwater.languages.http2.hpack import HeaderReader, HpackError, write_headers

MOST = 1 << 20
EXAMPLES = [
    ("828684418cf1e3c2e5f23a6ba0ab90f4ff", []),
    ("828684be5886a8eb10649cbf", [("cache-control", "no-cache")]),
    ("828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf", [("custom-key", "custom-value")]),
]


def test_requests_of_the_specification() -> None:
    """RFC 7541, appendix C.4: compressed, each naming what those before it brought."""
    reader = HeaderReader()
    for at, (block, further) in enumerate(EXAMPLES):
        secure = at == 2
        expected = [
            (":method", "GET"),
            (":scheme", "https" if secure else "http"),
            (":path", "/index.html" if secure else "/"),
            (":authority", "www.example.com"),
        ]
        assert reader.read(bytes.fromhex(block), MOST) == expected + further


def test_a_table_that_shrinks_forgets_the_oldest() -> None:
    reader = HeaderReader()
    reader.read(bytes.fromhex(EXAMPLES[0][0]), MOST)
    assert reader.read(b"\xbe", MOST) == [(":authority", "www.example.com")]
    with pytest.raises(HpackError):
        reader.read(b"\x20\xbe", MOST)


texts = st.text(st.characters(max_codepoint=255), max_size=300)


@given(st.lists(st.tuples(texts, texts), max_size=8))
def test_what_is_written_can_be_read(headers: list[tuple[str, str]]) -> None:
    assert HeaderReader().read(write_headers(headers), MOST) == headers


@given(st.binary(max_size=80))
def test_any_bytes_are_read_or_refused(block: bytes) -> None:
    try:
        HeaderReader().read(block, MOST)
    except HpackError:
        pass


def test_a_few_bytes_cannot_become_many() -> None:
    block = write_headers([("a", "x" * 4000)]).replace(b"\0", b"\x40", 1) + b"\xbe" * 1000
    with pytest.raises(HpackError, match="too many"):
        HeaderReader().read(block, 64 * 1024)


@given(st.lists(st.tuples(st.sampled_from(Kind), st.integers(0, 99), st.binary(max_size=50))), st.integers(1, 9))
def test_frames_in_pieces(parts: list[tuple[Kind, int, bytes]], size: int) -> None:
    data = b"".join(frame(kind, 0, stream, payload) for kind, stream, payload in parts)
    reader = FrameReader()
    found = [one for at in range(0, len(data), size) for one in reader.feed(data[at : at + size])]
    assert [(one.kind, one.stream, one.payload) for one in found] == parts


def test_a_frame_that_is_too_large() -> None:
    with pytest.raises(Http2Error) as refused:
        list(FrameReader().feed(b"\xff\xff\xff\0\0\0\0\0\0"))
    assert refused.value.reason is Reason.FRAME_SIZE_ERROR
