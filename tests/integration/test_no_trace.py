"""Bytes on disk: of forgotten people and expired vectors nothing is left in any file, nor after a restore."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from bot.config import Config
from bot.pipeline import backing_up, backup_file, forgetting, ingest, record_sealing
from bot.services import erasure, people, restoring
from bot.wiring import Built
from store import photo_checks, photos, posts, sealed_places
from store.db import Store, sqlite_url
from store.errors import Sealed
from store.records.page import Page
from store.records.photo import PhotoState
from store.records.post import Author, GeoTag, Platform
from store.records.quarantine import PhotoPrint
from tests import makers
from tests.integration import ready
from tests.stores import Clock

pytestmark = pytest.mark.servers
WORDS = "Vierundachtzig curlews over Tamblewick weir"
HANDLE = "quendolin@tamble.example"
WHY = "asked by letter of 3 May, account proved"
VECTOR = np.linspace(0.01, 0.123, 128, dtype=np.float32)


@pytest.fixture
def built(build: Callable[..., Built], config: Callable[..., Config]) -> Built:
    made = ready.quick(build(config(), clock=Clock()))
    ready.staff(made)
    people.add(made.road, "ada", "admin", by="test")
    return made


def with_face(built: Built, *, expires_in: timedelta | None = None) -> str:
    """A post of the person with an exact place, a photo, a face and its vector."""
    road = built.road
    post = makers.post(
        1, text=WORDS, author=Author("author-4711-id", HANDLE, "Quendolin T."), media=(makers.media(),),
        geotag=GeoTag(22.3193, 114.1694), received_at=road.clock(),
    )  # fmt: skip
    ingest.take_page(road, "live", "Tag", Page(posts=(post,)))
    digest, served = (
        road.blobs.put(b"original " + WORDS.encode()),
        road.blobs.put(b"served " + WORDS.encode()),
    )
    photo = makers.photo(digest=digest, served=served)
    face = makers.face(photo)
    at = road.clock()
    with road.store.transaction() as tx:
        photos.put(tx, photo, at)
        photo_checks.put(tx, PhotoPrint(digest), lists="none", at=at)
        posts.set_media(tx, post.key, 0, PhotoState.KEPT, photo=digest)
        photos.put_faces(tx, [face])
        ends = at + expires_in if expires_in is not None else None
        photos.put_vector(tx, face.key, "m", VECTOR, holder=photos.SIGHTING, at=at, expires_at=ends)
    return post.key


def traces(folder: Path, *words: bytes) -> list[str]:
    """Files below a folder whose raw bytes hold one of the words: database, log, index, blobs, anything."""
    return [
        f"{path.name}: {word[:20]!r}"
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        for word in words
        if word in path.read_bytes()
    ]


PERSON = (WORDS.encode(), HANDLE.encode(), b"author-4711-id", b"Quendolin", VECTOR.tobytes(), b"114.1694")


def test_of_a_forgotten_person_no_byte_is_left_on_disk_and_a_restored_backup_forgets_again(
    built: Built, build: Callable[..., Built], tmp_path: Path
) -> None:
    road, plan = built.road, built.road.backup
    assert plan is not None
    key = with_face(built)
    assert traces(built.home.folder, *PERSON), "what is looked for is there before"
    inbox = built.home.inbox / "done"
    inbox.mkdir(parents=True, exist_ok=True)
    (inbox / "page.json").write_text(f'{{"acct": "{HANDLE}"}}')
    aside = tmp_path / "backups"
    path = backing_up.make(road, plan, aside, by="test").path

    report = erasure.forget_person(road, Platform.MASTODON, HANDLE, by="ada", why=WHY)
    forgetting.forget(road)
    assert report.went["posts"] == 1 and report.went["imported files"] == 1 and not report.left
    assert report.went["face vectors"] == 1 and report.went["photos"] == 1
    assert traces(built.home.folder, *PERSON) == []

    road.backup = replace(plan, folder=aside)
    backing_up.round_of(road)
    keys = plan.keys()
    _opens_nothing(built, path, keys, key, tmp_path / "looked")
    built.close()
    shutil.rmtree(built.home.folder)  # The disk is gone: only the backup and the list beside it are left.
    built.home.folder.mkdir()
    restoring.place(path, built.home, keys, at=road.clock())
    again = ready.quick(build(built.config, clock=road.clock))
    done = restoring.finish(again.road, again.home, keys, by="test")
    assert done.posts == 1 and done.ledgers == 1
    assert traces(again.home.folder, *PERSON) == []


def _opens_nothing(built: Built, path: Path, keys: backup_file.Keys, key: str, folder: Path) -> None:
    """The old backup itself holds the exact place as ciphertext, and no key of it."""
    backup_file.unpack(path, keys, folder)
    old = Store(sqlite_url(folder / backup_file.DATABASE))
    row = sealed_places.of_post(key)
    try:
        with old.reading() as tx:
            kept = sealed_places.get(tx, row)
            assert kept is not None
            with pytest.raises(Sealed):
                record_sealing.open_bytes(built.road, tx, kept, row=row)
        with built.road.store.reading() as tx, pytest.raises(Sealed, match="destroyed"):
            record_sealing.open_bytes(built.road, tx, kept, row=row)
    finally:
        old.close()
    assert not traces(folder, b"114.1694")


def test_an_expired_vector_leaves_no_trace_in_any_file(built: Built) -> None:
    key = with_face(built, expires_in=timedelta(days=30))
    assert traces(built.home.folder, VECTOR.tobytes())
    built.road.clock.tick(days=31)  # type: ignore[attr-defined]
    assert forgetting.forget(built.road).vectors == 1
    assert traces(built.home.folder, VECTOR.tobytes()) == []
    with built.road.store.reading() as tx:
        assert posts.stands(tx, key)
