"""Sealed evidence: what is put comes back with the key alone; destroyed is gone. On fake and real folder."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from store.errors import Missing, Sealed, StoreError
from store.evidence import Evidence, FolderEvidence, MemoryEvidence
from store.seal import SealKey

KEY = SealKey(b"k" * 32)
DATA = b"harmless bytes " * 50
DIGEST = hashlib.sha256(DATA).hexdigest()


@pytest.fixture(params=["memory", "folder"])
def evidence(request: pytest.FixtureRequest, tmp_path: Path) -> Evidence:
    made: dict[str, Callable[[], Evidence]] = {
        "memory": MemoryEvidence,
        "folder": lambda: FolderEvidence(tmp_path / "quarantine", KEY),
    }
    return made[request.param]()


def test_what_is_put_comes_back_and_twice_is_once(evidence: Evidence) -> None:
    assert not evidence.has(DIGEST)
    for _ in range(2):
        evidence.put(DIGEST, DATA)
    assert evidence.has(DIGEST) and evidence.get(DIGEST) == DATA


def test_what_is_destroyed_is_gone_and_destroying_again_is_no_error(evidence: Evidence) -> None:
    evidence.put(DIGEST, DATA)
    assert evidence.destroy(DIGEST) and not evidence.destroy(DIGEST)
    assert not evidence.has(DIGEST)
    with pytest.raises(Missing):
        evidence.get(DIGEST)


def test_the_folder_holds_nothing_that_can_be_read_without_the_key(tmp_path: Path) -> None:
    folder = tmp_path / "quarantine"
    FolderEvidence(folder, KEY).put(DIGEST, DATA)
    (file,) = folder.iterdir()
    assert b"harmless" not in file.read_bytes()
    assert folder.stat().st_mode & 0o77 == 0 and file.stat().st_mode & 0o77 == 0
    with pytest.raises(Sealed):
        FolderEvidence(folder, SealKey(b"x" * 32)).get(DIGEST)
    file.rename(folder / f"{'0' * 64}.sealed")
    with pytest.raises(Sealed):
        FolderEvidence(folder, KEY).get("0" * 64)
    with pytest.raises(StoreError):
        FolderEvidence(folder, KEY).get("../../etc/passwd")
