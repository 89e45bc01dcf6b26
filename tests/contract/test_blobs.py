"""Blobs: the folder, the object store and the fake keep the same promises."""

from __future__ import annotations

import stat
from pathlib import Path

import obstore
import pytest
from obstore.store import MemoryStore

from store.blobs import Blobs, FolderBlobs, MemoryBlobs
from store.errors import Missing, StoreError, StoreUnreachable
from store.objects import BucketBlobs, BucketEvidence, open_bucket
from store.seal import SealKey


@pytest.fixture(params=["folder", "memory", "objects"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    if request.param == "objects":
        return BucketBlobs(MemoryStore())
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


def test_a_damaged_object_is_noticed() -> None:
    bucket = MemoryStore()
    digest = BucketBlobs(bucket).put(b"a photo")
    obstore.put(bucket, f"photos/{digest[:2]}/{digest[2:4]}/{digest}", b"a phota")
    with pytest.raises(StoreError, match="damaged"):
        BucketBlobs(bucket).get(digest)


def test_sealed_bytes_in_a_bucket_are_sealed_and_go() -> None:
    bucket, digest = MemoryStore(), "ab" * 32
    kept = BucketEvidence(bucket, "quarantine", SealKey(bytes(32)))
    kept.put(digest, b"nobody may see this")
    assert kept.has(digest) and kept.get(digest) == b"nobody may see this"
    assert b"nobody" not in bytes(obstore.get(bucket, f"quarantine/{digest}.sealed").bytes())
    assert kept.destroy(digest) and not kept.destroy(digest)
    with pytest.raises(Missing):
        kept.get(digest)


@pytest.mark.parametrize(
    ("address", "endpoint", "secret", "words"),
    [
        ("https://bucket.example", "", "s", "no address of a bucket"),
        ("s3://B", "", "s", "no address of a bucket"),
        ("s3://bucket", "http://objects.example", "s", "must be https"),
        ("s3://bucket", "file:///etc/passwd", "s", "must be https"),
        ("s3://bucket", "", "", "needs HOMEWARD_S3_KEY_ID"),
    ],
)
def test_what_is_no_object_store_is_refused_by_name(
    address: str, endpoint: str, secret: str, words: str
) -> None:
    with pytest.raises(StoreError, match=words):
        open_bucket(address, endpoint=endpoint, region="r", key_id="k", secret=secret)


def test_an_object_store_that_does_not_answer_is_asked_again_later() -> None:
    bucket = open_bucket("s3://bucket", endpoint="http://127.0.0.1:1", region="r", key_id="k", secret="s" * 9)
    with pytest.raises(StoreUnreachable) as caught:
        BucketBlobs(bucket).get("ab" * 32)
    assert caught.value.retry
    assert "127.0.0.1" not in str(caught.value) and "s" * 9 not in str(caught.value)
