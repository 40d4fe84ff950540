"""Files that no row names: what a crash between writing a body and committing its row leaves behind."""

from __future__ import annotations

from headwater.services.s3 import tables
from headwater.services.s3.objects import OWNER
from headwater.spine.operations import Call
from headwater.spine.work import Work

_BATCH = 500


async def collect_files(work: Work) -> None:
    """Delete them at start-up, a few at a time so that requests are not held up."""
    blobs = [name for name in work.engine.blobs.digests() if name.endswith(OWNER)]
    for start in range(0, len(blobs), _BATCH):
        await work.transact(_delete_unused, blobs[start : start + _BATCH])


def _delete_unused(call: Call, blobs: list[str]) -> None:
    """A body that a request of this very group has written has its row already."""
    for blob in blobs:
        if call.store.one(tables.BLOB_IN_USE, (blob, blob)) is None:
            call.blobs.delete(blob)
