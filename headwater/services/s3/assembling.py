"""Large bodies, of one piece or made of others: written and digested in a thread, for a gigabyte takes seconds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeVar

from headwater.services.s3.checksums import Digests
from headwater.services.s3.objects import INLINE_BYTES, Body, new_blob, release_blob
from headwater.spine.operations import Call
from headwater.spine.store.blobs import Blob, pieces_of
from headwater.spine.work import Work

T = TypeVar("T")
_LEAST_BYTES_APART = 4 * 1024 * 1024
"""From here on a body that came whole is written and digested in a thread: 12 ms of MD5, where a thread takes 0.1."""


class Assembled(NamedTuple):
    """A body that no row names yet, and digests of it."""

    body: Body
    digests: Digests


def assemble(sources: Sequence[Blob | bytes], algorithms: frozenset[str]) -> Assembled:
    """A small body, at once."""
    digests = Digests(algorithms)
    data = b"".join(digests.passing(_pieces(sources)))
    return Assembled(Body(len(data), None, data), digests)


def is_small(size: int) -> bool:
    """Whether a body lies in its row."""
    return size <= INLINE_BYTES


def is_large(data: bytes) -> bool:
    """Whether a body that came whole is to be assembled apart."""
    return len(data) >= _LEAST_BYTES_APART


async def assemble_apart(
    work: Work, sources: Sequence[Blob | bytes], algorithms: frozenset[str], then: Callable[[Call, Assembled], T]
) -> T:
    """A file of sources, one after the other, and what ``then`` makes of it in a transaction; where that names it in
    no row, it is deleted."""
    blobs = work.engine.blobs
    name = await work.transact(new_blob)
    blobs.keep(name, (name,))
    digests = Digests(algorithms)
    try:
        await asyncio.to_thread(blobs.fill, name, digests.passing(_pieces(sources)))
        body = Body(blobs.path(name).stat().st_size, name, None)
        return await work.transact(then, Assembled(body, digests))
    finally:
        blobs.release(name)
        await work.transact(release_blob, name)


async def digest_apart(source: Blob | bytes, algorithms: frozenset[str]) -> Digests:
    digests = Digests(algorithms)

    def run() -> None:
        for _ in digests.passing(pieces_of(source)):
            pass

    await asyncio.to_thread(run)
    return digests


def _pieces(sources: Sequence[Blob | bytes]) -> Iterator[bytes]:
    for source in sources:
        yield from pieces_of(source)
