"""Blobs: the folder and the fake keep the same promises."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from store.blobs import Blobs, FolderBlobs, MemoryBlobs
from store.errors import Missing, StoreError


@pytest.fixture(params=["folder", "memory"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    return FolderBlobs(tmp_path / "photos") if request.param == "folder" else MemoryBlobs()


def test_bytes_come_back_by_their_digest(blobs: Blobs) -> None:
    digest = blobs.put(b"a photo")
    assert blobs.get(digest) == b"a photo"
    assert blobs.put(b"a photo") == digest
    assert blobs.has(digest)


def test_a_dropped_blob_is_missing_and_dropping_it_again_is_no_error(blobs: Blobs) -> None:
    digest = blobs.put(b"a photo")
    blobs.drop(digest)
    blobs.drop(digest)
    assert not blobs.has(digest)
    with pytest.raises(Missing):
        blobs.get(digest)


def test_a_damaged_file_is_noticed(tmp_path: Path) -> None:
    blobs = FolderBlobs(tmp_path)
    digest = blobs.put(b"a photo")
    file = tmp_path / digest[:2] / digest[2:4] / digest
    file.write_bytes(b"a phota")
    with pytest.raises(StoreError, match="damaged"):
        blobs.get(digest)


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "A" * 64, "0" * 63, "0" * 64 + "\n"])
def test_only_digests_name_files(name: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        FolderBlobs(tmp_path).get(name)


def test_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    digest = FolderBlobs(tmp_path).put(b"a photo")
    file = tmp_path / digest[:2] / digest[2:4] / digest
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
