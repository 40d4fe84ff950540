"""Bodies as files."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from headwater.spine.errors import AwsError
from headwater.spine.store.blobs import BlobStore


def test_the_same_content_is_one_file(tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path)
    first, again, anothers = blobs.write(b"x"), blobs.write(b"x"), blobs.write(b"x", "-s3")
    assert first == again and anothers == f"{first}-s3"
    assert sorted(blobs.digests()) == sorted({first, anothers})


def test_a_name_that_is_taken_is_passed_over(tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path, sync=True)
    names = iter(("aa1", "aa1", "bb2"))
    assert blobs.add(b"first", lambda: next(names)) == "aa1"
    assert blobs.add(b"second", lambda: next(names)) == "bb2"
    assert (blobs.read("aa1"), blobs.open("bb2", 1, 3).read()) == (b"first", b"eco")


def test_a_full_disk_is_told_and_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    blobs = BlobStore(tmp_path, sync=True)
    monkeypatch.setattr(os, "fsync", full)
    for keep in (lambda: blobs.write(b"x"), lambda: blobs.add(b"x", lambda: "aa1")):
        with pytest.raises(AwsError, match="ServiceUnavailable: The store did not keep a body: No space left"):
            keep()
    assert not [each for each in tmp_path.rglob("*") if each.is_file()]
