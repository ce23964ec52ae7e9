"""Files under their own digest."""

from __future__ import annotations

import hashlib
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.store.blobs import BlobDamaged, BlobMissing, BlobStore

CONTENT = "合同签署件".encode()


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path / "blobs")


def test_what_was_put_in_comes_out_under_its_sha256(blobs: BlobStore) -> None:
    name = blobs.put(CONTENT)
    assert name == hashlib.sha256(CONTENT).hexdigest()
    assert blobs.get(name) == CONTENT


def test_equal_content_is_kept_once(blobs: BlobStore) -> None:
    assert blobs.put(CONTENT) == blobs.put(CONTENT)
    assert len(list(blobs.names())) == 1


def test_a_damaged_file_is_not_handed_out(blobs: BlobStore) -> None:
    name = blobs.put(CONTENT)
    path = blobs.path(name)
    path.chmod(0o640)
    path.write_bytes(CONTENT[:-1] + b"X")
    with pytest.raises(BlobDamaged):
        blobs.get(name)


def test_putting_the_same_content_again_heals_a_damaged_file(blobs: BlobStore) -> None:
    name = blobs.put(CONTENT)
    path = blobs.path(name)
    path.chmod(0o640)
    path.write_bytes(b"")
    blobs.put(CONTENT)
    assert blobs.get(name) == CONTENT


def test_a_missing_file_is_named(blobs: BlobStore) -> None:
    with pytest.raises(BlobMissing, match="0000"):
        blobs.get("0" * 64)


@pytest.mark.parametrize("name", ["../../etc/passwd", "A" * 64, "", "0" * 63])
def test_a_name_that_is_no_digest_reaches_no_file(blobs: BlobStore, name: str) -> None:
    with pytest.raises(ValueError, match="SHA-256"):
        blobs.get(name)


def test_a_write_that_fails_leaves_nothing_under_the_name(blobs: BlobStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        blobs.put(CONTENT)
    assert [p for p in blobs.root.rglob("*") if p.is_file()] == []


def test_what_was_never_finished_is_swept_out_after_a_day_and_what_is_stored_stays(blobs: BlobStore) -> None:
    name = blobs.put(CONTENT)
    old, young = (blobs.path(name).parent / f".{letter}.tmp" for letter in "ab")
    for work in (old, young):
        work.write_bytes(b"half")
    now = datetime.now(UTC)
    os.utime(old, ((now - timedelta(days=2)).timestamp(),) * 2)
    assert blobs.sweep(now) == 1
    assert (old.exists(), young.exists()) == (False, True)
    assert blobs.get(name) == CONTENT
